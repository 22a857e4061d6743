#include "../cmocka_setup.h"

#include "told.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Text, a comma, text...; NULL is told apart from "". */
static const char *show(const char *text)
{
    return text ? text : "NULL";
}

static long long num(int64_t number)
{
    return number;
}

#define TELL(told, ...) buf_printf(&(told)->text, __VA_ARGS__)

/* Begins an answer; false when it is an error. */
static bool begin(struct told *told, const char *call, const struct error *error)
{
    told->ledger->open_calls--;
    TELL(told, "%s: %s\n", call, error->text ? error->text : "done");
    return !error->text;
}

static void keep_claim(struct told *told, store_id delivery, store_id claim)
{
    if (claim && told->claim_count < TOLD_CLAIMS)
        told->claims[told->claim_count++] = (struct store_hold){delivery, claim};
}

static struct journal *ask(struct told *told)
{
    told->ledger->open_calls++;
    return told->ledger->journal;
}

static void on_accepted(const struct error *error, const struct store_accepted *accepted, void *arg)
{
    if (begin(arg, "accept", error))
        TELL((struct told *)arg, "  event %lld, duplicate %d\n", num(accepted->event),
            accepted->duplicate);
}

void told_accept(struct told *told, const struct store_accept *accept)
{
    struct journal *journal = ask(told);

    journal->ops->accept(journal, accept, on_accepted, told);
}

static void on_events(
    const struct error *error, const struct store_event *events, size_t count, void *arg)
{
    begin(arg, "next_events", error);
    for (size_t i = 0; i < count; i++)
        TELL((struct told *)arg,
            "  event %lld, %s %s %s %s, at %lld, body %.*s, %d losses, replay %d\n",
            num(events[i].event), events[i].hook, events[i].type, events[i].action,
            events[i].thread, num(events[i].at_ms), (int)events[i].body_len,
            (const char *)events[i].body, events[i].losses, events[i].replay);
}

void told_next_events(struct told *told, size_t max, size_t bytes)
{
    struct journal *journal = ask(told);

    journal->ops->next_events(journal, max, bytes, on_events, told);
}

static void on_routed(const struct error *error, const struct store_routed *routed, size_t count,
    const store_id *objects, size_t object_count, void *arg)
{
    begin(arg, "route", error);
    for (size_t i = 0; i < count; i++) {
        TELL((struct told *)arg, "  delivery %lld, claim %lld, state %d, receipt %s\n",
            num(routed[i].delivery), num(routed[i].claim), routed[i].state,
            show(routed[i].first_receipt));
        keep_claim(arg, routed[i].delivery, routed[i].claim);
    }
    for (size_t i = 0; i < object_count; i++)
        TELL((struct told *)arg, "  object %lld\n", num(objects[i]));
}

void told_route(struct told *told, const struct store_route *route)
{
    struct journal *journal = ask(told);

    journal->ops->route(journal, route, on_routed, told);
}

static void on_claimed(const struct error *error, const struct store_claimed *claimed, size_t count,
    const struct store_rest *rest, void *arg)
{
    begin(arg, "claim", error);
    for (size_t i = 0; i < count; i++) {
        const struct store_claimed *head = &claimed[i];
        TELL((struct told *)arg,
            "  delivery %lld of event %lld, claim %lld, thread %s, rule %s, level %d, attempt %d,"
            " losses %d, doubt %d, moved %d, resume %s, receipt %s, created %lld\n",
            num(head->delivery), num(head->event), num(head->claim), head->thread, head->rule,
            head->level, head->attempt, head->losses, head->in_doubt, head->moved,
            show(head->resume), show(head->first_receipt), num(head->created_ms));
        keep_claim(arg, head->delivery, head->claim);
    }
    TELL((struct told *)arg, "  more %d, held back %d, next due %lld\n", rest->more,
        rest->is_held_back, num(rest->next_due_ms));
}

void told_claim(struct told *told, const char *sink, size_t max, int64_t now_ms)
{
    struct journal *journal = ask(told);

    journal->ops->claim(journal, sink, max, now_ms, on_claimed, told);
}

static void on_settled(const struct error *error, enum store_settled settled, void *arg)
{
    begin(arg, "settle", error);
    TELL((struct told *)arg, "  settled %d\n", settled);
}

void told_settle(struct told *told, const struct store_settle *settle)
{
    struct journal *journal = ask(told);

    journal->ops->settle(journal, settle, on_settled, told);
}

static void on_done(const struct error *error, void *arg)
{
    begin(arg, "done", error);
}

void told_release(struct told *told, const struct store_hold *holds, size_t count)
{
    struct journal *journal = ask(told);

    journal->ops->release(journal, holds, count, on_done, told);
}

static void tell_loaded(struct told *told, const struct store_loaded *loaded)
{
    TELL(told, "  event %lld, %s %s %s %s, at %lld, body %.*s\n", num(loaded->event), loaded->hook,
        loaded->type, loaded->action, loaded->thread, num(loaded->at_ms), (int)loaded->body_len,
        (const char *)loaded->body);
    for (size_t i = 0; i < loaded->object_count; i++)
        TELL(told, "  object %s, %s, %.*s\n", loaded->objects[i].name, loaded->objects[i].status,
            loaded->objects[i].bytes ? (int)loaded->objects[i].len : 4,
            show(loaded->objects[i].bytes));
}

static void on_loaded(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    if (begin(arg, "load", error))
        tell_loaded(arg, loaded);
}

void told_load(struct told *told, store_id event)
{
    struct journal *journal = ask(told);

    journal->ops->load(journal, event, on_loaded, told);
}

/* How many steps it took is no matter. */
static void on_pruned(const struct error *error, bool more, void *arg)
{
    struct told *told = arg;

    assert_null(error->text);
    told->ledger->open_calls--;
    told->more = more;
}

void told_prune(struct told *told, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms)
{
    do {
        struct journal *journal = ask(told);
        journal->ops->prune(journal, now_ms, keep_ms, keep_dead_ms, on_pruned, told);
        ledger_run(told->ledger);
    } while (told->more);
}

static void on_changed(const struct error *error, const struct store_changes *changes, void *arg)
{
    struct told *told = arg;

    if (!begin(told, "changes", error))
        return;
    for (size_t i = 0; i < changes->count; i++) {
        const struct store_change *change = &changes->items[i];
        TELL(told, "  delivery %lld of event %lld became %lld, sink %s, promoted %s, refused %s\n",
            num(change->delivery), num(change->event), num(change->became), show(change->sink),
            show(change->promoted), show(change->refused));
    }
    TELL(told, "  last %lld, more %d, busy %d, next due %lld\n", num(changes->last), changes->more,
        changes->is_busy, num(changes->next_due_ms));
}

void told_retry(struct told *told, const struct store_retry *retry)
{
    struct journal *journal = ask(told);

    journal->ops->retry(journal, retry, on_changed, told);
}

void told_finish(struct told *told, const struct store_finish *finish)
{
    struct journal *journal = ask(told);

    journal->ops->finish(journal, finish, on_changed, told);
}

void told_move(struct told *told, const struct store_move *move)
{
    struct journal *journal = ask(told);

    journal->ops->move(journal, move, on_changed, told);
}

void told_replay(struct told *told, const struct store_replays *replays)
{
    struct journal *journal = ask(told);

    journal->ops->replay(journal, replays, on_changed, told);
}

void told_note_put(struct told *told, const char *key, const char *value)
{
    struct journal *journal = ask(told);

    journal->ops->note_put(journal, key, value, on_done, told);
}

static void on_notes(
    const struct error *error, const struct store_note *notes, size_t count, void *arg)
{
    begin(arg, "notes", error);
    for (size_t i = 0; i < count; i++)
        TELL((struct told *)arg, "  %s = %s\n", notes[i].key, notes[i].value);
}

void told_note_list(struct told *told, const char *prefix)
{
    struct journal *journal = ask(told);

    journal->ops->note_list(journal, prefix, on_notes, told);
}

void told_mark_read(struct told *told, const struct store_mark_read *read)
{
    struct journal *journal = ask(told);

    journal->ops->mark_read(journal, read, on_done, told);
}

static void on_oldest(const char *sink, int64_t created_ms, void *arg)
{
    TELL((struct told *)arg, "  oldest at %s: %lld\n", sink, num(created_ms));
}

void told_health(struct told *told, const char *const *sinks)
{
    struct store_health health = ledger_health(told->ledger);
    struct archive_counts counts;

    assert_true(told->archive->ops->counts(told->archive, &counts, NULL));
    TELL(told,
        "health: writable %d, unrouted %lld, waiting %lld, dead %lld, delivered %lld, skipped %lld,"
        " events %lld, buried %lld\n",
        health.writable, num(health.unrouted), num(health.waiting), num(health.dead),
        num(health.delivered), num(health.skipped), num(health.events), num(health.buried));
    TELL(told, "counts: %lld %lld %lld %lld %lld %lld\n", num(counts.events), num(counts.unrouted),
        num(counts.waiting), num(counts.dead), num(counts.delivered), num(counts.skipped));
    assert_true(told->archive->ops->oldest(told->archive, on_oldest, told, NULL));
    for (; *sinks; sinks++)
        TELL(told, "  queue %s: %lld\n", *sinks, num(queue_length(told->ledger, *sinks)));
}

static void on_event(const struct archive_event *event, void *arg)
{
    TELL((struct told *)arg,
        "  event %lld, %s %s %s %s, at %lld, %lld duplicates, routed %d, %lld deliveries: %lld "
        "wait, %lld delivered, %lld dead, %lld skipped; body %.*s, %zu objects\n",
        num(event->event), event->hook, event->type, event->action, event->thread,
        num(event->at_ms), num(event->duplicates), event->is_routed, num(event->deliveries),
        num(event->fates[ARCHIVE_IS_WAITING]), num(event->fates[ARCHIVE_IS_DELIVERED]),
        num(event->fates[ARCHIVE_IS_DEAD]), num(event->fates[ARCHIVE_IS_SKIPPED]),
        (int)event->loaded->body_len, (const char *)event->loaded->body,
        event->loaded->object_count);
}

void told_find_events(struct told *told, const struct archive_events *filter)
{
    struct archive_cursor cursor;

    TELL(told, "find_events\n");
    assert_true(
        told->archive->ops->find_events(told->archive, filter, on_event, told, &cursor, NULL));
    TELL(told, "  before %lld, more %d\n", num(cursor.before), cursor.more);
}

static void on_delivery(const struct archive_delivery *delivery, void *arg)
{
    TELL((struct told *)arg,
        "  delivery %lld of event %lld, state %d, %s %s %s, level %d, attempts %d, losses %d,"
        " doubt %d, moved %d, created %lld, due %lld, finished %lld, status %d, reason %s\n",
        num(delivery->delivery), num(delivery->event), delivery->state, delivery->sink,
        delivery->thread, delivery->rule, delivery->level, delivery->attempts, delivery->losses,
        delivery->in_doubt, delivery->moved, num(delivery->created_ms), num(delivery->due_ms),
        num(delivery->finished_ms), delivery->status, show(delivery->reason));
}

void told_find_deliveries(struct told *told, const struct archive_deliveries *filter)
{
    struct archive_cursor cursor;

    TELL(told, "find_deliveries\n");
    assert_true(told->archive->ops->find_deliveries(
        told->archive, filter, on_delivery, told, &cursor, NULL));
    TELL(told, "  before %lld, more %d\n", num(cursor.before), cursor.more);
}

static void on_notification(const struct archive_notification *notification, void *arg)
{
    TELL((struct told *)arg,
        "  notification %lld of delivery %lld, event %lld, at %lld, %s, read %d: %s\n",
        num(notification->number), num(notification->delivery), num(notification->event),
        num(notification->at_ms), notification->sink, notification->is_read,
        notification->document);
}

void told_find_notifications(struct told *told, const struct archive_notifications *filter)
{
    struct archive_cursor cursor;
    int64_t unread;

    TELL(told, "find_notifications\n");
    assert_true(told->archive->ops->find_notifications(
        told->archive, filter, on_notification, told, &cursor, &unread, NULL));
    TELL(told, "  before %lld, more %d, unread %lld\n", num(cursor.before), cursor.more,
        num(unread));
}

void told_get_event(struct told *told, store_id event)
{
    char *words = told->archive->ops->get_event(told->archive, event, NULL);
    json_t *story = words ? json_loads(words, 0, NULL) : NULL;
    char *sorted = story ? json_dumps(story, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;

    assert_int_equal(words != NULL, sorted != NULL);
    TELL(told, "get_event\n%s\n", show(sorted));
    free(words);
    free(sorted);
    json_decref(story);
}

static void on_recorded(const struct archive_recorded *recorded, void *arg)
{
    struct told *told = arg;

    tell_loaded(told, recorded->loaded);
    TELL(told, "  routed %d, trace %s, to", recorded->is_routed, show(recorded->trace));
    for (size_t i = 0; i < recorded->delivery_count; i++)
        TELL(told, " %s by %s", recorded->sinks[i], recorded->rules[i]);
    TELL(told, "\n");
}

void told_scan(struct told *told, const struct archive_scan *filter)
{
    store_id last;
    bool more;

    TELL(told, "scan\n");
    assert_true(
        told->archive->ops->scan(told->archive, filter, on_recorded, told, &last, &more, NULL));
    TELL(told, "  last %lld, more %d\n", num(last), more);
}
