/* An event with all that is known of it: what was posted, what was looked up, and what rules and
 * messages see. Shared by the attempts that tell it; the bytes never change, so that a worker's
 * thread may read them. References are counted on the loop's thread only. */
#ifndef TOCSIN_FLOW_STORY_H
#define TOCSIN_FLOW_STORY_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct dispatch;
struct enricher;
struct error;
struct event;
struct looked_up;
struct message;
struct phrasebook;
struct sink;
struct store_loaded;
struct view;

/* Whether the log has the lines of its way: it has all of them, or none (chronicle.c). */
enum story_told {
    STORY_UNASKED,
    STORY_TOLD,
    STORY_UNTOLD,
};

struct story {
    int references;
    int64_t number; /* the ledger's */
    char *id;       /* as people see it: "3f9a1c-e17" */
    char *hook;
    int64_t at_ms; /* when it was accepted */
    char *body;
    size_t body_len;
    struct event *event;
    struct looked_up *looked_up; /* NULL where nothing was asked */
    struct view *view;           /* NULL until story_see() */
    enum story_told told;
};

/* Takes event over, copies the body. id is "" until the event has one. One reference, the caller's.
 */
struct story *story_create(
    struct event *event, const char *hook, const void *body, size_t body_len, int64_t at_ms);

/* From the ledger; NULL with the reason when the body is no event any more. The enricher knows
 * where in the answer the object is. */
struct story *story_load(
    const struct store_loaded *loaded, const struct enricher *enricher, struct error *error);

/* What was looked up for it when it was routed first; it must have none yet. */
void story_take_objects(
    struct story *story, const struct store_loaded *loaded, const struct enricher *enricher);

struct story *story_keep(struct story *story);
void story_release(struct story *story);

/* Gives it its number and the id people see. */
void story_set_number(struct story *story, const char *ledger_id, int64_t number);

/* Makes the view, once. */
void story_see(struct story *story, const struct config *config);

/* The message that a sink is given, as the rules of today word it; a story that was seen. phrases
 * NULL, a rule "", and tocsin's own alarms: the default message. The caller destroys it. */
struct message *story_word(struct story *story, const struct phrasebook *phrases, const char *rule,
    const struct sink *sink, int64_t now_ms);

/* What a sink is given of it, worded likewise: all but what belongs to the delivery (its id, rule,
 * attempt and marks beside TOCSIN_NOT_ENRICHED). It keeps the story. */
struct dispatch story_dispatch(struct story *story, const struct phrasebook *phrases,
    const char *rule, const struct sink *sink);

/* The event and its objects as one JSON text: {"id", "hook", "type", "action", "body", "objects":
 * {...}}. From any thread; the caller frees it. */
char *story_json(const void *source);

#endif
