/* Messages as they can come, for trying plugins: as plain, as empty, as large and as hostile as the
 * host would hand one over. */
#ifndef TOCSIN_PROBE_SPECIMEN_H
#define TOCSIN_PROBE_SPECIMEN_H

#include <stddef.h>
#include <tocsin/sink.h>

#include "message/message.h"

/* Where it stands as a name - of a member, a header, an element - a value broke out of its place.
 */
#define SPECIMEN_INJECTED "tocsin_injected"

struct specimen {
    const char *name;
    struct tocsin_message message;
    char *event;    /* the event as the host gives it, JSON; owned */
    void *owned[8]; /* what the message's texts stand in */
    size_t owned_count;
};

struct specimens {
    struct specimen *items; /* the first is the plain one */
    size_t count;
    struct message *plain; /* what tocsin makes of its first sample event */
};

/* Texts are in that flavour. */
void specimens_init(struct specimens *specimens, enum flavour flavour);
void specimens_finish(struct specimens *specimens);

#endif
