/* The way out for what is not trusted with this process: a child, which is this very program
 * started anew (never only forked), with a socket to it. It is given nothing else: no descriptor of
 * ours, no secret of our environment. A conversation is made by one thread at a time, and every
 * wait in it has an end: what does not answer by then is killed. The child lives no longer than the
 * thread that started it. */
#ifndef TOCSIN_LANE_CHILD_H
#define TOCSIN_LANE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lane/frame.h"

struct error;

enum {
    CHILD_SOCKET = 3, /* its descriptor in the child, which has no other but the standard ones */
};

struct child {
    pid_t pid; /* 0: none runs */
    int socket, output;
    int process; /* readable once it has ended; negative where the system has no such thing */
    struct frame_inbox inbox;
    struct buf said; /* of what it wrote to standard output and standard error, the last */
    char end[128];   /* how the last one ended: "was ended by signal 11 (Segmentation fault)" */
};

/* argv[0..], NULL at the end, are the words behind the program's name. */
bool child_start(struct child *child, const char *const *argv, struct error *error);

static inline bool child_runs(const struct child *child)
{
    return child->pid != 0;
}

/* Whether it is there, at rest: if it has ended meanwhile, it is taken away, and child->end says
 * how it was. */
bool child_look(struct child *child);

/* Sends a frame by the monotonic time. Whatever goes wrong ends the child. */
bool child_send(struct child *child, struct buf *frame, int64_t until_ms);

/* The next frame from it; data lives until the next call. False: by then none came, or the child
 * ended, or what came is no frame: there is no child any more, and child->end says why. A stop_fd
 * that becomes readable (negative: there is none) is told to it by an empty frame of kind
 * stop_kind, and leaves it a second. */
struct child_patience {
    int64_t until_ms; /* monotonic */
    int stop_fd;
    uint8_t stop_kind;
    bool is_stopping;
};
bool child_receive(struct child *child, struct child_patience *patience, uint8_t *kind,
    const char **data, size_t *len);

/* Ends it at once, with all of its process group. Why is for child->end; NULL: it ended by itself.
 */
void child_kill(struct child *child, const char *why);

/* Gives it until the monotonic time to end by itself, which it was told to. */
void child_see_off(struct child *child, int64_t until_ms);

void child_finish(struct child *child);

#endif
