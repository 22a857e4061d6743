/* The ledger's work: what was accepted, decided, attempted, and what became of it. An interface
 * with one engine in the daemon (store/sqlite.h) and a second, in memory, in the tests.
 *
 * Every call belongs to the loop's thread and returns at once; `done` runs on the loop, after the
 * work is durable (or failed), in the order of the calls. What a call is given is copied or is the
 * store's until done; what done is given lives for its duration. Many calls share one commit.
 *
 * Life of an event: accepted -> (routed: decisions, deliveries) -> finished deliveries.
 * Life of a delivery: waiting (behind an earlier one of its sink and thread) -> ready (a head, due
 * at a time) -> claimed -> settled: delivered | retry | dead | skipped.
 *
 * Two clocks, both in milliseconds since the epoch: `at` is the wall clock, kept for people to
 * read; `now`, `due` and `created` run on the steady clock (base/clock.h), which no jump of the
 * wall clock moves. */
#ifndef TOCSIN_STORE_JOURNAL_H
#define TOCSIN_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

struct error;

typedef int64_t store_id; /* a number never reused in this ledger; 0 is none */

/* Every done gets an error whose text is NULL when the call succeeded; after an error the rest is
 * NULL and 0. Texts may be NULL where that is said, and are "" where they are NULL otherwise. */

struct store_accept {
    const char *hook, *type, *action, *thread;
    const char *dedupe; /* the key, exact, among the events of this hook; NULL: never a duplicate */
    int64_t dedupe_ms;  /* the window; it begins with the original and does not move */
    int64_t at_ms;      /* wall clock */
    int64_t now_ms;     /* steady clock */
    const void *body;
    size_t body_len;
    bool claim; /* the caller will route it at once; else next_events() hands it out later */
};
struct store_accepted {
    store_id event; /* the original's for a duplicate */
    bool duplicate;
};
typedef void (*store_accept_done)(
    const struct error *error, const struct store_accepted *accepted, void *arg);

/* How an event that was routed before is routed again. */
enum store_replay {
    STORE_FIRST_TIME,
    STORE_REPLAY,         /* to all whom the rules name today */
    STORE_REPLAY_MISSING, /* to those among them that never had a delivery of it */
};

/* An event that is not routed yet. */
struct store_event {
    store_id event;
    const char *hook, *type, *action, *thread;
    int64_t at_ms;
    const void *body;
    size_t body_len;
    int losses; /* how often it was claimed and the daemon ended uncleanly before it was routed */
    enum store_replay replay; /* again: from what was looked up then, see load() */
};
enum {
    STORE_SUSPECT_LOSSES = 2,  /* as many make a suspect: handed out, or claimed, one at a time */
    STORE_MOST_LOSSES = 3,     /* as many make a dead letter, when the ledger is opened */
    STORE_CAREFUL_EVENTS = 16, /* of those lost once no more are handed out at a time */
};
typedef void (*store_events_done)(
    const struct error *error, const struct store_event *events, size_t count, void *arg);

/* What was looked up for an event. */
struct store_object {
    const char *name;   /* "alert" */
    const char *status; /* how it was found, or why not: "404", "timed out" */
    store_id object;    /* one that is stored already is referred to; 0: store the bytes */
    const void *bytes; /* the answer as received; NULL when the look-up failed. Beside a number they
                          are stored where that object was pruned meanwhile. */
    size_t len;
};
enum {
    STORE_HIGHEST_LEVEL = 4,
};
struct store_delivery {
    const char *sink, *rule;
    int64_t due_ms; /* steady clock */
    int level;      /* 0..STORE_HIGHEST_LEVEL, else the whole call is refused */
    bool claim;     /* a lane has room: claim it in the same commit if it is a head and due */
};
struct store_route {
    store_id event;
    int64_t at_ms;      /* wall clock */
    int64_t now_ms;     /* steady clock */
    const char *thread; /* orders the deliveries; "" orders nothing */
    const struct store_object *objects;
    size_t object_count;
    const char *trace; /* JSON text of the decision */
    const struct store_delivery *deliveries;
    size_t delivery_count; /* 0: unmatched, or decided to tell nobody */
};
enum store_state {
    STORE_BEHIND,
    STORE_READY,
    STORE_CLAIMED,
    STORE_FINISHED, /* only where an event is routed again */
};
struct store_routed {
    store_id delivery;
    store_id claim; /* where claimed */
    enum store_state state;
    const char *first_receipt; /* where claimed, as in store_claimed */
};
/* routed[i] belongs to deliveries[i]; objects[i] is the stored id of each object, 0 for failed
 * ones. Routing an event that is not unrouted changes nothing and returns the deliveries and
 * objects of the last time, in their present state (claims are 0 then). A replay leaves the objects
 * as they are; under STORE_REPLAY_MISSING a sink that had the event gets no delivery: its entry is
 * 0, finished. */
typedef void (*store_route_done)(const struct error *error, const struct store_routed *routed,
    size_t count, const store_id *objects, size_t object_count, void *arg);

/* A delivery to attempt now. */
struct store_claimed {
    store_id claim, delivery, event;
    const char *thread, *rule;
    int level;
    int attempt;                        /* from 1: this attempt's number, lost ones counted */
    int losses;                         /* claims without an outcome since the last: crashes */
    bool in_doubt;                      /* an earlier attempt may have arrived */
    bool moved;                         /* it was meant for another sink */
    const char *resume, *first_receipt; /* NULL where there is none */
    int64_t created_ms;                 /* when it was routed, steady clock */
};
/* What a sink's queue holds beside what was claimed. */
struct store_rest {
    bool more;           /* heads that are due were left because max was reached */
    bool is_held_back;   /* a suspect is due and another is claimed: ask when that one is settled */
    int64_t next_due_ms; /* when the next head that is not due yet will be; 0 when there is none */
};
typedef void (*store_claim_done)(const struct error *error, const struct store_claimed *claimed,
    size_t count, const struct store_rest *rest, void *arg);

enum store_result {
    STORE_DELIVERED,
    STORE_RETRY,
    STORE_DEAD,
    STORE_SKIPPED,
};
struct store_settle {
    store_id delivery, claim;
    enum store_result result;
    int64_t due_ms; /* retry: steady clock */
    int64_t at_ms;  /* when the attempt began, wall clock */
    int64_t took_ms;
    int status; /* HTTP status, 0 where there is none */
    bool maybe_sent;
    const char *reason;       /* NULL or one line, redacted */
    const char *reply;        /* NULL or the far end's words, redacted, bounded */
    const char *resume;       /* retry: NULL keeps what an earlier attempt left */
    const char *receipt;      /* NULL where there is none */
    const char *notification; /* delivered: what the inbox keeps, JSON; NULL for other sinks */
};
enum store_settled {
    STORE_SETTLED,
    STORE_SETTLED_PROMOTING, /* and a later delivery of the same sink and thread became a head */
    STORE_STALE,  /* an error: settled already, or of an earlier life; nothing was changed */
    STORE_FAILED, /* an error: the ledger could not be written; worth another try */
};
typedef void (*store_settle_done)(const struct error *error, enum store_settled settled, void *arg);

/* A claim that is held. */
struct store_hold {
    store_id delivery, claim;
};

typedef void (*store_done)(const struct error *error, void *arg);

/* Deliveries that an operator means, or a fallback. A call walks a step of them, in the order of
 * their numbers, and says where it came to, so that no call holds up the others however many there
 * are: it is repeated with that as `after` until there is no more. */
struct store_pick {
    const store_id *ids; /* these, each with an answer of its own; or where id_count is 0: */
    size_t id_count;     /* at most STORE_STEP */
    const char *sink;    /* those of this sink; NULL: of any */
    int64_t since_ms;    /* that ended (wall clock), or wait and were made (steady clock), since */
    int64_t until_ms;    /* and not later than this; 0: no bound */
    store_id after;      /* 0 to begin with */
};
enum {
    STORE_STEP = 500,
};
/* What became of one. */
struct store_change {
    store_id delivery;
    store_id became;      /* the new delivery; 0 where there is none */
    store_id event;       /* of the delivery; 0 where it is not in the ledger */
    const char *sink;     /* where it waits now, if it waits: it may be a head there; else NULL */
    const char *promoted; /* the sink where one behind it became a head; else NULL */
    const char *refused;  /* why nothing was done, for those meant by id; else NULL */
};
struct store_changes {
    const struct store_change *items;
    size_t count;
    store_id last; /* for `after` */
    bool more;
    /* move: when the oldest was made that is still too young, 0 where there is none; and whether
     * something old enough is being attempted, or stands behind such a one: it may go once that has
     * failed, so ask again. */
    int64_t next_due_ms;
    bool is_busy;
};
typedef void (*store_changes_done)(
    const struct error *error, const struct store_changes *changes, void *arg);

/* An operator's retry. Dead letters get a new delivery at their thread's end, which inherits
 * `resume`; the old one is then skipped. What is waiting can only be sent elsewhere. */
struct store_retry {
    struct store_pick pick;
    const char *to; /* another sink; NULL: the same */
    int64_t at_ms, now_ms;
    bool dry_run; /* says what would become of each, and changes nothing */
};
/* Waiting ones are finished without an attempt; dead letters become skipped ones. Not those that
 * are claimed. */
struct store_finish {
    struct store_pick pick;
    enum store_result result; /* skipped, or dead: then only what waits */
    const char *reason;
    int64_t at_ms;
    bool dry_run;
};
/* A fallback: what waits at pick.sink, was made until pick.until_ms and was never moved goes to
 * another sink, unless that one has the event already. What was in doubt stays in doubt. */
struct store_move {
    struct store_pick pick; /* no ids */
    const char *to;
    int64_t at_ms, now_ms;
};
/* Events to route again. */
struct store_replays {
    const store_id *events;  /* these; or where count is 0: */
    size_t count;            /* at most STORE_STEP */
    int64_t since_ms;        /* all that were accepted since (wall clock) */
    int64_t until_ms;        /* and not later than this; 0: no bound */
    const char *hook, *type; /* NULL: any */
    const char *except_hook; /* NULL: none */
    store_id after;
    enum store_replay how;
    bool dry_run;
};
/* In changes: event, and refused. */

/* Small texts by name that are kept: pauses, when a hook was last heard. */
struct store_note {
    const char *key, *value;
};
typedef void (*store_notes_done)(
    const struct error *error, const struct store_note *notes, size_t count, void *arg);

/* Notifications that somebody has read; what is not there is passed over. */
struct store_mark_read {
    const char *reader;
    const store_id *ids;
    size_t id_count; /* at most STORE_STEP */
    store_id until;  /* this one and all before it, of those that are there now; 0: none */
};

/* A sink's queue, kept as a counter. */
struct store_queue {
    const char *sink;
    int64_t waiting; /* deliveries not finished */
};
typedef void (*store_queue_visit)(const struct store_queue *queue, void *arg);

/* more: another step would find more to remove already. */
typedef void (*store_prune_done)(const struct error *error, bool more, void *arg);

/* Everything needed to make an event's message again. */
struct store_loaded_object {
    const char *name, *status;
    store_id object;   /* 0 when the look-up failed */
    const void *bytes; /* NULL when the look-up failed */
    size_t len;
};
struct store_loaded {
    store_id event;
    const char *hook, *type, *action, *thread;
    int64_t at_ms;
    const void *body;
    size_t body_len;
    const struct store_loaded_object *objects;
    size_t object_count;
};
typedef void (*store_load_done)(
    const struct error *error, const struct store_loaded *loaded, void *arg);

/* What the histograms of its commits are divided by. */
extern const struct histogram_bounds store_seconds_bounds, store_requests_bounds;

/* How the ledger is, kept as counters; any time, no I/O. */
struct store_health {
    bool writable;
    bool is_oversize; /* larger than max_size: prune soon */
    bool is_full;     /* though nothing is left to prune: nothing is accepted */
    char why[256];    /* what is wrong when not; "" else */
    int64_t unrouted; /* events */
    int64_t waiting;  /* deliveries not finished */
    int64_t dead;
    int64_t delivered, skipped; /* since the ledger began, pruned ones too */
    int64_t events;
    struct histogram commit_seconds, commit_requests; /* how long each took, how much it held */
    int64_t buried; /* deliveries and events that this opening made dead letters: a third loss */
};

struct journal_ops;

/* The engine embeds this as its first member. */
struct journal {
    const struct journal_ops *ops;
};

struct journal_ops {
    void (*accept)(struct journal *, const struct store_accept *, store_accept_done, void *arg);
    /* Unrouted events that were accepted unclaimed (or lost by an unclean end) in order of
     * acceptance, at most max of them and about `bytes` of bodies; claims them. */
    void (*next_events)(struct journal *, size_t max, size_t bytes, store_events_done, void *arg);
    void (*route)(struct journal *, const struct store_route *, store_route_done, void *arg);
    /* At most max due heads of the sink, claimed: highest level, then due, then oldest. */
    void (*claim)(struct journal *, const char *sink, size_t max, int64_t now_ms, store_claim_done,
        void *arg);
    void (*settle)(struct journal *, const struct store_settle *, store_settle_done, void *arg);
    /* Gives claims back without counting an attempt: nothing was sent. If one of them is stale none
     * is given back. */
    void (*release)(
        struct journal *, const struct store_hold *holds, size_t count, store_done, void *arg);
    void (*load)(struct journal *, store_id event, store_load_done, void *arg);
    /* Removes a small step (some 500 rows) of what finished before now_ms - keep_ms (events with
     * dead letters: keep_dead_ms), never inside a dedupe window, and of expired dedupe keys. Where
     * the ledger is larger than its max_size, all that is finished may go, dead letters last. */
    void (*prune)(struct journal *, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms,
        store_prune_done, void *arg);

    void (*retry)(struct journal *, const struct store_retry *, store_changes_done, void *arg);
    void (*finish)(struct journal *, const struct store_finish *, store_changes_done, void *arg);
    void (*move)(struct journal *, const struct store_move *, store_changes_done, void *arg);
    void (*replay)(struct journal *, const struct store_replays *, store_changes_done, void *arg);

    /* value NULL removes it. */
    void (*note_put)(struct journal *, const char *key, const char *value, store_done, void *arg);
    /* Those whose key begins so, sorted. */
    void (*note_list)(struct journal *, const char *prefix, store_notes_done, void *arg);

    void (*mark_read)(struct journal *, const struct store_mark_read *, store_done, void *arg);

    void (*health)(struct journal *, struct store_health *);
    /* Each sink that has, or had since the start, unfinished deliveries. During the call only. */
    void (*queues)(struct journal *, store_queue_visit, void *arg);
    /* "3f9a1c": the ledger's random id, which goes in front of every id that people see. */
    const char *(*ledger_id)(struct journal *);
    /* Finishes what was asked (and what done callbacks ask meanwhile), calls every done, closes.
     * Not from a done. */
    void (*close)(struct journal *);
};

#endif
