/* One attempt to hand one message to a sink: render, lane, outcome. */
#ifndef TOCSIN_SINK_ATTEMPT_H
#define TOCSIN_SINK_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

struct http_answer;
struct http_request;
struct message;
struct sink;
struct worker_ops;

/* Looks on, for who shows what went out and what came back: each request of a render sink, and the
 * answer to it. Both are borrowed for the call, and hold secrets. */
struct attempt_witness {
    void (*asked)(const struct http_request *request, void *arg);
    void (*answered)(const struct http_answer *answer, void *arg);
};

/* What is to be sent. The attempt takes all of it over. */
struct dispatch {
    char *delivery, *event; /* the ids that people see */
    char *rule, *type, *action, *hook, *thread;
    char *resume, *first_receipt; /* NULL where there is none */
    int attempt;                  /* from 1 */
    uint32_t marks;               /* TOCSIN_REPEAT, ... */
    int64_t time_ms;              /* of the event */
    struct message *message;
    /* Makes the event as JSON text, from any thread, while source lives; release lets it go. */
    char *(*make_event_json)(const void *source);
    void (*release)(void *source);
    void *source;
    /* It goes out whatever the gate says, which learns of it only that the sink works. */
    bool is_drill;
    /* It goes as far as the far end lets in, and sends nothing. The plugin has a probe, or renders.
     */
    bool is_probe;
    const struct attempt_witness *witness; /* NULL: nobody looks on. With done's arg. */
};

/* What became of it. Texts are one line (reply: bounded), redacted, NULL where there is none. */
struct attempt_result {
    uint32_t result; /* TOCSIN_DELIVERED, _RETRY, _REJECTED or _UNUSABLE */
    int64_t retry_after_ms;
    bool maybe_sent;
    int status; /* HTTP status, 0 where there is none */
    int64_t took_ms;
    const char *reason, *reply, *receipt, *resume, *notice;
    const char *notification; /* delivered to the inbox: what it keeps, JSON */
};

/* The result lives for the call. */
typedef void (*attempt_done)(const struct attempt_result *result, void *arg);

/* Starts an attempt; the sink must have room (sink_room). Counts in sink->in_flight until done.
 * Done is called once; for render sinks it may be from inside this call. */
void sink_attempt(struct sink *sink, const struct dispatch *dispatch, attempt_done done, void *arg);

/* Drops what is under way, without its done. No thread may be at work on it. */
void attempts_drop(struct sink *sink);

/* How a blocking sink's threads work: for sink_start(). */
extern const struct worker_ops attempt_worker_ops;

#endif
