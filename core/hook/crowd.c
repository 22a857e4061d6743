#include "hook/crowd.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hook/tls.h"

enum {
    most_pieces = 8, /* of a buffer, looked at in one go */
};

void crowd_init(struct crowd *crowd)
{
    crowd->peers = NULL;
    TAILQ_INIT(&crowd->idle);
}

size_t crowd_count(const struct crowd *crowd)
{
    return HASH_COUNT(crowd->peers);
}

/* What was added stands at the buffer's end. */
static void read_added(struct framing *framing, struct evbuffer *input, size_t added)
{
    struct evbuffer_iovec pieces[most_pieces];
    struct evbuffer_ptr at;

    while (added > 0 && !framing->fault) {
        if (evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - added, EVBUFFER_PTR_SET) < 0)
            return;
        int count = evbuffer_peek(input, (ev_ssize_t)added, &at, pieces, most_pieces);
        for (int i = 0; i < count && i < most_pieces && added > 0; i++) {
            size_t len = pieces[i].iov_len < added ? pieces[i].iov_len : added;
            framing_read(framing, pieces[i].iov_base, len);
            added -= len;
        }
    }
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct peer *peer = arg;

    if (info->n_added > 0)
        read_added(&peer->framing, input, info->n_added);
}

struct peer *crowd_add(struct crowd *crowd, struct bufferevent *stream, int64_t now_ms)
{
    struct peer *peer = mem_alloc(sizeof *peer);

    bufferevent_incref(stream);
    peer->stream = stream;
    peer->since_ms = now_ms;
    if (!evbuffer_add_cb(bufferevent_get_input(stream), on_input, peer))
        mem_exhausted();
    HASH_ADD_PTR(crowd->peers, stream, peer);
    TAILQ_INSERT_TAIL(&crowd->idle, peer, link);
    return peer;
}

struct peer *crowd_find(const struct crowd *crowd, const struct evhttp_request *request)
{
    struct evhttp_connection *connection =
        evhttp_request_get_connection((struct evhttp_request *)(uintptr_t)request);
    struct bufferevent *stream = connection ? evhttp_connection_get_bufferevent(connection) : NULL;
    struct peer *peer = NULL;

    if (stream)
        HASH_FIND_PTR(crowd->peers, &stream, peer);
    return peer;
}

void crowd_note_request(struct crowd *crowd, struct peer *peer)
{
    if (!peer->is_waiting)
        TAILQ_REMOVE(&crowd->idle, peer, link);
    peer->is_waiting = true;
    peer->requests++;
}

void crowd_note_answer(struct crowd *crowd, struct peer *peer, int64_t now_ms)
{
    if (peer->is_waiting)
        TAILQ_INSERT_TAIL(&crowd->idle, peer, link);
    peer->is_waiting = false;
    peer->since_ms = now_ms;
}

static void peer_forget(struct crowd *crowd, struct peer *peer)
{
    if (!peer->is_waiting)
        TAILQ_REMOVE(&crowd->idle, peer, link);
    HASH_DEL(crowd->peers, peer); /* NOLINT: the table goes with its last entry only */
    evbuffer_remove_cb(bufferevent_get_input(peer->stream), on_input, peer);
    bufferevent_decref(peer->stream);
    free(peer);
}

/* evhttp takes its callbacks off a stream when it frees the connection. */
static bool peer_is_gone(const struct peer *peer)
{
    bufferevent_data_cb on_read = NULL;

    bufferevent_getcb(peer->stream, &on_read, NULL, NULL, NULL);
    return on_read == NULL;
}

/* As if its sender had left: evhttp frees the connection. */
static void peer_end(const struct peer *peer)
{
    bufferevent_trigger_event(peer->stream, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

static bool has_had_its_time(
    const struct peer *peer, int64_t age_ms, int64_t limit_ms, int64_t handshake_ms)
{
    return !peer->is_waiting &&
           (age_ms > limit_ms || (age_ms > handshake_ms && tls_is_shaking_hands(peer->stream)));
}

void crowd_sweep(struct crowd *crowd, int64_t now_ms, int64_t limit_ms, int64_t handshake_ms)
{
    struct peer *peer, *next;

    HASH_ITER (hh, crowd->peers, peer, next) {
        if (!peer_is_gone(peer) &&
            has_had_its_time(peer, now_ms - peer->since_ms, limit_ms, handshake_ms))
            peer_end(peer);
        if (peer_is_gone(peer))
            peer_forget(crowd, peer);
    }
}

static void forget_gone(struct crowd *crowd)
{
    struct peer *peer, *next;

    HASH_ITER (hh, crowd->peers, peer, next)
        if (peer_is_gone(peer))
            peer_forget(crowd, peer);
}

bool crowd_make_room(struct crowd *crowd, size_t most)
{
    struct peer *peer;

    if (crowd_count(crowd) > most)
        forget_gone(crowd);
    while (crowd_count(crowd) > most && (peer = TAILQ_FIRST(&crowd->idle))) {
        peer_end(peer);
        peer_forget(crowd, peer);
    }
    return crowd_count(crowd) <= most;
}

void crowd_finish(struct crowd *crowd)
{
    struct peer *peer, *next;

    HASH_ITER (hh, crowd->peers, peer, next)
        peer_forget(crowd, peer);
}
