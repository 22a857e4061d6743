/* The rules as they are written, what each has matched, and what an event would come to by them, or
 * by others. */
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/parameter.h"
#include "admin/reading.h"
#include "admin/records.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "event/value.h"
#include "flow/tally.h"
#include "rule/rule.h"
#include "rule/ruleset.h"

static json_t *list_files(const struct admin_parts *parts)
{
    json_t *files = json_array();

    for (size_t i = 0; i < parts->rule_document_count; i++) {
        const struct yaml *document = parts->rule_documents[i];
        if (document)
            json_array_append_new(
                files, json_pack("{s:o,s:o}", "file", value_of_text(document->file), "text",
                           value_of_text(document->whole)));
    }
    return files;
}

static json_t *list_sends(const struct rule *rule)
{
    json_t *sends = json_array();

    for (size_t i = 0; i < rule->send_count; i++)
        json_array_append_new(sends, value_of_text(rule->sends[i].sink));
    return sends;
}

static json_t *list_rules(const struct admin_parts *parts)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < ruleset_count(parts->rules); i++) {
        const struct rule *rule = ruleset_rule(parts->rules, i);
        json_array_append_new(
            rules, json_pack("{s:o,s:o,s:I,s:o,s:b,s:I}", "name", value_of_text(rule->name), "file",
                       value_of_text(rule->file), "line", (json_int_t)rule->line, "send",
                       list_sends(rule), "stop", (int)rule->stop, "matches",
                       (json_int_t)tally_matches(parts->flow, rule->name)));
    }
    return rules;
}

void answer_rules(const struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    auto_json json_t *body =
        json_pack("{s:o,s:o,s:o,s:I}", "files", list_files(parts), "rules", list_rules(parts),
            "unmatched_send", list_sends(ruleset_rule(parts->rules, ruleset_count(parts->rules))),
            "unmatched", (json_int_t)tally_unmatched(parts->flow));
    auto_free char *text = json_dumps(body, JSON_COMPACT);

    admin_reply(call, 200, text);
}

/* A value as JSON text; a text stands for itself, as it was pasted. The caller frees it. */
static char *text_of(const json_t *value, size_t *len)
{
    char *text = json_is_string(value)
                     ? text_copy_n(json_string_value(value), json_string_length(value))
                     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    *len = strlen(text);
    return text;
}

static char *explain(
    const struct admin_parts *parts, const struct admin_explain *question, struct error *error)
{
    auto_json json_t *report = parts->explain(parts->arg, question, error);

    return report ? json_dumps(report, JSON_COMPACT) : NULL;
}

/* The question that waits for the event's record. */
struct explaining {
    struct admin_listener *admin;
    struct exchange *exchange;
    json_t *body;
};

static bool is_given(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);

    return value && !json_is_null(value);
}

/* record NULL: the event stands in the body. The caller frees the answer; NULL with the reason. */
static char *answer_question(
    const struct admin_parts *parts, const json_t *body, const json_t *record, struct error *error)
{
    struct admin_explain question = {
        .record = record,
        .hook = json_string_value(json_object_get(body, "hook")),
        .not_enriched = json_is_true(json_object_get(body, "not_enriched")),
    };
    auto_free char *event =
        record ? NULL : text_of(json_object_get(body, "event"), &question.event_len);
    auto_free char *object = is_given(body, "object")
                                 ? text_of(json_object_get(body, "object"), &question.object_len)
                                 : NULL;

    question.event = event;
    question.object = object;
    return explain(parts, &question, error);
}

static void reply(struct exchange *exchange, const char *text, const struct error *error)
{
    if (text)
        exchange_reply(exchange, 200, text);
    else
        exchange_refuse(exchange, 422, error_text(error));
}

static void on_record(const struct record_answer *answer, const char *failure, void *arg)
{
    struct explaining *explaining = arg;
    auto_error struct error error = {0};

    if (answer && answer->status == 200) {
        auto_json json_t *record = json_loads(answer->text, 0, NULL);
        auto_free char *text =
            answer_question(&explaining->admin->parts, explaining->body, record, &error);
        reply(explaining->exchange, text, &error);
    } else if (answer) {
        exchange_reply(explaining->exchange, answer->status, answer->text);
    } else if (failure) {
        exchange_refuse(explaining->exchange, 503, failure);
    } else {
        exchange_destroy(explaining->exchange);
    }
    json_decref(explaining->body);
    free(explaining);
}

static void explain_recorded(const struct admin_call *call, const char *id)
{
    struct explaining *explaining = mem_alloc(sizeof *explaining);
    auto_buf struct buf uri = {0};
    auto_free char *segment = evhttp_uriencode(id, -1, 0);

    buf_printf(&uri, "/api/v1/events/%s", segment ? segment : "");
    explaining->admin = call->admin;
    explaining->body = json_incref(call->body);
    explaining->exchange = exchange_begin(call->admin->server, call->request);
    readings_ask(call->admin->readings, buf_text(&uri), on_record, explaining);
}

static bool check_names(const json_t *body, const char *const *names, struct error *error)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)body, name, value) {
        const char *const *known = names;
        while (*known && strcmp(*known, name) != 0)
            known++;
        if (!*known)
            return error_set(error, "unknown parameter \"%.80s\"", name);
    }
    return true;
}

static bool check_explain(const json_t *body, struct error *error)
{
    static const char *const names[] = {"event", "id", "hook", "object", "not_enriched", NULL};

    if (!check_names(body, names, error))
        return false;
    if (is_given(body, "event") == is_given(body, "id"))
        return error_set(error, "give an \"event\", or the \"id\" of one");
    if (is_given(body, "id") && !json_is_string(json_object_get(body, "id")))
        return error_set(error, "\"id\" must be a text");
    if (is_given(body, "id") && is_given(body, "hook"))
        return error_set(error, "an event of the ledger came by a hook already");
    if (is_given(body, "object") && json_is_true(json_object_get(body, "not_enriched")))
        return error_set(error, "\"object\" and \"not_enriched\" exclude each other");
    return true;
}

void answer_explain(const struct admin_call *call)
{
    auto_error struct error error = {0};

    if (!check_explain(call->body, &error)) {
        admin_refuse(call, 400, error_text(&error));
        return;
    }
    if (is_given(call->body, "id")) {
        explain_recorded(call, json_string_value(json_object_get(call->body, "id")));
        return;
    }
    auto_free char *text = answer_question(&call->admin->parts, call->body, NULL, &error);
    if (text)
        admin_reply(call, 200, text);
    else
        admin_refuse(call, 422, error_text(&error));
}

static void on_compared(const json_t *report, const char *refusal, void *arg)
{
    struct exchange *exchange = arg;
    auto_free char *text = report ? json_dumps(report, JSON_COMPACT) : NULL;

    if (text)
        exchange_reply(exchange, 200, text);
    else if (refusal)
        exchange_refuse(exchange, 422, refusal);
    else
        exchange_destroy(exchange);
}

void answer_what_if(const struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    const struct parameter_context context = {admin_ledger_id(call->admin), clock_wall_ms()};
    struct admin_what_if what_if = {.since = "24h", .done = on_compared};
    int64_t since_ms = 0;
    const struct parameter table[] = {
        {"rules", PARAMETER_TEXT, &what_if.rules}, {"since", PARAMETER_MOMENT, &since_ms}};
    auto_error struct error error = {0};

    if (!parameters_read(call->body, table, 2, &context, &error)) {
        admin_refuse(call, 400, error_text(&error));
        return;
    }
    if (!what_if.rules) {
        admin_refuse(call, 400, "give the new \"rules\", as a rules file has them");
        return;
    }
    if (since_ms)
        what_if.since = json_string_value(json_object_get(call->body, "since"));
    struct exchange *exchange = exchange_begin(call->admin->server, call->request);
    what_if.done_arg = exchange;
    if (!parts->what_if(parts->arg, &what_if, &error))
        exchange_refuse(exchange, 503, error_text(&error));
}
