/* The request of a render plugin, looked at with suspicion. */
#ifndef TOCSIN_PROBE_REQUEST_H
#define TOCSIN_PROBE_REQUEST_H

#include <stdbool.h>

struct probe_call;
struct tocsin_request;

/* Method, URL and body, and the headers too where asked for, as one text; the caller frees it. */
char *probe_request_text(const struct tocsin_request *request, bool has_headers);

/* Whether it is a whole request: a URL, headers of one line, a body that is what its type says, out
 * of which no value broke, and no secret where none belongs. Else there is a finding. A refusal is
 * one where `may_refuse` is false. */
bool probe_request_check(
    const struct probe_call *call, const struct tocsin_request *request, bool may_refuse);

#endif
