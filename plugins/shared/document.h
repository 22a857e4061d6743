/* A message with its whole event as one JSON document: what sinks pass on that serve programs. Its
 * members are in docs/messages.md; every one of them is always there. */
#ifndef TOCSIN_PLUGINS_DOCUMENT_H
#define TOCSIN_PLUGINS_DOCUMENT_H

#include <jansson.h>
#include <stdint.h>

struct tocsin_call;
struct tocsin_message;

/* The caller drops it. */
json_t *document_create(struct tocsin_call *call);

/* The same of another message than the call's, and of its event as the host would give it; NULL
 * leaves the event out. */
json_t *document_create_of(
    struct tocsin_call *call, const struct tocsin_message *message, const char *event);

/* "2026-11-23T10:00:00.123Z" (RFC 3339), or "" for a time that has no such form. */
const char *document_time(struct tocsin_call *call, int64_t unix_ms);

#endif
