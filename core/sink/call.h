/* One call into a plugin: the memory that goes with it, and the host functions it may use. A call
 * belongs to one thread at a time. */
#ifndef TOCSIN_SINK_CALL_H
#define TOCSIN_SINK_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

#include "base/buf.h"

struct call_chunk;
struct filling;
struct logger;
struct worker_limits;

struct call {
    struct tocsin_call face;            /* what the plugin sees; first, so that the two convert */
    struct call_chunk *chunks;          /* what was given, the newest first */
    struct buf scratch;                 /* texts are made here, and kept when they are whole */
    const struct logger *logger;        /* borrowed */
    const struct worker_limits *limits; /* borrowed; NULL where nothing may block */
    char *(*make_event_json)(const void *source); /* from any thread; the caller frees */
    const void *source;
    void (*hear)(const void *source, const char *line); /* takes log lines; NULL: the logger does */
    bool is_check;                                      /* event_json gives samples */
    size_t samples_given;                               /* so many of them */
    struct filling *filling; /* borrowed; keeps a template from one call to the next; may be NULL */
};

void call_init(struct call *call, const struct logger *logger);

/* Frees all that the host's alloc, format, escape, event_json and fill gave in this call. */
void call_finish(struct call *call);

/* Zeroed memory that lives until call_finish(). */
void *call_alloc(struct call *call, size_t size);

/* A copy of bytes there, with a NUL behind them. */
char *call_keep(struct call *call, const char *bytes, size_t len);

#endif
