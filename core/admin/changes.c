/* What operators change in the ledger: send again, give up, route again. */
#include <stdlib.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/id.h"
#include "admin/parameter.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/line.h"
#include "flow/operator.h"
#include "store/journal.h"

enum {
    longest_reason = 300,
};

/* A change that is under way. */
struct change {
    struct exchange *exchange;
    char *ledger; /* the answer may come when the listener is gone */
    bool dry_run;
    bool of_events;         /* else of deliveries */
    struct id_list *events; /* of a replay by ids: each has an answer, in this order */
};

static void set_id(
    json_t *object, const char *key, const char *ledger, enum id_kind kind, store_id number)
{
    if (!number)
        return;
    auto_free char *id = id_format(ledger, kind, number);
    json_object_set_new(object, key, json_string(id));
}

/* An event that is not in the ledger is answered without its number. */
static store_id event_number(
    const struct change *change, const struct flow_changes *changes, size_t i)
{
    bool is_known = changes->items[i].event || !change->events || i >= change->events->count;

    return is_known ? changes->items[i].event : change->events->items[i];
}

static json_t *report_item(
    const struct change *change, const struct flow_changes *changes, size_t i)
{
    const struct store_change *item = &changes->items[i];
    json_t *object = json_object();

    if (change->of_events) {
        set_id(object, "id", change->ledger, ID_EVENT, event_number(change, changes, i));
    } else {
        set_id(object, "id", change->ledger, ID_DELIVERY, item->delivery);
        set_id(object, "event", change->ledger, ID_EVENT, item->event);
    }
    if (!change->dry_run)
        set_id(object, "became", change->ledger, ID_DELIVERY, item->became);
    if (item->sink)
        json_object_set_new(object, "sink", json_string(item->sink));
    if (item->refused)
        json_object_set_new(object, "refused", json_string(item->refused));
    return object;
}

static json_t *report_changes(const struct change *change, const struct flow_changes *changes)
{
    json_t *items = json_array();

    for (size_t i = 0; i < changes->item_count; i++)
        json_array_append_new(items, report_item(change, changes, i));
    return json_pack("{s:b,s:I,s:I,s:o}", "dry_run", (int)change->dry_run, "changed",
        (json_int_t)changes->changed, "refused", (json_int_t)changes->refused,
        change->of_events ? "events" : "deliveries", items);
}

static void on_changed(const struct error *error, const struct flow_changes *changes, void *arg)
{
    static const struct flow_changes none = {0};
    struct change *change = arg;
    auto_json json_t *body = report_changes(change, changes ? changes : &none);

    if (error->text)
        json_object_set_new(body, "error", json_string(error_text(error)));
    auto_free char *text = json_dumps(body, JSON_COMPACT);
    exchange_reply(change->exchange, error->text ? 503 : 200, text);
    free(change->events);
    free(change->ledger);
    free(change);
}

static struct change *change_begin(const struct admin_call *call, bool of_events, bool dry_run)
{
    struct change *change = mem_alloc(sizeof *change);

    change->exchange = exchange_begin(call->admin->server, call->request);
    change->ledger = text_copy(admin_ledger_id(call->admin));
    change->of_events = of_events;
    change->dry_run = dry_run;
    return change;
}

/* Which ones are meant, by id or by what they have in common. */
struct selection {
    struct id_list ids;
    const char *sink, *hook, *type;
    int64_t since_ms, until_ms;
};

static bool selection_check(const struct selection *selection, struct error *error)
{
    bool has_filter = selection->sink || selection->hook || selection->type ||
                      selection->since_ms || selection->until_ms;

    if (selection->ids.count && has_filter)
        return error_set(error, "name ids, or what they have in common, not both");
    if (!selection->ids.count && !selection->sink && !selection->since_ms)
        return error_set(error, "this would mean everything: name ids, a sink or a time since");
    if (selection->until_ms && selection->until_ms < selection->since_ms)
        return error_set(error, "\"until\" lies before \"since\"");
    return true;
}

static struct store_pick selection_pick(const struct selection *selection)
{
    return (struct store_pick){
        .ids = selection->ids.items,
        .id_count = selection->ids.count,
        .sink = selection->sink,
        .since_ms = selection->since_ms,
        .until_ms = selection->until_ms,
    };
}

/* False when the call was refused. */
static bool read_selection(const struct admin_call *call, const struct parameter *table,
    size_t count, const struct selection *selection)
{
    const struct parameter_context context = {admin_ledger_id(call->admin), clock_wall_ms()};
    auto_error struct error error = {0};

    if (parameters_read(call->body, table, count, &context, &error) &&
        selection_check(selection, &error))
        return true;
    admin_refuse(call, 400, error_text(&error));
    return false;
}

void answer_retry(const struct admin_call *call)
{
    struct selection selection = {0};
    struct store_retry retry = {0};
    const struct parameter table[] = {
        {"ids", PARAMETER_DELIVERIES, &selection.ids},
        {"sink", PARAMETER_TEXT, &selection.sink},
        {"since", PARAMETER_MOMENT, &selection.since_ms},
        {"until", PARAMETER_MOMENT, &selection.until_ms},
        {"to", PARAMETER_TEXT, &retry.to},
        {"dry_run", PARAMETER_BOOL, &retry.dry_run},
    };

    if (!read_selection(call, table, sizeof table / sizeof *table, &selection))
        return;
    if (retry.to && !admin_find_sink(call->admin, retry.to)) {
        admin_refuse_sink(call, 400, retry.to);
        return;
    }
    retry.pick = selection_pick(&selection);
    flow_retry(
        call->admin->parts.flow, &retry, on_changed, change_begin(call, false, retry.dry_run));
}

/* The short form: the same with the one id of the path. */
void answer_retry_one(const struct admin_call *call)
{
    if (json_object_get(call->body, "ids")) {
        admin_refuse(call, 400, "the path names the delivery already");
        return;
    }
    json_object_set_new(call->body, "ids", json_pack("[s]", call->name));
    answer_retry(call);
}

void answer_skip(const struct admin_call *call)
{
    struct selection selection = {0};
    struct store_finish finish = {.result = STORE_SKIPPED, .reason = ""};
    const struct parameter table[] = {
        {"ids", PARAMETER_DELIVERIES, &selection.ids},
        {"sink", PARAMETER_TEXT, &selection.sink},
        {"since", PARAMETER_MOMENT, &selection.since_ms},
        {"until", PARAMETER_MOMENT, &selection.until_ms},
        {"reason", PARAMETER_TEXT, &finish.reason},
        {"dry_run", PARAMETER_BOOL, &finish.dry_run},
    };

    if (!read_selection(call, table, sizeof table / sizeof *table, &selection))
        return;
    auto_free char *words = one_line_copy(finish.reason, longest_reason);
    if (!*words) {
        admin_refuse(call, 400, "say why: a \"reason\" is kept with what is skipped");
        return;
    }
    auto_free char *reason = text_format("skipped by an operator: %s", words);
    finish.reason = reason;
    finish.pick = selection_pick(&selection);
    flow_skip(
        call->admin->parts.flow, &finish, on_changed, change_begin(call, false, finish.dry_run));
}

void answer_replay(const struct admin_call *call)
{
    struct selection selection = {0};
    struct store_replays replays = {0};
    bool missing = false;
    const struct parameter table[] = {
        {"ids", PARAMETER_EVENTS, &selection.ids},
        {"since", PARAMETER_MOMENT, &selection.since_ms},
        {"until", PARAMETER_MOMENT, &selection.until_ms},
        {"hook", PARAMETER_TEXT, &selection.hook},
        {"type", PARAMETER_TEXT, &selection.type},
        {"missing", PARAMETER_BOOL, &missing},
        {"dry_run", PARAMETER_BOOL, &replays.dry_run},
    };

    if (!read_selection(call, table, sizeof table / sizeof *table, &selection))
        return;
    replays.events = selection.ids.items;
    replays.count = selection.ids.count;
    replays.since_ms = selection.since_ms;
    replays.until_ms = selection.until_ms;
    replays.hook = selection.hook;
    replays.type = selection.type;
    replays.how = missing ? STORE_REPLAY_MISSING : STORE_REPLAY;
    struct change *change = change_begin(call, true, replays.dry_run);
    change->events = mem_copy(&selection.ids, sizeof selection.ids);
    flow_replay(call->admin->parts.flow, &replays, on_changed, change);
}
