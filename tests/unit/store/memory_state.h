/* What the memory engine keeps, and how its parts are found. Texts are copied once and live as long
 * as the memory does, so that records and answers may share them. */
#ifndef TOCSIN_TESTS_STORE_MEMORY_STATE_H
#define TOCSIN_TESTS_STORE_MEMORY_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/list.h"
#include "store/pool.h"

struct event_base;

struct m_event {
    store_id id;
    int64_t at_ms, dedupe_until_ms;
    const char *hook, *type, *action, *thread;
    const char *dedupe; /* NULL without */
    const void *body;
    size_t body_len;
    int64_t duplicates;
    bool waits; /* to be routed, for the first time or again */
    store_id claim;
    int losses;
    enum store_replay replay;
};

/* What came of an event: kind NULL is the decision on it; the rest came later. */
struct m_record {
    store_id event;
    int64_t at_ms;
    store_id first;
    int64_t count;
    const char *kind, *trace;
};

struct m_object {
    store_id id;
    const void *bytes;
    size_t len;
};

struct m_attachment {
    store_id event;
    const char *name, *status;
    store_id object; /* 0: the look-up failed */
};

/* Finished ones stay until they are pruned. */
struct m_delivery {
    store_id id, event;
    enum store_state state;
    store_id claim;
    const char *sink, *thread, *rule, *resume;
    int level, attempts, losses;
    bool in_doubt, moved;
    int64_t created_ms, due_ms;
    enum store_result result; /* the rest: once it is finished */
    int64_t finished_ms, took_ms;
    const char *reason, *receipt;
    bool leads; /* its receipt is the first of its thread */
};

struct m_attempt {
    store_id delivery;
    int number;
    int64_t at_ms, took_ms;
    int status;
    bool maybe_sent;
    const char *reason, *reply;
};

struct m_notification {
    store_id id, delivery, event;
    int64_t at_ms;
    const char *sink, *document;
};

struct m_read {
    store_id notification;
    const char *reader;
};

struct m_state {
    struct list events, records, objects, attachments, deliveries, attempts, notes, notifications,
        reads;
    store_id event, delivery, object, claim, notification; /* the last numbers given */
    int64_t delivered, skipped;                            /* ever */
    int64_t clock_ms;                                      /* the steady clock at the last call */
    store_id suspect;                                      /* the delivery that is claimed as one */
};

struct memory {
    struct m_state state;
    struct pool texts;
    bool is_open; /* or was not closed */
};

/* The item of a list, for (T *item = ...; item; item = next). */
#define M_EACH(type, item, list)                                                                   \
    for (struct type *item = (list).items;                                                         \
         item && item < (struct type *)(list).items + (list).count; item++)

/* A place at the end. */
#define M_ADD(memory, type, list)                                                                  \
    ((struct type *)list_add(&(list), &(memory)->texts, sizeof(struct type)))

/* Takes out those of a list that `goes` says. */
void m_remove(struct list *list, size_t size, bool (*goes)(const void *item, const void *arg),
    const void *arg);

/* A copy that shares the texts. */
struct m_state m_copy(const struct m_state *state, struct pool *pool);

struct m_event *m_event(struct m_state *state, store_id id);
struct m_delivery *m_delivery(struct m_state *state, store_id id);

/* The unfinished delivery that its sink and thread come to first; NULL without a thread. */
struct m_delivery *m_first_of_line(struct m_state *state, const char *sink, const char *thread);

const struct m_object *m_object(const struct m_state *state, store_id id);

/* The decision on an event, or the last replay of it: NULL without. */
const struct m_record *m_decision(const struct m_state *state, store_id event);
const struct m_record *m_last_replay(const struct m_state *state, store_id event);

/* NULL without. */
const char *m_first_receipt(const struct m_state *state, const char *sink, const char *thread);

bool m_is_waiting(const struct m_delivery *delivery); /* not finished */
bool m_is_dead(const struct m_delivery *delivery);

int64_t m_count_unrouted(const struct m_state *state);
int64_t m_count_waiting(const struct m_state *state);
int64_t m_count_dead(const struct m_state *state);

/* Puts a delivery at the end of its line: a head if nothing unfinished of its sink and thread is
 * before it. */
struct m_delivery *m_join(struct memory *memory, const struct m_delivery *delivery);

/* Ends one. The next of its line becomes a head: then its sink's name is returned, else NULL. */
const char *m_end(struct m_state *state, struct m_delivery *delivery, enum store_result result,
    int64_t finished_ms, const char *reason);

void m_record_later(struct memory *memory, store_id event, int64_t at_ms, store_id first,
    int64_t count, const char *kind, const char *trace);

/* Whether this sink ever had a delivery of the event, of those before that number. */
bool m_was_made(const struct m_state *state, store_id event, const char *sink, store_id before);

/* At opening. */
void m_recover(struct memory *memory, int64_t now_ms, bool was_unclean, int64_t *buried);

/* An answer on its way to the loop. */
struct answer {
    struct answer *next;
    void (*tell)(const struct answer *answer);
    struct pool pool;
    struct error error;
    void *arg;
    struct list items, objects;
    struct store_accepted accepted;
    struct store_rest rest;
    struct store_loaded loaded;
    struct store_changes changes;
    enum store_settled settled;
    bool more;
    union {
        store_accept_done accept;
        store_events_done events;
        store_route_done route;
        store_claim_done claim;
        store_settle_done settle;
        store_done done;
        store_load_done load;
        store_prune_done prune;
        store_changes_done changes;
        store_notes_done notes;
    } done;
};

#define M_TELL(answer, type)                                                                       \
    ((struct type *)list_add(&(answer)->items, &(answer)->pool, sizeof(struct type)))

/* The work behind each call of the journal: memory_work.c, memory_changes.c, memory_prune.c,
 * memory_inbox.c. */
void m_accept(struct memory *memory, const struct store_accept *in, struct answer *out);
void m_next_events(struct memory *memory, size_t max, size_t bytes, struct answer *out);
void m_route(struct memory *memory, const struct store_route *in, struct answer *out);
void m_claim(
    struct memory *memory, const char *sink, size_t max, int64_t now_ms, struct answer *out);
void m_settle(struct memory *memory, const struct store_settle *in, struct answer *out);
void m_release(
    struct memory *memory, const struct store_hold *holds, size_t count, struct answer *out);
void m_load(struct memory *memory, store_id event, struct pool *pool, struct store_loaded *loaded);
void m_prune(struct memory *memory, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms);
void m_retry(struct memory *memory, const struct store_retry *in, struct answer *out);
void m_finish(struct memory *memory, const struct store_finish *in, struct answer *out);
void m_move(struct memory *memory, const struct store_move *in, struct answer *out);
void m_replay(struct memory *memory, const struct store_replays *in, struct answer *out);
void m_note_put(struct memory *memory, const char *key, const char *value);
void m_note_list(const struct memory *memory, const char *prefix, struct answer *out);

void m_keep_notification(
    struct memory *memory, const struct m_delivery *delivery, const struct store_settle *in);
void m_forget_notification(struct m_state *state, store_id delivery);
void m_mark_read(struct memory *memory, const struct store_mark_read *in);
bool m_find_notifications(const struct m_state *state, const struct archive_notifications *filter,
    archive_notification_visit visit, void *arg, struct archive_cursor *cursor, int64_t *unread);

/* The whole story as JSON text; NULL when it is not there (memory_story.c). */
char *m_story(struct memory *memory, store_id event);

#endif
