/* What a ledger answers, as text: so that two engines can be compared to the last number. Each call
 * asks; its answer is added to the text when the loop runs. */
#ifndef TOCSIN_TESTS_STORE_TOLD_H
#define TOCSIN_TESTS_STORE_TOLD_H

#include "base/buf.h"
#include "ledger.h"

enum {
    TOLD_CLAIMS = 256,
};

struct told {
    struct ledger *ledger;
    struct archive *archive;
    struct buf text;
    struct store_hold claims[TOLD_CLAIMS]; /* that were given, and not settled yet */
    size_t claim_count;
    bool more; /* of the last prune */
};

void told_accept(struct told *told, const struct store_accept *accept);
void told_next_events(struct told *told, size_t max, size_t bytes);
void told_route(struct told *told, const struct store_route *route);
void told_claim(struct told *told, const char *sink, size_t max, int64_t now_ms);
void told_settle(struct told *told, const struct store_settle *settle);
void told_release(struct told *told, const struct store_hold *holds, size_t count);
void told_load(struct told *told, store_id event);
void told_prune(struct told *told, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms);
void told_retry(struct told *told, const struct store_retry *retry);
void told_finish(struct told *told, const struct store_finish *finish);
void told_move(struct told *told, const struct store_move *move);
void told_replay(struct told *told, const struct store_replays *replays);
void told_note_put(struct told *told, const char *key, const char *value);
void told_note_list(struct told *told, const char *prefix);
void told_mark_read(struct told *told, const struct store_mark_read *read);

/* These answer at once. */
void told_health(struct told *told, const char *const *sinks);
void told_find_events(struct told *told, const struct archive_events *filter);
void told_find_deliveries(struct told *told, const struct archive_deliveries *filter);
void told_find_notifications(struct told *told, const struct archive_notifications *filter);
void told_get_event(struct told *told, store_id event);
void told_scan(struct told *told, const struct archive_scan *filter);

#endif
