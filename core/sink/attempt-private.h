/* An attempt from the inside: for attempt.c and the two ways it can go, render.c and deliver.c. */
#ifndef TOCSIN_SINK_ATTEMPT_PRIVATE_H
#define TOCSIN_SINK_ATTEMPT_PRIVATE_H

#include <sys/queue.h>
#include <tocsin/sink.h>

#include "event/facts.h"
#include "lane/http.h"
#include "sink/attempt.h"
#include "sink/call.h"

enum {
    ATTEMPT_GRACE_MS = 2000, /* past its deadline a blocking call is given up */
};

/* What is asked of the plugin now. */
enum attempt_step {
    ATTEMPT_RENDER,
    ATTEMPT_JUDGE,
    ATTEMPT_DELIVER,
};

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
    enum attempt_step step;
    /* Of a plugin in a child (sink/isolated.h); what they point to is in the call's memory. */
    struct tocsin_request request; /* what it rendered */
    struct http_answer answer;     /* what it is to judge */
    bool has_failed;               /* the outcome is the host's: the plugin gave none */
    bool keeps_worker;             /* the instance that rendered judges too */
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

/* For struct worker_ops: a worker's thread did not come back; or came back when nobody waited. */
void attempt_overstayed(void *context, void *job);
void attempt_dropped(void *context, void *job);

/* Has a worker's thread go on with the attempt, by its step. */
void attempt_hand_over(struct attempt *attempt, enum attempt_step step);

/* Makes the request that the plugin rendered, or keeps it, or ends the attempt. */
void attempt_take_request(struct attempt *attempt, const struct tocsin_request *request);

/* Ends the attempt by its outcome of the answer, or renders again. */
void attempt_conclude(struct attempt *attempt, const struct http_answer *answer);

#endif
