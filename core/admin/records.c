#include "admin/records.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "admin/headline.h"
#include "admin/id.h"
#include "admin/inbox.h"
#include "admin/parameter.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/timestamp.h"
#include "event/value.h"
#include "store/archive.h"

#define OLDEST_METRIC "tocsin_queue_oldest_seconds"

enum {
    default_limit = 100,
    most_limit = 1000,
};

/* A list in the making. */
struct listing {
    const char *ledger;
    json_t *items;
};

static void set_id(
    json_t *object, const char *key, const char *ledger, enum id_kind kind, int64_t number)
{
    auto_free char *id = id_format(ledger, kind, number);

    json_object_set_new(object, key, json_string(id));
}

static json_t *moment(int64_t ms)
{
    char text[TIMESTAMP_SIZE];

    if (ms == 0)
        return json_null();
    timestamp_format(ms, text);
    return json_string(text);
}

/* In the API's words. */
static const char *const fates[] = {[ARCHIVE_IS_UNROUTED] = "unrouted",
    [ARCHIVE_IS_FOR_NOBODY] = "nobody",
    [ARCHIVE_IS_WAITING] = "waiting",
    [ARCHIVE_IS_DELIVERED] = "delivered",
    [ARCHIVE_IS_DEAD] = "dead",
    [ARCHIVE_IS_SKIPPED] = "skipped"};

static void add_event(const struct archive_event *event, void *arg)
{
    const struct listing *listing = arg;
    json_t *object = json_object();

    set_id(object, "id", listing->ledger, ID_EVENT, event->event);
    json_object_set_new(object, "accepted", moment(event->at_ms));
    json_object_set_new(object, "hook", value_of_text(event->hook));
    json_object_set_new(object, "type", value_of_text(event->type));
    json_object_set_new(object, "action", value_of_text(event->action));
    json_object_set_new(object, "thread", value_of_text(event->thread));
    json_object_set_new(object, "duplicates", json_integer(event->duplicates));
    json_object_set_new(object, "state", json_string(event->is_routed ? "routed" : "unrouted"));
    json_object_set_new(object, "deliveries", json_integer(event->deliveries));
    json_object_set_new(object, "title", headline_json(event->loaded));
    for (int fate = ARCHIVE_IS_WAITING; fate <= ARCHIVE_IS_SKIPPED; fate++)
        json_object_set_new(object, fates[fate], json_integer(event->fates[fate]));
    json_array_append_new(listing->items, object);
}

static const char *state_name(enum store_state state)
{
    switch (state) {
    case STORE_FINISHED:
        return "dead";
    case STORE_CLAIMED:
        return "claimed";
    case STORE_BEHIND:
    case STORE_READY:
        break;
    }
    return "waiting";
}

static void add_delivery(const struct archive_delivery *delivery, void *arg)
{
    const struct listing *listing = arg;
    json_t *object = json_object();

    set_id(object, "id", listing->ledger, ID_DELIVERY, delivery->delivery);
    set_id(object, "event", listing->ledger, ID_EVENT, delivery->event);
    json_object_set_new(object, "sink", value_of_text(delivery->sink));
    json_object_set_new(object, "rule", value_of_text(delivery->rule));
    json_object_set_new(object, "thread", value_of_text(delivery->thread));
    json_object_set_new(object, "state", json_string(state_name(delivery->state)));
    json_object_set_new(object, "level", json_integer(delivery->level));
    json_object_set_new(object, "attempts", json_integer(delivery->attempts));
    json_object_set_new(object, "losses", json_integer(delivery->losses));
    json_object_set_new(object, "in_doubt", json_boolean(delivery->in_doubt));
    json_object_set_new(object, "moved", json_boolean(delivery->moved));
    json_object_set_new(object, "created", moment(delivery->created_ms));
    json_object_set_new(object, "due", moment(delivery->due_ms));
    json_object_set_new(object, "finished", moment(delivery->finished_ms));
    json_object_set_new(object, "status", json_integer(delivery->status));
    json_object_set_new(object, "reason", value_of_text(delivery->reason));
    json_array_append_new(listing->items, object);
}

static struct record_answer refuse(int status, const char *reason)
{
    auto_json json_t *body = json_object();

    json_object_set_new(body, "error", value_of_text(reason));
    return (struct record_answer){status, json_dumps(body, JSON_COMPACT)};
}

/* Adds to body, which may hold more. */
static struct record_answer finish_listing(const struct listing *listing, json_t *body,
    const char *name, enum id_kind kind, const struct archive_cursor *cursor)
{
    json_object_set(body, name, listing->items);
    if (cursor->more)
        set_id(body, "before", listing->ledger, kind, cursor->before);
    else
        json_object_set_new(body, "before", json_null());
    json_object_set_new(body, "more", json_boolean(cursor->more));
    return (struct record_answer){200, json_dumps(body, JSON_COMPACT)};
}

static bool check_bounds(size_t limit, int64_t since_ms, int64_t until_ms, struct error *error)
{
    if (limit > most_limit)
        return error_set(error, "\"limit\" must be at most %d", most_limit);
    if (until_ms && until_ms < since_ms)
        return error_set(error, "\"until\" lies before \"since\"");
    return true;
}

static bool read_fate(const char *word, enum archive_fate *fate, struct error *error)
{
    if (!word)
        return true;
    for (int i = ARCHIVE_IS_UNROUTED; i <= ARCHIVE_IS_SKIPPED; i++) {
        if (strcmp(word, fates[i]) == 0) {
            *fate = (enum archive_fate)i;
            return true;
        }
    }
    return error_set(
        error, "\"state\" must be unrouted, nobody, waiting, delivered, dead or skipped");
}

static bool read_events_filter(const json_t *query, struct archive_events *filter,
    const struct parameter_context *context, struct error *error)
{
    const char *state = NULL;
    const struct parameter table[] = {
        {"since", PARAMETER_MOMENT, &filter->since_ms},
        {"until", PARAMETER_MOMENT, &filter->until_ms},
        {"hook", PARAMETER_TEXT, &filter->hook},
        {"type", PARAMETER_TEXT, &filter->type},
        {"action", PARAMETER_TEXT, &filter->action},
        {"thread", PARAMETER_TEXT, &filter->thread},
        {"sink", PARAMETER_TEXT, &filter->sink},
        {"rule", PARAMETER_TEXT, &filter->rule},
        {"state", PARAMETER_TEXT, &state},
        {"q", PARAMETER_TEXT, &filter->text},
        {"before", PARAMETER_EVENT, &filter->before},
        {"limit", PARAMETER_COUNT, &filter->limit},
    };

    return parameters_read(query, table, sizeof table / sizeof *table, context, error) &&
           read_fate(state, &filter->fate, error) &&
           check_bounds(filter->limit, filter->since_ms, filter->until_ms, error);
}

static struct record_answer list_events(struct archive *archive, const json_t *query,
    const struct parameter_context *context, struct error *error)
{
    struct archive_events filter = {.limit = default_limit};
    auto_json json_t *items = json_array(), *body = json_object();
    struct listing listing = {context->ledger, items};
    struct archive_cursor cursor = {0};

    if (!read_events_filter(query, &filter, context, error))
        return refuse(400, error_text(error));
    if (!archive->ops->find_events(archive, &filter, add_event, &listing, &cursor, error))
        return refuse(503, error_text(error));
    return finish_listing(&listing, body, "events", ID_EVENT, &cursor);
}

static bool read_deliveries_filter(const json_t *query, struct archive_deliveries *filter,
    const struct parameter_context *context, struct error *error)
{
    const char *state = NULL;
    const struct parameter table[] = {
        {"state", PARAMETER_TEXT, &state},
        {"sink", PARAMETER_TEXT, &filter->sink},
        {"since", PARAMETER_MOMENT, &filter->since_ms},
        {"until", PARAMETER_MOMENT, &filter->until_ms},
        {"before", PARAMETER_DELIVERY, &filter->before},
        {"limit", PARAMETER_COUNT, &filter->limit},
    };

    if (!parameters_read(query, table, sizeof table / sizeof *table, context, error) ||
        !check_bounds(filter->limit, filter->since_ms, filter->until_ms, error))
        return false;
    if (state && strcmp(state, "dead") == 0)
        filter->state = ARCHIVE_DEAD;
    else if (state && strcmp(state, "waiting") == 0)
        filter->state = ARCHIVE_WAITING;
    else if (state)
        return error_set(error, "\"state\" must be dead or waiting");
    return true;
}

static struct record_answer list_deliveries(struct archive *archive, const json_t *query,
    const struct parameter_context *context, struct error *error)
{
    struct archive_deliveries filter = {.state = ARCHIVE_BOTH, .limit = default_limit};
    auto_json json_t *items = json_array(), *body = json_object();
    struct listing listing = {context->ledger, items};
    struct archive_cursor cursor = {0};

    if (!read_deliveries_filter(query, &filter, context, error))
        return refuse(400, error_text(error));
    if (!archive->ops->find_deliveries(archive, &filter, add_delivery, &listing, &cursor, error))
        return refuse(503, error_text(error));
    return finish_listing(&listing, body, "deliveries", ID_DELIVERY, &cursor);
}

static void add_notification(const struct archive_notification *notification, void *arg)
{
    const struct listing *listing = arg;
    json_t *object = json_object();

    set_id(object, "id", listing->ledger, ID_NOTIFICATION, notification->number);
    set_id(object, "event", listing->ledger, ID_EVENT, notification->event);
    set_id(object, "delivery", listing->ledger, ID_DELIVERY, notification->delivery);
    json_object_set_new(object, "kept", moment(notification->at_ms));
    json_object_set_new(object, "sink", value_of_text(notification->sink));
    json_object_set_new(object, "read", json_boolean(notification->is_read));
    json_object_set_new(object, "message", json_loads(notification->document, 0, NULL));
    json_array_append_new(listing->items, object);
}

static bool read_notifications_filter(const json_t *query, struct archive_notifications *filter,
    const struct parameter_context *context, struct error *error)
{
    const char *state = NULL;
    const struct parameter table[] = {
        {"reader", PARAMETER_TEXT, &filter->reader},
        {"sink", PARAMETER_TEXT, &filter->sink},
        {"state", PARAMETER_TEXT, &state},
        {"before", PARAMETER_NOTIFICATION, &filter->before},
        {"limit", PARAMETER_COUNT, &filter->limit},
    };

    if (!parameters_read(query, table, sizeof table / sizeof *table, context, error) ||
        !check_bounds(filter->limit, 0, 0, error) || !inbox_check_reader(filter->reader, error))
        return false;
    filter->only_unread = state && strcmp(state, "unread") == 0;
    return !state || filter->only_unread || error_set(error, "\"state\" can only be unread");
}

static struct record_answer list_inbox(struct archive *archive, const json_t *query,
    const struct parameter_context *context, struct error *error)
{
    struct archive_notifications filter = {.reader = INBOX_EVERYONE, .limit = default_limit};
    auto_json json_t *items = json_array(), *body = json_object();
    struct listing listing = {context->ledger, items};
    struct archive_cursor cursor = {0};
    int64_t unread = 0;

    if (!read_notifications_filter(query, &filter, context, error))
        return refuse(400, error_text(error));
    if (!archive->ops->find_notifications(
            archive, &filter, add_notification, &listing, &cursor, &unread, error))
        return refuse(503, error_text(error));
    json_object_set_new(body, "reader", value_of_text(filter.reader));
    json_object_set_new(body, "unread", json_integer(unread));
    return finish_listing(&listing, body, "notifications", ID_NOTIFICATION, &cursor);
}

static void set_delivery_ids(json_t *holder, const char *ledger)
{
    json_t *delivery;
    size_t i;

    json_array_foreach (json_object_get(holder, "deliveries"), i, delivery)
        set_id(delivery, "id", ledger, ID_DELIVERY,
            json_integer_value(json_object_get(delivery, "delivery")));
}

/* The archive's story, with ids as people see them. */
static struct record_answer tell_event(struct archive *archive, const char *id,
    const struct parameter_context *context, struct error *error)
{
    json_t *later;
    int64_t number;
    size_t i;

    if (!id_parse(id, context->ledger, ID_EVENT, &number, error))
        return refuse(404, error_text(error));
    auto_free char *story = archive->ops->get_event(archive, number, error);
    if (!story)
        return refuse(404, error_text(error));
    auto_json json_t *report = json_loads(story, 0, NULL);
    set_id(report, "id", context->ledger, ID_EVENT, number);
    set_delivery_ids(report, context->ledger);
    json_array_foreach (json_object_get(report, "later"), i, later)
        set_delivery_ids(later, context->ledger);
    return (struct record_answer){200, json_dumps(report, JSON_COMPACT)};
}

static struct record_answer tell_counts(
    struct archive *archive, const char *ledger, struct error *error)
{
    struct archive_counts counts;

    if (!archive->ops->counts(archive, &counts, error))
        return refuse(503, error_text(error));
    auto_json json_t *body = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "ledger", ledger, "events",
        (json_int_t)counts.events, "unrouted", (json_int_t)counts.unrouted, "waiting",
        (json_int_t)counts.waiting, "delivered", (json_int_t)counts.delivered, "dead",
        (json_int_t)counts.dead, "skipped", (json_int_t)counts.skipped);
    return (struct record_answer){200, json_dumps(body, JSON_COMPACT)};
}

/* For the samples of the oldest delivery at each sink. */
struct ages {
    struct buf text;
    int64_t now_ms;
};

static void add_age(const char *sink, int64_t created_ms, void *arg)
{
    struct ages *ages = arg;
    int64_t age_ms = ages->now_ms - created_ms;

    metrics_sample(
        &ages->text, OLDEST_METRIC, "sink", sink, age_ms > 0 ? (double)age_ms / 1000 : 0);
}

static struct record_answer tell_ages(struct archive *archive, int64_t now_ms, struct error *error)
{
    struct ages ages = {.now_ms = now_ms};

    metrics_head(&ages.text, OLDEST_METRIC,
        "How long the oldest delivery has waited; none where the queue is empty.", "gauge");
    if (archive->ops->oldest(archive, add_age, &ages, error))
        return (struct record_answer){200, buf_take(&ages.text)};
    buf_finish(&ages.text);
    return refuse(503, error_text(error));
}

struct record_answer records_answer(struct archive *archive, const char *uri, int64_t now_ms)
{
    static const char events[] = "/api/v1/events";
    const struct parameter_context context = {archive->ops->ledger_id(archive), now_ms};
    auto_free char *path = text_copy_n(uri, strcspn(uri, "?#"));
    auto_json json_t *query = parameters_of_query(uri);
    auto_error struct error error = {0};

    if (!query)
        return refuse(400, "what stands after the ? is no query");
    if (strcmp(path, events) == 0)
        return list_events(archive, query, &context, &error);
    if (strcmp(path, "/api/v1/deliveries") == 0)
        return list_deliveries(archive, query, &context, &error);
    if (strcmp(path, "/metrics") == 0)
        return tell_ages(archive, now_ms, &error);
    if (strcmp(path, "/api/v1/inbox") == 0)
        return list_inbox(archive, query, &context, &error);
    if (strcmp(path, "/api/v1/status") == 0)
        return tell_counts(archive, context.ledger, &error);
    if (strncmp(path, events, sizeof events - 1) == 0 && path[sizeof events - 1] == '/')
        return tell_event(archive, path + sizeof events, &context, &error);
    return refuse(404, "the ledger is not asked this way");
}
