/* Look-ups: the object behind an event, fetched from the API that knows it. Per object at most one
 * look-up is under way; events that come meanwhile wait for one that starts after them, together. A
 * failed try is tried again until the event's deadline; then the event goes on without. Belongs to
 * the loop's thread. */
#ifndef TOCSIN_ENRICH_ENRICHER_H
#define TOCSIN_ENRICH_ENRICHER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct event;
struct event_base;
struct http_lane;
struct logger;
struct metrics;
struct problems;

/* What a look-up brought. Shared by the events that rode on it. */
struct looked_up {
    int references;
    char *name;   /* "alert" */
    char *status; /* "found", or another way how, or why not, in words */
    char *bytes;  /* the answer as received, and a NUL; NULL when it failed */
    size_t len;
    char *pick;     /* the dotted path of the object in the answer, NULL for all of it */
    json_t *object; /* NULL when it failed */
    int64_t stored; /* its number in the ledger, 0 until it has one: the flow's */
};

/* From an answer's bytes, which need not end with a NUL; bytes that hold no such object make a
 * failure. Bytes NULL: a failure with the status. One reference, the caller's. */
struct looked_up *looked_up_create(
    const char *name, const char *status, const void *bytes, size_t len, const char *pick);
struct looked_up *looked_up_keep(struct looked_up *looked_up);
void looked_up_release(struct looked_up *looked_up);

struct enricher;
struct rider;

/* NULL, with the faults in problems, when a look-up's URL is none. Config, base and lane are
 * borrowed; base and lane may be NULL where only enricher_name() is asked. */
struct enricher *enricher_create(const struct config *config, struct event_base *base,
    struct http_lane *lane, const struct logger *logger, struct problems *problems);

/* Counts there, from now on (base/metrics.h): how each look-up that an event waited for ended, and
 * how long it waited. */
void enricher_count_in(struct enricher *enricher, struct metrics *metrics);

/* Who still waits is forgotten without a call. */
void enricher_destroy(struct enricher *enricher);

/* result is lent for the call; keep it by looked_up_keep(). */
typedef void (*enricher_done)(struct looked_up *result, void *arg);

/* Starts, or boards, the look-up for an event. False when there is nothing to wait for: then
 * *failed is a failure (the caller's reference) where there should have been something, or NULL
 * where events of this type have no look-up, or this one is `deleted`. Else done is called once,
 * from the loop. */
bool enricher_look_up(struct enricher *enricher, const struct event *event, enricher_done done,
    void *arg, struct looked_up **failed);

/* The name and pick that the look-up of a type has; false when there is none. */
bool enricher_names(
    const struct enricher *enricher, const char *type, const char **name, const char **pick);

/* Goes on with another configuration where all its look-ups are the same; false, and nothing is
 * done, where they differ. */
bool enricher_adopt(struct enricher *enricher, const struct config *config);

/* Nobody waits for a look-up. */
bool enricher_is_idle(const struct enricher *enricher);

/* The last refusal of the key (401, 403), NULL when the last look-up was not refused. */
const char *enricher_fault(const struct enricher *enricher);

#endif
