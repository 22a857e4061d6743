/* The attributes of a CloudEvent, version 1.0.2, and its HTTP binding:
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and
 * .../bindings/http-protocol-binding.md. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_CLOUDEVENT_H
#define TOCSIN_PLUGINS_WEBHOOK_CLOUDEVENT_H

struct header_list;
struct tocsin_call;

/* The event with its attributes and the data, which is JSON, as one JSON text (structured mode). */
const char *cloudevent_text(struct tocsin_call *call, const char *data);

/* Adds the attributes as headers (binary mode). */
void cloudevent_add_headers(struct tocsin_call *call, struct header_list *headers);

#endif
