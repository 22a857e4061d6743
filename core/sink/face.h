/* What tocsin made of an event, as a plugin is shown it. */
#ifndef TOCSIN_SINK_FACE_H
#define TOCSIN_SINK_FACE_H

#include <tocsin/sink.h>

struct message;

/* Sets what comes of the message itself, and leaves what belongs to a delivery (ids, attempt,
 * marks, times) to the caller. Facts has FACTS_MOST places; both borrow from the message. */
void face_fill(
    struct tocsin_message *face, struct tocsin_fact *facts, const struct message *message);

#endif
