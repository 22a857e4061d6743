/* What an operator asks of the daemon: send again, give up, route again, pause. Each call walks the
 * ledger in steps and answers once, with what it did or, with dry_run, would have done; sinks that
 * have something new to do are woken. Belongs to the loop's thread. */
#ifndef TOCSIN_FLOW_OPERATOR_H
#define TOCSIN_FLOW_OPERATOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/view.h"
#include "store/journal.h"

struct error;
struct flow;

enum {
    FLOW_CHANGES_SHOWN = 1000,
};

/* Items are the first FLOW_CHANGES_SHOWN that were meant, refused ones among them; the counts are
 * of all. They live for the call. */
struct flow_changes {
    const struct store_change *items;
    size_t item_count;
    int64_t changed, refused;
};

/* error has a text when it could not be done, or not to its end: changes tells how far it came. */
typedef void (*flow_changed)(
    const struct error *error, const struct flow_changes *changes, void *arg);

/* All borrowed for the call only. at_ms, now_ms and the pick's `after` are set by the flow. A sink
 * to send to (retry->to) must be configured, else done gets an error, from inside the call. */
void flow_retry(struct flow *flow, const struct store_retry *retry, flow_changed done, void *arg);
void flow_skip(struct flow *flow, const struct store_finish *finish, flow_changed done, void *arg);

/* tocsin's own alarms go out again only where their hook, or they themselves, are named. */
void flow_replay(
    struct flow *flow, const struct store_replays *replays, flow_changed done, void *arg);

/* Notifications of the inbox that somebody has read. */
void flow_mark_read(
    struct flow *flow, const struct store_mark_read *read, store_done done, void *arg);

/* Shuts a sink for so long (0: until it is resumed); kept over a restart. What is under way goes
 * on. False when there is no such sink, or the reason is not one line of words. */
bool flow_pause(
    struct flow *flow, const char *sink, int64_t for_ms, const char *reason, struct error *error);

/* Sends a drill (flow/drill.h) that says who asked for it. It waits for a free place of the sink,
 * and for nothing else. The answer comes when the outcome is there: the report; else why there is
 * none, or, at the process's end, neither. False, and done is not called, when there is no such
 * sink, or it has too many drills already. */
struct flow_drill {
    const char *sink;
    enum view_level level;
    const char *by; /* NULL: nobody said */
};
typedef void (*flow_drilled)(const json_t *report, const char *refusal, void *arg);
bool flow_drill(struct flow *flow, const struct flow_drill *drill, flow_drilled done, void *arg,
    struct error *error);

/* One delivery probes; the rest follows. False when there is no such sink, or it is not paused. */
bool flow_resume(struct flow *flow, const char *sink, struct error *error);

#endif
