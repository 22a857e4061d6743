#include "admin/report.h"

#include <jansson.h>

#include "admin/listener.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "enrich/enricher.h"
#include "sink/plugin.h"
#include "sink/sink.h"
#include "store/journal.h"

static char *take_text(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);

    json_decref(value);
    return text ? text : text_copy("{}");
}

static const char *ledger_id(struct journal *journal)
{
    return journal->ops->ledger_id(journal);
}

static struct store_health get_health(const struct admin_parts *parts)
{
    struct store_health health;

    parts->journal->ops->health(parts->journal, &health);
    return health;
}

char *report_ready(const struct admin_parts *parts, bool *is_ready)
{
    struct store_health health = get_health(parts);
    const char *fault = enricher_fault(parts->enricher);
    json_t *report = json_object();

    *is_ready = health.writable && !health.is_full;
    json_object_set_new(report, "ready", json_boolean(*is_ready));
    if (!health.writable)
        json_object_set_new(report, "why", json_pack("[s]", health.why));
    else if (health.is_full)
        json_object_set_new(report, "why",
            json_pack("[s]", "the ledger is full: what is unfinished alone takes its max_size"));
    if (fault)
        json_object_set_new(report, "degraded", json_pack("[s]", fault));
    return take_text(report);
}

static json_t *report_sink(const struct sink *sink)
{
    return json_pack("{s:s,s:s,s:s,s:s*,s:I}", "name", sink->name, "plugin",
        sink->plugin->descriptor.name, "state", sink->gate.is_shut ? "shut" : "open", "why",
        sink->gate.why, "in_flight", (json_int_t)sink->in_flight);
}

char *report_status(const struct admin_parts *parts)
{
    struct store_health health = get_health(parts);
    json_t *sinks = json_array();

    for (size_t i = 0; i < parts->sink_count; i++)
        json_array_append_new(sinks, report_sink(parts->sinks[i]));
    return take_text(
        json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "ledger", ledger_id(parts->journal),
            "events", (json_int_t)health.events, "unrouted", (json_int_t)health.unrouted, "waiting",
            (json_int_t)health.waiting, "delivered", (json_int_t)health.delivered, "dead",
            (json_int_t)health.dead, "skipped", (json_int_t)health.skipped, "sinks", sinks));
}

static void set_id(json_t *object, const char *ledger, char kind, const char *number_key)
{
    json_int_t number = json_integer_value(json_object_get(object, number_key));
    auto_free char *id = text_format("%s-%c%" JSON_INTEGER_FORMAT, ledger, kind, number);

    json_object_set_new(object, "id", json_string(id));
}

char *report_event(const char *story, struct journal *journal)
{
    json_t *report = json_loads(story, 0, NULL), *delivery, *later;
    size_t i, j;

    if (!report)
        return text_copy("{}");
    set_id(report, ledger_id(journal), 'e', "event");
    json_array_foreach (json_object_get(report, "deliveries"), i, delivery)
        set_id(delivery, ledger_id(journal), 'd', "delivery");
    json_array_foreach (json_object_get(report, "later"), j, later)
        json_array_foreach (json_object_get(later, "deliveries"), i, delivery)
            set_id(delivery, ledger_id(journal), 'd', "delivery");
    return take_text(report);
}
