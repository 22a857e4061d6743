/* The loop and its priorities: while something of a higher one is ready, nothing of a lower one is
 * handled. */
#ifndef TOCSIN_BASE_LOOP_H
#define TOCSIN_BASE_LOOP_H

enum {
    LOOP_PRIORITIES = 3, /* what is not said otherwise has the middle one (libevent) */
    LOOP_LAST = 2,       /* what comes in: what was accepted before is handled before it */
};

struct event_base;

/* The caller frees it with event_base_free(). */
struct event_base *loop_create(void);

#endif
