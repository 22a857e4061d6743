/* What a transaction means for the delivery. The protocol's replies decide; libcurl's own verdict
 * counts only where the server said nothing. README.md has the table. */
#ifndef EMAIL_VERDICT_H
#define EMAIL_VERDICT_H

#include <tocsin/sink.h>

struct dialogue;
struct smtp_result;

/* server names it in reasons. */
void verdict(const struct dialogue *dialogue, const struct smtp_result *result, const char *server,
    struct tocsin_outcome *outcome);

#endif
