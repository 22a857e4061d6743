/* The journal's calls as requests to the writer, one file each: accept.c, hand_out.c, route.c,
 * claim.c, release.c, settle.c, load.c, prune.c, retry.c, finish.c, move.c, replay.c, note.c,
 * notification.c. What
 * is given is copied. */
#ifndef TOCSIN_STORE_OPERATIONS_H
#define TOCSIN_STORE_OPERATIONS_H

#include "store/journal.h"

struct request;

struct request *accept_request(
    const struct store_accept *accept, store_accept_done done, void *arg);
struct request *hand_out_request(size_t max, size_t bytes, store_events_done done, void *arg);
struct request *route_request(const struct store_route *route, store_route_done done, void *arg);
struct request *claim_request(
    const char *sink, size_t max, int64_t now_ms, store_claim_done done, void *arg);
struct request *release_request(
    const struct store_hold *holds, size_t count, store_done done, void *arg);
struct request *settle_request(
    const struct store_settle *settle, store_settle_done done, void *arg);
struct request *load_request(store_id event, store_load_done done, void *arg);
struct request *prune_request(
    int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms, store_prune_done done, void *arg);
struct request *retry_request(const struct store_retry *retry, store_changes_done done, void *arg);
struct request *finish_request(
    const struct store_finish *finish, store_changes_done done, void *arg);
struct request *move_request(const struct store_move *move, store_changes_done done, void *arg);
struct request *replay_request(
    const struct store_replays *replays, store_changes_done done, void *arg);
struct request *note_put_request(const char *key, const char *value, store_done done, void *arg);
struct request *note_list_request(const char *prefix, store_notes_done done, void *arg);
struct request *mark_read_request(const struct store_mark_read *read, store_done done, void *arg);

#endif
