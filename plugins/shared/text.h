/* A message's texts on their way into JSON: cut where the service's limits say, never lost. What is
 * returned as text lives in the host's memory, or is the text that was given. */
#ifndef TOCSIN_PLUGINS_TEXT_H
#define TOCSIN_PLUGINS_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include <tocsin/sink.h>

static inline void json_drop(json_t **value)
{
    json_decref(*value);
}

#define auto_json __attribute__((cleanup(json_drop)))

/* The bytes that the text takes in a JSON document, its quotes not counted. */
size_t text_cost(const char *text);

/* The text, cut on a code point and ended with an ellipsis where it has more than max_runes code
 * points or costs more than max_cost bytes in JSON. */
const char *text_cut(struct tocsin_call *call, const char *text, size_t max_runes, size_t max_cost);

/* The UTF-16 units of a text, which is how JavaScript, and so many a service, counts characters. */
size_t text_units(const char *text);

/* The bytes of the text's longest beginning of at most max units, in whole code points. */
size_t text_fit_units(const char *text, size_t max);

/* As text_cut(), to max units. */
const char *text_cut_units(struct tocsin_call *call, const char *text, size_t max);

/* A JSON string, never NULL. The host promises UTF-8; where that promise is broken, the bytes past
 * ASCII become question marks, since jansson takes no such text and the message must go out. */
json_t *text_json(struct tocsin_call *call, const char *text);

/* The bytes that the document takes when it is sent, counted without writing it: a tenth of the
 * work. For documents made here, since it goes down as deep as they do. */
size_t json_size(json_t *document);

/* Makes the document the request's body. Where it takes more than room bytes, it is written twice.
 */
void json_send(
    struct tocsin_call *call, const json_t *document, size_t room, struct tocsin_request *request);

#endif
