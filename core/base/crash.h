/* Named places where a test lets the daemon die, so that it can be seen at each of them that
 * nothing which was promised is lost (tests/crash). They exist only where TOCSIN_CRASH_POINTS is
 * defined: in the program tocsin-crash, never in tocsin. There the environment names the point, and
 * at which passage it kills: TOCSIN_CRASH=route.after-commit:3. TOCSIN_CRASH=list prints this
 * table. */
#ifndef TOCSIN_BASE_CRASH_H
#define TOCSIN_BASE_CRASH_H

/* Each has two points: NAME.before-commit, inside the transaction when all its work is done, and
 * NAME.after-commit, before anybody is answered. */
#define CRASH_COMMITS(COMMIT)                                                                      \
    COMMIT(ACCEPT, "accept", "a post is kept as an event")                                         \
    COMMIT(NEXT_EVENTS, "next_events", "events that waited are handed to the router")              \
    COMMIT(ROUTE, "route", "a decision, its deliveries and their first claims are recorded")       \
    COMMIT(CLAIM, "claim", "deliveries are claimed: an attempt may follow")                        \
    COMMIT(SETTLE, "settle", "what became of an attempt is recorded")                              \
    COMMIT(RELEASE, "release", "claims are given back")                                            \
    COMMIT(RETRY, "retry", "an operator's retry makes a new delivery of a dead letter")            \
    COMMIT(FINISH, "finish", "an operator ends a delivery without an attempt")                     \
    COMMIT(MOVE, "move", "waiting deliveries go to another sink")                                  \
    COMMIT(REPLAY, "replay", "an event is to be routed again")                                     \
    COMMIT(NOTE, "note", "a small text, or a read mark, is kept")                                  \
    COMMIT(PRUNE, "prune", "old records are removed")                                              \
    COMMIT(RECOVERY, "recovery", "the start takes in what the last daemon left")                   \
    COMMIT(CLOSE, "close", "the end marks the ledger as closed cleanly")

#define CRASH_STEPS(STEP)                                                                          \
    STEP(CREATE_BEFORE, "create.before", "the ledger's file is there and empty")                   \
    STEP(CREATE_AFTER, "create.after", "its tables are made, nothing else is done")                \
    STEP(CHECKPOINT_BEFORE, "checkpoint.before", "the log is about to be written into the file")   \
    STEP(CHECKPOINT_AFTER, "checkpoint.after", "the log was written into the file")                \
    STEP(ANSWER_BEFORE, "answer.before", "an event is on the disk, its sender has no answer")      \
    STEP(ANSWER_AFTER, "answer.after", "the answer 202 was handed to the connection")              \
    STEP(LOOKUP_BEFORE, "lookup.before", "a look-up ended, nothing is decided on it")              \
    STEP(LOOKUP_AFTER, "lookup.after", "it was decided on, the ledger was only asked")             \
    STEP(HTTP_BEFORE, "http.before-send", "a request is made and not handed to curl")              \
    STEP(HTTP_AFTER, "http.after-send", "the far end answered, the outcome is not settled")        \
    STEP(WORKER_BEFORE, "worker.before-deliver", "a worker is about to call the plugin")           \
    STEP(WORKER_AFTER, "worker.after-deliver", "the plugin is done, nobody knows of its outcome")

enum crash_point {
    CRASH_NOWHERE,
#define CRASH_BOTH(id, name, sentence) CRASH_##id##_BEFORE_COMMIT, CRASH_##id##_AFTER_COMMIT,
#define CRASH_ONE(id, name, sentence) CRASH_##id,
    CRASH_COMMITS(CRASH_BOTH)
    CRASH_STEPS(CRASH_ONE)
#undef CRASH_BOTH
#undef CRASH_ONE
        CRASH_POINT_COUNT
};

#ifdef TOCSIN_CRASH_POINTS

enum {
    CRASH_POINTS_ARE_IN = 1
};

/* Counts a passage, and ends the process by SIGKILL if it is the one that was asked for. */
void crash_point(enum crash_point point);

#else

enum {
    CRASH_POINTS_ARE_IN = 0
};

static inline void crash_point(enum crash_point point)
{
    (void)point;
}

#endif

#endif
