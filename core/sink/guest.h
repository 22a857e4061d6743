/* One child with a plugin in it, from the daemon's side: started, asked, seen off. Belongs to one
 * thread at a time. */
#ifndef TOCSIN_SINK_GUEST_H
#define TOCSIN_SINK_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/parcel.h"
#include "lane/child.h"

struct logger;

struct guest {
    const char *sink, *path; /* borrowed */
    struct child child;
    bool is_open; /* its plugin was opened */
    struct buf frame;
};

/* One thing that is asked, and how. */
struct question {
    const char *what; /* "render": for people */
    struct child_patience patience;
    const struct logger *logger;                  /* borrowed: for what the plugin says; or NULL */
    char *(*make_event_json)(const void *source); /* NULL: none is asked for */
    const void *source;
    size_t lines; /* logged so far */
};

enum guest_answer {
    GUEST_ANSWERED,
    GUEST_REFUSES, /* it runs, and cannot serve */
    GUEST_DIED,    /* or was killed */
};

/* Starts it and has it load the plugin. Answered: data is its description; refuses: data is why.
 * Died: the guest's own words of it are in *why, which the caller frees. */
enum guest_answer guest_start(
    struct guest *guest, struct question *question, const char **data, size_t *len, char **why);

/* Begins a frame, to be packed. */
struct parcel guest_frame(struct guest *guest, uint8_t kind);

/* Sends it and waits for the answer, which lives until the next question. False: it died, which was
 * logged, and *why, which the caller frees, says how; *was_told: it may have begun. */
bool guest_ask(struct guest *guest, struct question *question, struct parcel *answer, char **why,
    bool *was_told);

/* Has it close its plugin and end; it is given a second. */
void guest_finish(struct guest *guest);

#endif
