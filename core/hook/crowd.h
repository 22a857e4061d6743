/* The connections of a server. evhttp 2.1.12 tells of a new one only when its bufferevent is made,
 * and of its end not at all, restarts its time-out at every byte, and lets senders that wait for
 * nothing keep others out. So each is listed here with a reference to its bufferevent: which began
 * when, which waits for an answer of ours, and which has to go when there is no room. */
#ifndef TOCSIN_HOOK_CROWD_H
#define TOCSIN_HOOK_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "hook/framing.h"

struct bufferevent;
struct evhttp_request;

struct peer {
    UT_hash_handle hh;      /* crowd::peers, by stream */
    TAILQ_ENTRY(peer) link; /* crowd::idle, unless it waits */
    struct bufferevent *stream;
    int64_t since_ms; /* monotonic: connected, or its last answer sent */
    bool is_waiting;  /* for our answer: its sender is not the slow one */
    uint64_t requests;
    struct framing framing;
};

/* Zeroed but for crowd_init(). */
struct crowd {
    struct peer *peers;
    TAILQ_HEAD(, peer) idle; /* for the longest first */
};

void crowd_init(struct crowd *crowd);

/* Gives all references back; the connections themselves are evhttp's. */
void crowd_finish(struct crowd *crowd);

size_t crowd_count(const struct crowd *crowd);

/* Lists a new one. Its bufferevent must not have been given to evhttp yet. */
struct peer *crowd_add(struct crowd *crowd, struct bufferevent *stream, int64_t now_ms);

/* The one that a request came by; NULL when it has gone. */
struct peer *crowd_find(const struct crowd *crowd, const struct evhttp_request *request);

/* Counts a request, which waits from now on; and its answer. */
void crowd_note_request(struct crowd *crowd, struct peer *peer);
void crowd_note_answer(struct crowd *crowd, struct peer *peer, int64_t now_ms);

/* Ends those that had their time: limit_ms for a whole request, however it drips, and handshake_ms
 * for a handshake of TLS. Forgets those that ended. */
void crowd_sweep(struct crowd *crowd, int64_t now_ms, int64_t limit_ms, int64_t handshake_ms);

/* Ends those that wait for nothing until `most` are left, first the one that has for the longest.
 * False where there are more nevertheless: all that are left wait for an answer. */
bool crowd_make_room(struct crowd *crowd, size_t most);

#endif
