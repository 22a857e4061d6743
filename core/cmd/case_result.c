#include "cmd/case_result.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/printout.h"
#include "cmd/rehearsal.h"
#include "cmd/setup.h"
#include "event/event.h"
#include "event/value.h"
#include "flow/story.h"
#include "message/message.h"
#include "rule/cases.h"
#include "rule/ruleset.h"

static void add_why(json_t *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_why(json_t *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = text_vformat(format, args);
    va_end(args);
    json_array_append_new(why, value_of_text(text));
}

/* Takes why over. */
static void add_fault(json_t *faults, const char *sink, const char *fault, json_t *why)
{
    json_array_append_new(faults,
        json_pack("{s:o,s:s,s:o}", "sink", value_of_text(sink), "fault", fault, "why", why));
}

static const struct rehearsed *find_delivery(const struct rehearsal *rehearsal, const char *sink)
{
    for (size_t i = 0; i < rehearsal->decision.target_count; i++)
        if (strcmp(rehearsal->deliveries[i].target->sink, sink) == 0)
            return &rehearsal->deliveries[i];
    return NULL;
}

static bool is_expected(const struct rule_case *test, const char *sink)
{
    for (size_t i = 0; i < test->expected_count; i++)
        if (strcmp(test->expected[i].sink, sink) == 0)
            return true;
    return false;
}

static const struct rule_trace *find_trace(const struct decision *decision, const char *rule)
{
    for (size_t i = 0; i < decision->trace_count; i++)
        if (strcmp(decision->traces[i].rule, rule) == 0)
            return &decision->traces[i];
    return NULL;
}

/* Why a rule that could have sent did not. */
static void explain_silence(
    json_t *why, const struct rule_send *send, const struct decision *decision)
{
    const struct rule_trace *trace = find_trace(decision, send->rule);
    const struct rule_trace *last =
        decision->trace_count > 0 ? &decision->traces[decision->trace_count - 1] : NULL;

    if (strcmp(send->rule, "unmatched") == 0)
        add_why(why, "`unmatched` (%s:%zu) names it, but a rule matched", send->file, send->line);
    else if (trace && trace->because)
        add_why(why, "rule \"%s\" (%s:%zu) did not match: %s:%zu: %s", send->rule, trace->file,
            trace->line, trace->file, trace->because_line, trace->because);
    else if (!trace && last && last->stops)
        add_why(why, "rule \"%s\" (%s:%zu) was not tried: rule \"%s\" (%s:%zu) stops", send->rule,
            send->file, send->line, last->rule, last->file, last->line);
}

static json_t *why_missing(
    const char *sink, const struct decision *decision, const struct setup *setup)
{
    size_t count = ruleset_sends(setup->rules, NULL, 0);
    auto_free struct rule_send *sends = mem_alloc(count * sizeof *sends);
    json_t *why = json_array();

    ruleset_sends(setup->rules, sends, count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(sends[i].sink, sink) == 0)
            explain_silence(why, &sends[i], decision);
    if (json_array_size(why) == 0)
        add_why(why, "no rule sends to it");
    return why;
}

/* The line of the rule that sent; that of `unmatched` has no trace. */
static json_t *why_extra(const struct rule_target *target, const struct decision *decision)
{
    const struct rule_trace *trace = find_trace(decision, target->rule);
    json_t *why = json_array();

    if (!trace)
        add_why(why, "`%s` names it", target->rule);
    else if (trace->verdict == VERDICT_UNKNOWN)
        add_why(why,
            "rule \"%s\" (%s:%zu) sends: it cannot know, since the look-up failed: %s:%zu: %s",
            trace->rule, trace->file, trace->line, trace->file, trace->because_line,
            trace->because);
    else
        add_why(why, "rule \"%s\" (%s:%zu) sends to it", trace->rule, trace->file, trace->line);
    return why;
}

/* A block in YAML ends with a line feed that nobody means. */
static bool is_same_text(const char *expected, const char *came)
{
    size_t expected_len = strlen(expected), came_len = strlen(came);

    expected_len -= expected_len > 0 && expected[expected_len - 1] == '\n';
    came_len -= came_len > 0 && came[came_len - 1] == '\n';
    return expected_len == came_len && memcmp(expected, came, came_len) == 0;
}

static void check_words(
    json_t *faults, const struct expected *expected, const struct message *message)
{
    if (expected->title && !is_same_text(expected->title, message->title)) {
        json_t *why = json_array();
        add_why(why, "expected: %s", expected->title);
        add_why(why, "came:     %s", message->title);
        add_fault(faults, expected->sink, "title", why);
    }
    if (message->trouble) {
        json_t *why = json_array();
        add_why(why, "%s", message->trouble);
        add_fault(faults, expected->sink, "words", why);
    }
    if (expected->text && !is_same_text(expected->text, message->text) &&
        !is_same_text(expected->text, message->text_plain)) {
        json_t *why = json_array();
        add_why(why, "expected: %s", expected->text);
        add_why(why, "came:     %s", message->text);
        add_fault(faults, expected->sink, "text", why);
    }
}

static json_t *find_faults(
    const struct rule_case *test, const struct rehearsal *rehearsal, const struct setup *setup)
{
    const struct decision *decision = &rehearsal->decision;
    json_t *faults = json_array();

    for (size_t i = 0; i < test->expected_count; i++) {
        const struct expected *expected = &test->expected[i];
        const struct rehearsed *delivery = find_delivery(rehearsal, expected->sink);
        if (delivery)
            check_words(faults, expected, delivery->message);
        else
            add_fault(
                faults, expected->sink, "missing", why_missing(expected->sink, decision, setup));
    }
    for (size_t i = 0; i < decision->target_count; i++) {
        const struct rule_target *target = &decision->targets[i];
        if (!is_expected(test, target->sink))
            add_fault(faults, target->sink, "extra", why_extra(target, decision));
    }
    return faults;
}

/* Such an event never comes to the rules for real: its object is found, or it is not. */
static json_t *note_of(const struct story *story, const struct setup *setup)
{
    const char *pick, *name = case_object_name(setup->config, story->event->type, &pick);

    if (!name || story->looked_up || event_is_deleted(story->event))
        return json_null();
    auto_free char *note = text_format("nothing stands for what is looked up, so it is absent: "
                                       "write `%s` in the event, `with: FILE`, or `enriched: "
                                       "false`",
        name);
    return json_string(note);
}

json_t *case_result(
    const struct rule_case *test, const struct rehearsal *rehearsal, const struct setup *setup)
{
    auto_free char *at = text_format("%s:%zu", test->place.file, test->place.line);
    json_t *expected = json_array(), *came = json_array();
    json_t *faults = find_faults(test, rehearsal, setup);

    for (size_t i = 0; i < test->expected_count; i++)
        json_array_append_new(expected, value_of_text(test->expected[i].sink));
    for (size_t i = 0; i < rehearsal->decision.target_count; i++) {
        const struct rehearsed *delivery = &rehearsal->deliveries[i];
        json_array_append_new(
            came, json_pack("{s:o,s:o,s:o,s:o}", "sink", value_of_text(delivery->target->sink),
                      "rule", value_of_text(delivery->target->rule), "title",
                      value_of_text(delivery->message->title), "text",
                      value_of_text(delivery->message->text)));
    }
    return json_pack("{s:o,s:o,s:b,s:o,s:o,s:o,s:o}", "name", value_of_text(test->name), "at",
        value_of_text(at), "ok", json_array_size(faults) == 0, "expected", expected, "came", came,
        "faults", faults, "note", note_of(rehearsal->story, setup));
}

char *case_sinks_text(const json_t *sinks)
{
    const json_t *sink;
    struct buf text = {0};
    size_t i;

    json_array_foreach (sinks, i, sink) {
        const json_t *name = json_is_object(sink) ? json_object_get(sink, "sink") : sink;
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    }
    if (text.len == 0)
        buf_puts(&text, "nobody");
    return buf_take(&text);
}

char *case_fault_text(const json_t *fault)
{
    const char *sink = json_string_value(json_object_get(fault, "sink"));
    const char *what = json_string_value(json_object_get(fault, "fault"));

    if (strcmp(what, "missing") == 0)
        return text_format("%s hears nothing", sink);
    if (strcmp(what, "extra") == 0)
        return text_format("%s hears of it, and should not", sink);
    if (strcmp(what, "words") == 0)
        return text_format("%s: the rule's own words failed, and the default message went", sink);
    return text_format("%s: the %s is another", sink, what);
}

static void print_fault(const json_t *fault)
{
    auto_free char *text = case_fault_text(fault);
    const json_t *why;
    size_t i;

    printf("        %s\n", text);
    json_array_foreach (json_object_get(fault, "why"), i, why) {
        printf("            ");
        printout_text(why);
        putchar('\n');
    }
}

void case_result_print(const json_t *result)
{
    bool is_ok = json_is_true(json_object_get(result, "ok"));
    const json_t *fault;
    size_t i;

    printf(is_ok ? "ok      " : "FAILED  ");
    printout_text(json_object_get(result, "name"));
    putchar('\n');
    if (is_ok)
        return;
    auto_free char *expected = case_sinks_text(json_object_get(result, "expected"));
    auto_free char *came = case_sinks_text(json_object_get(result, "came"));
    printf("        ");
    printout_text(json_object_get(result, "at"));
    printf("\n        expected: %s\n        came:     %s\n", expected, came);
    json_array_foreach (json_object_get(result, "faults"), i, fault)
        print_fault(fault);
    if (json_is_string(json_object_get(result, "note"))) {
        printf("        ");
        printout_text(json_object_get(result, "note"));
        putchar('\n');
    }
}
