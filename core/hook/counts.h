/* What is counted of posts (base/metrics.h). Hooks go by their names. */
#ifndef TOCSIN_HOOK_COUNTS_H
#define TOCSIN_HOOK_COUNTS_H

#include <stdbool.h>

struct config;
struct metrics;

/* Makes the counters of all hooks be there: what is not there cannot be seen to rise. */
void counts_prepare(struct metrics *metrics, const struct config *config);

void counts_note_accepted(struct metrics *metrics, const char *hook, bool is_duplicate);

/* By the HTTP status that it was answered with; hook "" where none was found. */
void counts_note_refusal(struct metrics *metrics, const char *hook, int status);

/* By what stood against it beside its content: address, credentials-missing,
 * credentials-malformed, credentials-wrong, signature-stale, rate. */
void counts_note_denial(struct metrics *metrics, const char *hook, const char *why);

#endif
