/* The ledger as it is read: by the page, the command line, what-if. SQLite is one engine
 * (store/sqlite.h), the tests have a second, in memory.
 *
 * Calls block, so none is made on the loop's thread; an archive belongs to one thread at a time. It
 * reads beside the daemon, from any process, and changes nothing. Each call sees one snapshot. What
 * a visit is given lives for that visit.
 *
 * Walks that filter look at no more than ARCHIVE_MOST_SEEN rows a call and then say where they came
 * to, so that a filter that hardly anything passes takes many short calls and no long one. */
#ifndef TOCSIN_STORE_ARCHIVE_H
#define TOCSIN_STORE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/journal.h"

enum {
    ARCHIVE_MOST_SEEN = 20000,
};

/* Where a walk came to. */
struct archive_cursor {
    store_id before; /* give it as `before` to go on */
    bool more;       /* false: there is nothing left to look at */
};

/* What became of an event, or of one of its deliveries. */
enum archive_fate {
    ARCHIVE_ANY_FATE,
    ARCHIVE_IS_UNROUTED,
    ARCHIVE_IS_FOR_NOBODY, /* routed, without a delivery */
    ARCHIVE_IS_WAITING,
    ARCHIVE_IS_DELIVERED,
    ARCHIVE_IS_DEAD,
    ARCHIVE_IS_SKIPPED,
    ARCHIVE_FATES,
};

/* Which events: zero and NULL mean any. */
struct archive_event;
struct archive_events {
    int64_t since_ms, until_ms; /* of acceptance, wall clock, both included; until 0: no bound */
    const char *hook, *type, *action, *thread;
    /* One delivery at least of that sink, by that rule, which came to that. A rule without sinks is
     * found by the decision's trace where no sink and no fate is asked for. */
    const char *sink, *rule;
    enum archive_fate fate;
    const char *text; /* stands in what was posted or looked up, in whatever case of ASCII */
    store_id before;  /* older than this one; 0: from the newest */
    size_t limit;
    bool (*is_wanted)(const struct archive_event *, void *arg); /* what else is asked of them,
        before they are counted; NULL: nothing */
    void *arg;
};
struct archive_event {
    store_id event;
    int64_t at_ms;
    const char *hook, *type, *action, *thread;
    int64_t duplicates; /* how often it was posted again */
    bool is_routed;
    int64_t deliveries; /* made for it until now, retries and moves too */
    /* The rest is NULL and zero for is_wanted, which is asked before it is read. */
    const struct store_loaded *loaded;
    int64_t fates[ARCHIVE_FATES]; /* its deliveries, by what became of each */
};
typedef void (*archive_event_visit)(const struct archive_event *event, void *arg);

/* Which deliveries: those that people can still do something about. The others are found through
 * their event. */
enum archive_state {
    ARCHIVE_WAITING = 1, /* behind, ready or claimed */
    ARCHIVE_DEAD = 2,
    ARCHIVE_BOTH = 3,
};
struct archive_deliveries {
    enum archive_state state;
    const char *sink;           /* NULL: any; "" is that of events lost before they were routed */
    int64_t since_ms, until_ms; /* that were made (waiting, steady clock) or ended (dead, wall
                                   clock) then, both included; until 0: no bound */
    store_id before;
    size_t limit;
};
struct archive_delivery {
    store_id delivery, event;
    enum store_state state; /* finished: a dead letter */
    const char *sink, *thread, *rule;
    int level, attempts, losses;
    bool in_doubt, moved;
    int64_t created_ms, due_ms; /* steady clock; due 0 for a dead letter */
    int64_t finished_ms;        /* wall clock, 0 while it waits */
    int status;                 /* of its last failed attempt; 0 where there is none */
    const char *reason;         /* of its end, or of its last failed attempt; NULL without */
};
typedef void (*archive_delivery_visit)(const struct archive_delivery *delivery, void *arg);

/* What the inbox keeps. */
struct archive_notifications {
    const char *reader; /* whose marks count */
    const char *sink;   /* NULL: of any */
    bool only_unread;
    store_id before;
    size_t limit;
};
struct archive_notification {
    store_id number, event, delivery;
    int64_t at_ms; /* wall clock */
    const char *sink;
    bool is_read;
    const char *document; /* JSON */
};
typedef void (*archive_notification_visit)(
    const struct archive_notification *notification, void *arg);

/* created: steady clock. Each sink once. */
typedef void (*archive_oldest_visit)(const char *sink, int64_t created_ms, void *arg);

/* Counted along, never by looking at the rows. */
struct archive_counts {
    int64_t events, unrouted, waiting, dead;
    int64_t delivered, skipped; /* since the ledger began, pruned ones too */
};

/* Recorded events in the order of acceptance, with what the router saw and what it decided. */
struct archive_scan {
    int64_t since_ms, until_ms;
    store_id after;  /* 0 to begin with */
    store_id before; /* not from this one on; 0: no bound */
    size_t limit;
};
struct archive_recorded {
    const struct store_loaded *loaded;
    bool is_routed;    /* false: it waits for a look-up, a decision, or both */
    const char *trace; /* JSON; NULL where there is none, or it is not routed yet */
    const char *const *sinks, *const *rules; /* of its decision's deliveries, in their order */
    size_t delivery_count;
};
typedef void (*archive_scan_visit)(const struct archive_recorded *recorded, void *arg);

struct archive_ops;

/* The engine embeds this as its first member. */
struct archive {
    const struct archive_ops *ops;
};

/* False with the reason where something could not be read. */
struct archive_ops {
    /* Newest first. */
    bool (*find_events)(struct archive *, const struct archive_events *, archive_event_visit,
        void *arg, struct archive_cursor *, struct error *);
    /* Newest first, by number. */
    bool (*find_deliveries)(struct archive *, const struct archive_deliveries *,
        archive_delivery_visit, void *arg, struct archive_cursor *, struct error *);
    /* Newest first. *unread: of those sinks, for that reader; counted up to ARCHIVE_MOST_SEEN. */
    bool (*find_notifications)(struct archive *, const struct archive_notifications *,
        archive_notification_visit, void *arg, struct archive_cursor *, int64_t *unread,
        struct error *);
    /* The whole story of one event as JSON text, which the caller frees: body, objects, trace, each
     * delivery with its state and attempts. NULL with the reason. */
    char *(*get_event)(struct archive *, store_id event, struct error *);
    /* The oldest delivery that waits at each sink, among the ARCHIVE_MOST_SEEN oldest. */
    bool (*oldest)(struct archive *, archive_oldest_visit, void *arg, struct error *);
    bool (*counts)(struct archive *, struct archive_counts *, struct error *);
    /* *last is the `after` of the next call; *more: there may be some left. */
    bool (*scan)(struct archive *, const struct archive_scan *, archive_scan_visit, void *arg,
        store_id *last, bool *more, struct error *);
    /* "3f9a1c", as in journal.h. */
    const char *(*ledger_id)(struct archive *);
    void (*close)(struct archive *);
};

#endif
