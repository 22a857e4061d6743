#include "cmd/recorded.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "cmd/posted.h"
#include "cmd/printout.h"
#include "cmd/rehearsal.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/story.h"
#include "rule/cases.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* There is one object at most, as there is one look-up. */
static struct looked_up *recorded_object(
    const json_t *record, const struct config *config, const char *type)
{
    const json_t *first = json_array_get(json_object_get(record, "objects"), 0);
    const json_t *bytes = json_object_get(first, "object");
    const char *pick;

    if (!first)
        return NULL;
    auto_free char *text = json_is_null(bytes) ? NULL : json_dumps(bytes, JSON_ENCODE_ANY);
    case_object_name(config, type, &pick);
    return looked_up_create(
        text_of(first, "name"), text_of(first, "status"), text, text ? strlen(text) : 0, pick);
}

struct story *recorded_story(const json_t *record, const struct config *config, struct error *error)
{
    auto_free char *body = json_dumps(json_object_get(record, "body"), JSON_ENCODE_ANY);
    auto_buf struct buf bytes = {0};
    int64_t at_ms;

    if (!body || !timestamp_parse(text_of(record, "accepted"), &at_ms)) {
        error_set(error, "what is recorded of the event cannot be read");
        return NULL;
    }
    buf_puts(&bytes, body);
    struct story *story =
        posted_story(&bytes, "what is recorded", config, text_of(record, "hook"), at_ms, error);
    if (!story)
        return NULL;
    free(story->id);
    story->id = text_copy(text_of(record, "id"));
    story->looked_up = recorded_object(record, config, story->event->type);
    return story;
}

/* The trace of the last decision: a replay's, where there was one. */
static const json_t *last_trace(const json_t *record, bool *is_replay)
{
    const json_t *trace = json_object_get(record, "trace"), *later;
    size_t i;

    *is_replay = false;
    json_array_foreach (json_object_get(record, "later"), i, later) {
        if (!json_is_array(json_object_get(later, "trace")))
            continue;
        trace = json_object_get(later, "trace");
        *is_replay = true;
    }
    return trace;
}

/* The verdicts of all rules that are tried today. */
static json_t *todays_trace(const struct rehearsal *rehearsal)
{
    auto_buf struct buf trace = {0};

    decision_trace_json(&rehearsal->decision, SIZE_MAX, &trace);
    return json_loadb(buf_text(&trace), trace.len, 0, NULL);
}

static void add(json_t *differences, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(json_t *differences, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = text_vformat(format, args);
    va_end(args);
    json_array_append_new(differences, json_string(text));
}

static const json_t *find(const json_t *list, const char *key, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (strcmp(text_of(item, key), name) == 0)
            return item;
    }
    return NULL;
}

/* What became of a rule, as far as it counts. */
static const char *outcome(const json_t *step)
{
    const char *verdict = text_of(step, "verdict");

    if (strcmp(verdict, "unknown") == 0)
        return json_is_true(json_object_get(step, "sends")) ? "unknown, and sent"
                                                            : "unknown, and skipped";
    if (strcmp(verdict, "yes") == 0)
        return json_is_true(json_object_get(step, "stops")) ? "matched, and stopped" : "matched";
    return "no";
}

static void compare_step(json_t *differences, const json_t *then, const json_t *today)
{
    const char *name = text_of(then, "rule");
    const json_t *reason_then = json_object_get(then, "because");
    const json_t *reason_today = json_object_get(today, "because");

    if (strcmp(outcome(then), outcome(today)) != 0)
        add(differences, "rule \"%s\": %s then, %s today", name, outcome(then), outcome(today));
    else if (strcmp(text_of(then, "at"), text_of(today, "at")) != 0)
        add(differences, "rule \"%s\" stood at %s then, and stands at %s today", name,
            text_of(then, "at"), text_of(today, "at"));
    else if (!json_equal(reason_then, reason_today) && (reason_then || reason_today))
        add(differences, "rule \"%s\" had another reason then: %s: %s", name,
            text_of(reason_then, "at"), text_of(reason_then, "text"));
}

/* Whether the steps that both have come in the same order. */
static bool is_in_order(const json_t *then, const json_t *today)
{
    size_t i, at = 0, count = json_array_size(today);
    const json_t *step;

    json_array_foreach (then, i, step) {
        const char *name = text_of(step, "rule");
        if (!find(today, "rule", name))
            continue;
        while (at < count && strcmp(text_of(json_array_get(today, at), "rule"), name) != 0)
            at++;
        if (at == count)
            return false;
    }
    return true;
}

/* The daemon leaves out, and counts, rules that did not send: of those nothing is known but that.
 */
static bool is_partial(const json_t *trace)
{
    const json_t *step;
    size_t i;

    json_array_foreach (trace, i, step) {
        if (json_object_get(step, "left_out"))
            return true;
    }
    return false;
}

static void compare_with_today(json_t *differences, const json_t *then, const json_t *today)
{
    const json_t *step;
    size_t i;

    json_array_foreach (then, i, step) {
        const char *name = text_of(step, "rule");
        const json_t *other = *name ? find(today, "rule", name) : NULL;
        if (json_is_string(json_object_get(step, "error")))
            add(differences, "no rule was asked then: %s", text_of(step, "error"));
        else if (other)
            compare_step(differences, step, other);
        else if (*name)
            add(differences, "rule \"%s\" was tried then (%s), and is not today", name,
                outcome(step));
    }
}

static void compare_traces(json_t *differences, const json_t *then, const json_t *today)
{
    bool may_be_left_out = is_partial(then);
    const json_t *step;
    size_t i;

    compare_with_today(differences, then, today);
    json_array_foreach (today, i, step) {
        const char *name = text_of(step, "rule");
        bool sends = json_is_true(json_object_get(step, "sends"));
        if (!find(then, "rule", name) && (sends || !may_be_left_out))
            add(differences, "rule \"%s\" was not tried then, and is today (%s)", name,
                outcome(step));
    }
    if (json_array_size(differences) == 0 && !is_in_order(then, today))
        add(differences, "the rules stood in another order");
}

static const struct rule_target *find_target(const struct decision *decision, const char *sink)
{
    for (size_t i = 0; i < decision->target_count; i++)
        if (strcmp(decision->targets[i].sink, sink) == 0)
            return &decision->targets[i];
    return NULL;
}

static void compare_deliveries(
    json_t *differences, const json_t *deliveries, const struct decision *decision)
{
    const json_t *delivery;
    size_t i;

    json_array_foreach (deliveries, i, delivery) {
        const char *sink = text_of(delivery, "sink"), *rule = text_of(delivery, "rule");
        const struct rule_target *target = find_target(decision, sink);
        if (!target)
            add(differences, "%s was told then (by \"%s\"), and would not be today", sink, rule);
        else if (strcmp(target->rule, rule) != 0)
            add(differences, "%s was told by \"%s\" then, and would be by \"%s\" today", sink, rule,
                target->rule);
    }
    for (i = 0; i < decision->target_count; i++)
        if (!find(deliveries, "sink", decision->targets[i].sink))
            add(differences, "%s was not told then, and would be today (by \"%s\")",
                decision->targets[i].sink, decision->targets[i].rule);
}

json_t *recorded_compare(const json_t *record, const struct rehearsal *rehearsal)
{
    auto_json json_t *today = todays_trace(rehearsal);
    json_t *differences = json_array();
    bool is_replay;
    const json_t *then = last_trace(record, &is_replay);
    bool is_decided = json_is_array(then);

    if (is_decided)
        compare_traces(differences, then, today);
    if (is_decided && !is_replay) /* a replay may leave out who was told before */
        compare_deliveries(
            differences, json_object_get(record, "deliveries"), &rehearsal->decision);
    return json_pack("{s:b,s:b,s:o}", "decided", is_decided, "same",
        is_decided && json_array_size(differences) == 0, "differences", differences);
}

void recorded_print(const json_t *comparison)
{
    const json_t *difference;
    size_t i;

    if (!json_is_true(json_object_get(comparison, "decided"))) {
        puts("\nwhat the daemon decided is not recorded (yet)");
        return;
    }
    if (json_is_true(json_object_get(comparison, "same"))) {
        puts("\nthe daemon decided the same");
        return;
    }
    puts("\nthe daemon decided by other rules than today's:");
    json_array_foreach (json_object_get(comparison, "differences"), i, difference) {
        printf("   ");
        printout_text(difference);
        putchar('\n');
    }
}
