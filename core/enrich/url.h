/* A URL with {{path}} parts that are filled from an event, each percent-encoded as one segment or
 * one value (RFC 3986). Compiled once. */
#ifndef TOCSIN_ENRICH_URL_H
#define TOCSIN_ENRICH_URL_H

#include <jansson.h>

struct error;
struct event;
struct url;

/* NULL with the reason: a part that is not closed, or no path. */
struct url *url_compile(const char *text, struct error *error);
void url_destroy(struct url *url);

/* The whole URL, the caller's to free; NULL with the reason when a part has no usable value: it
 * must be a text or a whole number, not empty, and neither "." nor "..", with which a far end, or a
 * library on the way, would walk up the path. */
char *url_fill(const struct url *url, const json_t *names, struct error *error);

/* The same with an event's names: type, action, attributes, metadata, body. */
char *url_of_event(const struct url *url, const struct event *event, struct error *error);

#endif
