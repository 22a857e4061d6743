#include "rule/ruleset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "event/view.h"
#include "rule/compilation.h"
#include "rule/index.h"
#include "rule/partial.h"
#include "rule/pattern.h"
#include "rule/rule.h"
#include "rule/shadow.h"
#include "rule/subject.h"
#include "rule/trace.h"
#include "rule/words.h"

enum {
    longest_because = 200, /* bytes */
};

struct ruleset {
    char **sinks; /* owned copies of the known names */
    size_t sink_count;
    struct rule *rules;
    size_t count;
    struct index *index;
    struct patterns *patterns;
    struct rule unmatched; /* its sends alone count; without a name while no file has it */
    struct rule_partials partials;
};

static const char *const top_keys[] = {"rules", "unmatched", "partials", "tests", NULL};

static struct place place_of(const struct rule *rule)
{
    return (struct place){.file = rule->file, .line = rule->line, .column = 1};
}

static void check_unique(
    const struct ruleset *rules, const struct yaml *node, struct compilation *compilation)
{
    const struct rule *last = &rules->rules[rules->count - 1];
    const struct yaml *name = yaml_get(node, "name");

    for (const struct rule *rule = rules->rules; last->name && rule < last; rule++) {
        if (!rule->name || strcmp(rule->name, last->name) != 0)
            continue;
        struct place first = place_of(rule);
        problem_add(compilation->problems, name->place,
            "\"%s\" is the name of another rule, at %s:%zu", last->name, first.file, first.line);
        return;
    }
}

static void read_rules(
    struct ruleset *rules, const struct yaml *list, struct compilation *compilation)
{
    if (list->kind != YAML_LIST) {
        auto_free char *shown = yaml_show(list);
        if (!list->is_faulty)
            problem_add(
                compilation->problems, list->place, "`rules` is a list of rules, not %s", shown);
        return;
    }
    rules->rules = mem_resize(rules->rules, (rules->count + list->count) * sizeof *rules->rules);
    for (size_t i = 0; i < list->count; i++) {
        struct rule *rule = &rules->rules[rules->count++];
        *rule = (struct rule){0};
        rule_read(compilation, list->items[i], rule);
        check_unique(rules, list->items[i], compilation);
    }
}

static void read_unmatched(
    struct ruleset *rules, const struct yaml_entry *entry, struct compilation *compilation)
{
    struct rule *unmatched = &rules->unmatched;

    if (unmatched->name) {
        problem_add(compilation->problems, entry->key->place,
            "`unmatched` stands already at %s:%zu", unmatched->file, unmatched->line);
        return;
    }
    unmatched->name = text_copy("unmatched");
    unmatched->file = text_copy(entry->key->place.file ? entry->key->place.file : "");
    unmatched->line = entry->key->place.line;
    rule_read_sends(compilation, entry->value, unmatched);
}

/* Keys that begin with x- are a place for anchors. */
static void read_top_key(
    struct ruleset *rules, const struct yaml_entry *entry, struct compilation *compilation)
{
    const struct words words = {"key", top_keys};

    if (strncmp(entry->key->text, "x-", 2) == 0)
        return;
    if (!words_check(&words, entry->key, compilation->problems))
        return;
    if (strcmp(entry->key->text, "rules") == 0)
        read_rules(rules, entry->value, compilation);
    else if (strcmp(entry->key->text, "partials") == 0)
        rule_partials_read(&rules->partials, entry->value, compilation->problems);
    else if (strcmp(entry->key->text, "unmatched") == 0)
        read_unmatched(rules, entry, compilation); /* tests are read by rule/cases.c */
}

static void read_document(
    struct ruleset *rules, const struct yaml *document, struct compilation *compilation)
{
    if (document->kind != YAML_MAP) {
        auto_free char *shown = yaml_show(document);
        if (!document->is_faulty)
            problem_add(compilation->problems, document->place,
                "a rules file is a map with `rules`, not %s", shown);
        return;
    }
    for (size_t i = 0; i < document->count; i++)
        read_top_key(rules, &document->entries[i], compilation);
}

static void copy_sinks(struct ruleset *rules, const char *const *sinks, size_t count)
{
    rules->sinks = mem_alloc(count * sizeof *rules->sinks);
    rules->sink_count = count;
    for (size_t i = 0; i < count; i++)
        rules->sinks[i] = text_copy(sinks[i]);
}

struct ruleset *ruleset_read(const struct yaml *const *documents, size_t document_count,
    const char *const *known_sinks, size_t sink_count, struct problems *problems)
{
    struct ruleset *rules = mem_alloc(sizeof *rules);

    copy_sinks(rules, known_sinks, sink_count);
    rules->patterns = patterns_create();
    struct compilation compilation = {.problems = problems,
        .sinks = rules->sinks,
        .sink_count = sink_count,
        .patterns = rules->patterns};
    for (size_t i = 0; i < document_count; i++)
        if (documents[i])
            read_document(rules, documents[i], &compilation);
    if (problems->error_count > 0)
        return rules;
    for (size_t i = 0; i < rules->count; i++)
        rules->rules[i].trace_head = trace_head(&rules->rules[i]);
    rules->index = index_create(rules->rules, rules->count);
    return rules;
}

struct ruleset *ruleset_compile(const struct yaml *const *documents, size_t document_count,
    const char *const *known_sinks, size_t sink_count, struct problems *problems)
{
    struct ruleset *rules =
        ruleset_read(documents, document_count, known_sinks, sink_count, problems);

    if (problems->error_count == 0)
        return rules;
    ruleset_destroy(rules);
    return NULL;
}

void ruleset_destroy(struct ruleset *rules)
{
    if (!rules)
        return;
    index_destroy(rules->index);
    for (size_t i = 0; i < rules->count; i++)
        rule_finish(&rules->rules[i]);
    free(rules->rules);
    rule_finish(&rules->unmatched);
    patterns_destroy(rules->patterns);
    rule_partials_finish(&rules->partials);
    for (size_t i = 0; i < rules->sink_count; i++)
        free(rules->sinks[i]);
    free(rules->sinks);
    free(rules);
}

size_t ruleset_count(const struct ruleset *rules)
{
    return rules->count;
}

const struct rule *ruleset_rule(const struct ruleset *rules, size_t index)
{
    assert(index <= rules->count);
    return index < rules->count ? &rules->rules[index] : &rules->unmatched;
}

const struct rule_partials *ruleset_partials(const struct ruleset *rules)
{
    return &rules->partials;
}

static size_t list_sends(const struct rule *rule, struct rule_send *sends, size_t count, size_t max)
{
    for (size_t i = 0; i < rule->send_count; i++, count++)
        if (count < max)
            sends[count] = (struct rule_send){.sink = rule->sends[i].sink,
                .rule = rule->name,
                .file = rule->file,
                .line = rule->sends[i].line,
                .column = rule->sends[i].column};
    return count;
}

size_t ruleset_sends(const struct ruleset *rules, struct rule_send *sends, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < rules->count; i++)
        count = list_sends(&rules->rules[i], sends, count, max);
    return list_sends(&rules->unmatched, sends, count, max);
}

static bool matches_all(const struct rule *rule)
{
    return rule->match.kind == CONDITION_ALL && rule->match.count == 0;
}

bool ruleset_is_total(const struct ruleset *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (matches_all(&rules->rules[i]))
            return true;
    return rules->unmatched.send_count > 0;
}

void ruleset_review(const struct ruleset *rules, struct problems *problems)
{
    shadows_find(rules->rules, rules->count, problems);
}

static bool is_target(const struct decision *decision, const char *sink)
{
    for (size_t i = 0; i < decision->target_count; i++)
        if (decision->targets[i].sink == sink)
            return true;
    return false;
}

/* The first rule that sends to a sink words its message. */
static void add_targets(
    const struct ruleset *rules, const struct rule *rule, struct decision *decision)
{
    for (size_t i = 0; i < rule->send_count; i++) {
        const char *sink = rule->sends[i].sink;
        if (is_target(decision, sink))
            continue;
        assert(decision->target_count < rules->sink_count);
        decision->targets[decision->target_count++] =
            (struct rule_target){.sink = sink, .rule = rule->name};
    }
}

static void cut(struct buf *text)
{
    static const char ellipsis[] = "...";

    if (text->len <= longest_because)
        return;
    text->len = utf8_cut(text->data, text->len, longest_because - (sizeof ellipsis - 1));
    buf_puts(text, ellipsis);
}

/* Asks once more, for the words: what gives up meanwhile was counted. */
static void add_trace(struct decision *decision, const struct rule *rule,
    const struct subject *subject, const struct rule_trace *outcome)
{
    struct rule_trace *trace = &decision->traces[decision->trace_count++];
    struct subject again = *subject;
    struct buf because = {0};

    *trace = *outcome;
    trace->rule = rule->name;
    trace->file = rule->file;
    trace->line = rule->line;
    trace->head = rule->trace_head;
    if (trace->verdict == VERDICT_YES)
        return;
    again.give_ups = NULL;
    trace->because_line = condition_why(&rule->match, &again, trace->verdict, &because);
    cut(&because);
    trace->because = buf_take(&because);
}

/* Tries one rule; its outcome lacks the words, which only a trace needs. */
static struct rule_trace try_rule(
    const struct rule *rule, const struct subject *subject, struct decision *decision)
{
    if (rule->reads_rule)
        view_set_rule(subject->view, rule->name);
    subject->give_ups->limit = NULL;
    enum verdict verdict = condition_verdict(&rule->match, subject);
    bool sends = verdict == VERDICT_YES || (verdict == VERDICT_UNKNOWN && !rule->skip_unknown);

    /* `send: []` decides only when it is known to match: else the event would go unheard. */
    if (verdict == VERDICT_YES || (sends && rule->send_count > 0))
        decision->matched = true;
    return (struct rule_trace){.verdict = verdict,
        .sends = sends,
        .stops = verdict == VERDICT_YES && rule->stop,
        .gave_up = subject->give_ups->limit};
}

/* Tries a rule, and takes down what came of it. False where routing ends with it. */
static bool decide_by(const struct ruleset *rules, const struct rule *rule,
    const struct subject *subject, struct decision *decision)
{
    struct rule_trace outcome = try_rule(rule, subject, decision);

    if (outcome.sends)
        add_targets(rules, rule, decision);
    if (decision->traces)
        add_trace(decision, rule, subject, &outcome);
    return !outcome.stops;
}

/* The rules that stand in the set, in their order. Returns how many rules came before the end. */
static size_t decide_by_set(const struct ruleset *rules, const uint64_t *set,
    const struct subject *subject, struct decision *decision)
{
    for (size_t word = 0; word < index_words(rules->index); word++) {
        for (uint64_t left = set[word]; left != 0; left &= left - 1) {
            size_t number = word * 64 + (size_t)__builtin_ctzll(left);
            if (!decide_by(rules, &rules->rules[number], subject, decision))
                return number + 1;
        }
    }
    return rules->count;
}

static void decide_by_index(
    const struct ruleset *rules, const struct subject *subject, struct decision *decision)
{
    auto_free uint64_t *set = mem_alloc(index_words(rules->index) * sizeof *set);

    index_find(rules->index, subject->view, set);
    size_t passed = decide_by_set(rules, set, subject, decision);
    if (decision->traces)
        decision->untried = passed - decision->trace_count;
}

void ruleset_decide(const struct ruleset *rules, struct view *view, int64_t now_ms,
    enum trace_extent extent, struct decision *decision)
{
    bool is_traced = extent != TRACE_NONE;
    struct give_ups give_ups = {0};
    const struct subject subject = {.view = view, .now_ms = now_ms, .give_ups = &give_ups};

    *decision = (struct decision){
        .targets = mem_alloc(rules->sink_count * sizeof *decision->targets),
        .traces = is_traced ? mem_alloc(rules->count * sizeof *decision->traces) : NULL,
    };
    if (extent == TRACE_ALL) {
        for (size_t i = 0; i < rules->count; i++)
            if (!decide_by(rules, &rules->rules[i], &subject, decision))
                break;
    } else {
        decide_by_index(rules, &subject, decision);
    }
    if (!decision->matched)
        add_targets(rules, &rules->unmatched, decision);
    decision->gave_up = give_ups.count;
}

void decision_finish(struct decision *decision)
{
    for (size_t i = 0; i < decision->trace_count; i++)
        free(decision->traces[i].because);
    free(decision->traces);
    free(decision->targets);
    *decision = (struct decision){0};
}
