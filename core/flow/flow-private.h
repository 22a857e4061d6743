/* The flow from the inside: what its files share. */
#ifndef TOCSIN_FLOW_FLOW_PRIVATE_H
#define TOCSIN_FLOW_FLOW_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/log.h"
#include "flow/flow.h"
#include "store/journal.h"

struct alarms;
struct backlog;
struct buf;
struct claim;
struct config;
struct decision;
struct drill;
struct event;
struct fallbacks;
struct held;
struct loadings;
struct log_quota;
struct outlet;
struct passages;
struct recollections;
struct shelf;
struct ruleset;
struct silences;
struct story;
struct turn;

enum {
    FLOW_AGAIN_MS = 1000, /* the pause before the ledger is asked again for what it refused */
};

struct flow {
    struct flow_parts parts;
    struct logger logger;
    struct log_quota *told; /* events whose lines the log has */
    struct passages *passages;
    struct backlog *backlog;
    struct outlet **outlets; /* one for each name that a sink had in this process */
    size_t outlet_count;
    struct shelf *shelf;
    struct loadings *loadings;
    struct turn *turn;
    struct alarms *alarms;
    struct silences *silences;
    struct fallbacks *fallbacks;
    struct held *held;
    struct recollections *recollections;
    struct event *notes_again; /* reads the notes again */
    int64_t behind_since_ms;   /* monotonic; 0: deliveries do not wait for tocsin */
    bool is_open;              /* the notes of an earlier life are read: sinks may be served */
    bool was_open;             /* it is not the first time */
    bool is_stopping;
    uint64_t given_up;                /* by patterns of rules, since the start */
    uint64_t misworded;               /* messages of which a template failed */
    size_t calls;                     /* to the ledger, not answered yet */
    LIST_HEAD(, delivery) deliveries; /* being attempted, or their outcome recorded */
};

/* In flow.c. */

/* The outlet of a sink's name; NULL when the configuration has no such sink. */
struct outlet *flow_find_outlet(struct flow *flow, const char *sink);

/* A sink may have something new to do. NULL, or one that is not configured, is nobody. */
void flow_wake(struct flow *flow, const char *sink);

/* Takes an event (over) that is kept under a dedupe key for so long; NULL: it is no duplicate of
 * anything. */
void flow_accept_event(struct flow *flow, const char *hook, struct event *event, const void *body,
    size_t len, const char *dedupe, int64_t dedupe_ms, flow_accepted done, void *arg);

/* In reload.c. */

/* An outlet for each configured sink, and each outlet with the sink that its name has now. */
void outlets_match(struct flow *flow);

/* In chronicle.c: the lines that an event leaves in the log. */

struct log_quota *chronicle_open(struct flow *flow);

/* Whether the lines of a way that goes well are written for this event. */
bool chronicle_wants(struct flow *flow, struct story *story);

void chronicle_accepted(struct flow *flow, struct story *story, bool duplicate);
void chronicle_looked_up(struct flow *flow, struct story *story);
void chronicle_decided(struct flow *flow, struct story *story, const struct decision *decision);

/* In note.c: small facts that outlive the process (store_note). */

/* Reads them all, restores what they say, and opens the flow. */
void notes_read(struct flow *flow);

/* value NULL removes it. Takes key over. */
void note_put(struct flow *flow, char *key, const char *value);

/* In passage.c: from accepted to routed. */

struct passages *passages_create(struct flow *flow);
void passages_destroy(struct passages *passages);

/* A decision by those rules is on its way to the ledger. */
bool passages_use(const struct passages *passages, const struct ruleset *rules);

/* True when there is room for another event in memory and none waits in the ledger before it: then
 * it may be claimed as it is accepted. */
bool passages_have_room(const struct passages *passages);

/* True when a page of those that wait in the ledger may be taken up. */
bool passages_may_fetch(const struct passages *passages);

/* How an event goes its way: 0, or some of these. */
enum passage_manner {
    PASSAGE_CAREFUL = 1, /* it was lost before: what follows waits for it */
    PASSAGE_REPLAY = 2,  /* from what was looked up for it then */
};

/* Takes a claimed event (and its reference) on its way: look-up, decision, deliveries. */
void passage_begin(struct passages *passages, struct story *story, unsigned manner);

/* In backlog.c: events that wait in the ledger for a router. */

struct backlog *backlog_create(struct flow *flow);
void backlog_destroy(struct backlog *backlog);

/* An event was left in the ledger: it is fetched when there is room. */
void backlog_note(struct backlog *backlog);

/* There may be room. */
void backlog_fetch(struct backlog *backlog);

/* As far as is known. */
bool backlog_is_empty(const struct backlog *backlog);

/* In decide.c. */

/* Who hears of the event, and the trace that is kept of why: appended to trace as JSON. */
void flow_decide(
    const struct flow *flow, struct story *story, struct decision *decision, struct buf *trace);

/* In shelf.c: stories that are kept ready in memory. */

struct shelf *shelf_create(void);
void shelf_destroy(struct shelf *shelf);

/* So many deliveries of the story wait, and will want it. */
void shelf_put(struct shelf *shelf, struct story *story, size_t wanted, int64_t now_ms);

/* It was read for one sink, and others may come to it in the next moments. */
void shelf_lend(struct shelf *shelf, struct story *story, int64_t now_ms);

/* For one of them; the reference is the caller's. NULL where it is not there. */
struct story *shelf_take(struct shelf *shelf, int64_t number);

/* In loading.c: events that are read for claimed deliveries. */

struct loadings *loadings_create(struct flow *flow);
void loadings_destroy(struct loadings *loadings);

/* Takes the claim over: its outlet begins, or cannot, when the event was read. */
void loadings_add(struct loadings *loadings, struct claim *claim);

/* In outlet.c: from routed to settled. */

/* The queue of a sink's name. It stays when the sink leaves the configuration, and sends nothing
 * until there is a sink of that name again. */
struct outlet *outlet_create(struct flow *flow, const char *name);
void outlet_destroy(struct outlet *outlet);

/* From now on its deliveries go there; what is under way stays with the sink it has. NULL: nowhere.
 */
void outlet_set_sink(struct outlet *outlet, struct sink *sink);

const char *outlet_name(const struct outlet *outlet);

/* True when a delivery may be claimed as it is decided: a place is kept for it, until
 * outlet_begin() or outlet_give_place_back(). */
bool outlet_keep_place(struct outlet *outlet);
void outlet_give_place_back(struct outlet *outlet);

/* Attempts a claimed delivery for which a place was kept, or gives the claim back when nothing may
 * be sent any more. */
void outlet_begin(struct outlet *outlet, const struct store_claimed *claimed, struct story *story);

/* The claimed delivery's event could not be read; it is given back and tried again. */
void outlet_cannot_begin(
    struct outlet *outlet, const struct store_claimed *claimed, const char *reason);

/* A head may be due: ask the ledger for as many as may go. */
void outlet_wake(struct outlet *outlet);

/* Does what may be done now: begins what is ready and claims more, or gives back what may not begin
 * any more. */
void outlet_go_on(struct outlet *outlet);

/* While it is held an outlet sends nothing. */
void outlet_hold(struct outlet *outlet, bool is_held);

/* Deliveries wait that could go out if tocsin came to it. */
bool outlet_is_behind(const struct outlet *outlet, int64_t now_ms);

/* NULL while the configuration has none of that name. */
struct sink *outlet_sink(const struct outlet *outlet);

bool outlet_is_idle(const struct outlet *outlet);

/* False while there are as many drills as there may be. */
bool outlet_takes_drills(const struct outlet *outlet);

/* Takes the drill over: it goes out at the next free place, before what is ready, or is refused.
 * outlet_end_drill() must be called when it is done with. */
void outlet_begin_drill(struct outlet *outlet, struct drill *drill);
void outlet_end_drill(struct outlet *outlet);

/* In turn.c: what goes out and what comes in. */

struct turn *turn_create(struct flow *flow);
void turn_destroy(struct turn *turn);

/* False while the hooks must be heard first; outlet_go_on() is called for all when they were. */
bool turn_is_ours(struct turn *turn);

/* In pause.c. */

/* What notes "pause/..." say. */
void pause_restore(struct flow *flow, const char *sink, const char *value);

/* In alarm.c: tocsin's own troubles, as events that go to `alarms:`. */

#define ALARM_HOOK "tocsin" /* the hook of such events; no configured one has its name */

struct alarm {
    const char *cause;  /* "sink/soc-teams": told once an hour */
    const char *action; /* "sink-unusable" */
    const char *sink;   /* that it is about, and that is not told; NULL where it is about none */
    const char *title, *text;
    int64_t window_ms; /* 0: an hour */
};

struct alarms *alarms_create(void);
void alarms_destroy(struct alarms *alarms);
void alarm_raise(struct flow *flow, const struct alarm *alarm);

/* The sinks that hear of an alarm. */
void alarm_decide(
    const struct config *config, const struct story *story, struct decision *decision);

/* Looks at what the last attempt, or look-up, has shown, and raises what has to be. */
void alarm_about_sink(struct flow *flow, struct outlet *outlet, bool *is_told);
void alarm_about_dead(struct flow *flow, const char *sink, const char *delivery, const char *why);
void alarm_about_notice(struct flow *flow, const char *sink, const char *notice);
void alarm_about_key(struct flow *flow);
void alarm_about_lost(struct flow *flow);

/* In silence.c: hooks that should be heard of. */

struct silences *silences_create(struct flow *flow);
void silences_destroy(struct silences *silences);
void silences_open(struct silences *silences);

/* Those of another configuration take over what these know of the hooks that both have, and these
 * go. */
void silences_succeed(struct silences *successors, struct silences *silences);

void silence_heard(struct silences *silences, const char *hook);
void silence_restore(struct silences *silences, const char *hook, const char *value);

/* In fallback.c: another sink takes over what has waited too long. */

struct fallbacks *fallbacks_create(struct flow *flow);
void fallbacks_destroy(struct fallbacks *fallbacks);
void fallbacks_open(struct fallbacks *fallbacks);

/* Looks which sinks have one now. */
void fallbacks_match(struct fallbacks *fallbacks);

/* An attempt of the outlet is over: what it was about may be moved now. */
void fallbacks_note_over(struct fallbacks *fallbacks, const struct outlet *outlet);

/* In held.c: sinks that left the configuration, and those that came back. */

struct held *held_create(struct flow *flow);
void held_destroy(struct held *held);

/* A note says that this sink was away. Where it is configured again, what waited is gone through,
 * once. */
void held_restore(struct held *held, const char *sink);

/* Looks which sinks are away now. */
void held_open(struct held *held);

#endif
