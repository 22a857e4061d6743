/* An attempt from the inside: for attempt.c and the two ways it can go, render.c and deliver.c. */
#ifndef TOCSIN_SINK_ATTEMPT_PRIVATE_H
#define TOCSIN_SINK_ATTEMPT_PRIVATE_H

#include <sys/queue.h>
#include <tocsin/sink.h>

#include "event/facts.h"
#include "sink/attempt.h"
#include "sink/call.h"

struct attempt {
    LIST_ENTRY(attempt) link; /* sink::attempts */
    struct sink *sink;
    struct dispatch dispatch;
    attempt_done done;
    void *arg;
    struct call call;
    struct tocsin_message message;
    struct tocsin_fact facts[FACTS_MOST];
    struct tocsin_outcome outcome;
    const char **headers; /* the plugin's and the host's, in the call's memory */
    int agains;
    const char *notice;       /* of an outcome that was TOCSIN_AGAIN; in the call's memory */
    const char *notification; /* in the call's memory; NULL but for the inbox */
    bool reply_is_cut;        /* the far end said more */
    int64_t began_ms;
    const char *open_failure; /* in the call's memory */
};

/* Settles the attempt: counts, tells, frees. status and reply are the far end's, 0 and NULL
 * without. keep_memory: it is on the caller's stack. */
void attempt_end(struct attempt *attempt, int status, const char *reply, bool keep_memory);

/* The same with an outcome that has a result and a reason only. */
void attempt_end_as(struct attempt *attempt, uint32_t result, const char *reason);

/* Ends it without a word: the daemon ends, and nobody waits for it any more. */
void attempt_drop(struct attempt *attempt);

/* Asks the plugin for a request and sends it: render sinks, on the loop. */
void attempt_render(struct attempt *attempt);

#endif
