#include "rule/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/compilation.h"
#include "rule/phrasing.h"
#include "rule/words.h"

static const char *const rule_keys[] = {
    "name", "match", "send", "stop", "if_not_enriched", PHRASING_KEYS, NULL};
static const char *const send_keys[] = {"sink", PHRASING_KEYS, NULL};

static const char *find_sink(const struct compilation *compilation, const char *name)
{
    for (size_t i = 0; i < compilation->sink_count; i++)
        if (strcmp(compilation->sinks[i], name) == 0)
            return compilation->sinks[i];
    return NULL;
}

static void complain_of_sink(struct compilation *compilation, const struct yaml *node)
{
    const char *near =
        nearest_word(node->text, (const char *const *)compilation->sinks, compilation->sink_count);
    auto_free char *shown = yaml_show(node);

    if (near)
        problem_add(compilation->problems, node->place, "unknown sink %s; did you mean \"%s\"?",
            shown, near);
    else
        problem_add(compilation->problems, node->place, "unknown sink %s", shown);
}

static bool sends_to(const struct rule *rule, const char *sink)
{
    for (size_t i = 0; i < rule->send_count; i++)
        if (rule->sends[i].sink == sink)
            return true;
    return false;
}

/* Adds the sink that the node names. rule->sends has room for it. */
static void add_send(struct compilation *compilation, const struct yaml *node, struct rule *rule)
{
    if (node->is_faulty)
        return;
    if (node->kind != YAML_SCALAR || !*node->text) {
        auto_free char *shown = yaml_show(node);
        problem_add(
            compilation->problems, node->place, "a sink's name is missing: this is %s", shown);
        return;
    }
    const char *sink = find_sink(compilation, node->text);
    if (!sink)
        complain_of_sink(compilation, node);
    else if (sends_to(rule, sink))
        problem_warn(compilation->problems, node->place, "\"%s\" is named twice", sink);
    else
        rule->sends[rule->send_count++] =
            (struct send){.sink = sink, .line = node->place.line, .column = node->place.column};
}

/* What a send says of its messages; NULL where it says nothing. */
static struct phrasing *read_send_phrasing(
    struct compilation *compilation, const struct yaml *map, const struct rule *rule)
{
    const struct words words = {"key", send_keys};
    struct phrasing *phrasing = NULL;

    for (size_t i = 0; i < map->count; i++)
        if (words_check(&words, map->entries[i].key, compilation->problems) &&
            is_phrasing_key(map->entries[i].key->text))
            phrasing_read(&phrasing, &map->entries[i], rule->file, compilation->problems);
    return phrasing;
}

/* {sink: soc-chat, text: "now {{status}}"} */
static void read_send_map(
    struct compilation *compilation, const struct yaml *map, struct rule *rule)
{
    const struct yaml *sink = yaml_get(map, "sink");
    const struct words words = {"key", send_keys};
    struct phrasing *phrasing = read_send_phrasing(compilation, map, rule);
    size_t before = rule->send_count;

    if (sink)
        add_send(compilation, sink, rule);
    else if (!map->is_faulty && !map->has_lost_keys && !words_has_misspelt(&words, map, "sink"))
        problem_add(compilation->problems, map->place, "no \"sink\" here");
    if (rule->send_count > before)
        rule->sends[before].phrasing = phrasing;
    else
        phrasing_destroy(phrasing);
}

static void read_send(struct compilation *compilation, const struct yaml *node, struct rule *rule)
{
    if (node->kind == YAML_MAP)
        read_send_map(compilation, node, rule);
    else
        add_send(compilation, node, rule);
}

void rule_read_sends(struct compilation *compilation, const struct yaml *node, struct rule *rule)
{
    size_t room = node->kind == YAML_LIST ? node->count : 1;

    rule->sends = mem_alloc(room * sizeof *rule->sends);
    if (node->kind == YAML_LIST) {
        for (size_t i = 0; i < node->count; i++)
            read_send(compilation, node->items[i], rule);
    } else if (node->kind == YAML_NULL && !node->is_faulty) {
        problem_add(compilation->problems, node->place,
            "nothing stands here; that nobody shall hear of it is written []");
    } else {
        read_send(compilation, node, rule);
    }
}

static void read_name(struct compilation *compilation, const struct yaml *node, struct rule *rule)
{
    if (node->kind == YAML_SCALAR && *node->text) {
        rule->name = text_copy(node->text);
        if (strcmp(rule->name, "unmatched") == 0)
            problem_add(compilation->problems, node->place,
                "\"unmatched\" is what events are called that no rule matched; name it otherwise");
        return;
    }
    auto_free char *shown = yaml_show(node);
    if (!node->is_faulty)
        problem_add(compilation->problems, node->place, "a rule's name is a text, not %s", shown);
}

/* One of two words; `chosen` tells whether it was the second. */
static void read_choice(struct compilation *compilation, const struct yaml_entry *entry,
    const char *first, const char *second, bool *chosen)
{
    const struct yaml *node = entry->value;

    *chosen = node->kind == YAML_SCALAR && strcmp(node->text, second) == 0;
    if (*chosen || node->is_faulty || (node->kind == YAML_SCALAR && strcmp(node->text, first) == 0))
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(compilation->problems, node->place, "`%s` is %s or %s, not %s", entry->key->text,
        first, second, shown);
}

static void read_key(
    struct compilation *compilation, const struct yaml_entry *entry, struct rule *rule)
{
    const struct words words = {"key", rule_keys};
    const char *key = entry->key->text;

    if (!words_check(&words, entry->key, compilation->problems))
        return;
    if (is_phrasing_key(key)) {
        phrasing_read(&rule->phrasing, entry, rule->file, compilation->problems);
    } else if (strcmp(key, "name") == 0) {
        read_name(compilation, entry->value, rule);
    } else if (strcmp(key, "match") == 0) {
        condition_read(compilation, entry->value, &rule->match);
        rule->reads_rule = compilation->reads_rule;
    } else if (strcmp(key, "send") == 0) {
        rule_read_sends(compilation, entry->value, rule);
    } else if (strcmp(key, "stop") == 0) {
        read_choice(compilation, entry, "false", "true", &rule->stop);
    } else {
        read_choice(compilation, entry, "send", "skip", &rule->skip_unknown);
    }
}

static void require(
    struct compilation *compilation, const struct yaml *node, const char *key, const char *cure)
{
    const struct words words = {"key", rule_keys};

    if (!yaml_get(node, key) && !node->is_faulty && !node->has_lost_keys &&
        !words_has_misspelt(&words, node, key))
        problem_add(compilation->problems, node->place, "this rule has no \"%s\"%s", key, cure);
}

static void warn_of_unheard_words(
    struct compilation *compilation, const struct yaml *node, const struct rule *rule)
{
    const struct yaml *send = yaml_get(node, "send");

    if (!rule->phrasing || !send || send->kind != YAML_LIST || send->count > 0)
        return;
    for (size_t i = 0; i < node->count; i++)
        if (is_phrasing_key(node->entries[i].key->text))
            problem_warn(compilation->problems, node->entries[i].key->place,
                "this rule sends to nobody, so its \"%s\" is never read",
                node->entries[i].key->text);
}

void rule_read(struct compilation *compilation, const struct yaml *node, struct rule *rule)
{
    rule->file = text_copy(node->place.file ? node->place.file : "");
    rule->line = node->place.line;
    rule->column = node->place.column;
    if (node->kind != YAML_MAP) {
        auto_free char *shown = yaml_show(node);
        if (!node->is_faulty)
            problem_add(compilation->problems, node->place,
                "a rule is a map with name, match and send, not %s", shown);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        read_key(compilation, &node->entries[i], rule);
    require(compilation, node, "name", "");
    require(compilation, node, "match", "; for every event write match: {}");
    require(compilation, node, "send", "; that nobody shall hear of it is written send: []");
    warn_of_unheard_words(compilation, node, rule);
}

void rule_finish(struct rule *rule)
{
    condition_finish(&rule->match);
    free(rule->name);
    free(rule->file);
    free(rule->trace_head);
    for (size_t i = 0; i < rule->send_count; i++)
        phrasing_destroy(rule->sends[i].phrasing);
    free(rule->sends);
    phrasing_destroy(rule->phrasing);
    *rule = (struct rule){0};
}
