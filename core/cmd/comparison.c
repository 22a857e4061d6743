#include "cmd/comparison.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "cmd/edition.h"
#include "cmd/setup.h"
#include "event/event.h"
#include "event/value.h"
#include "event/view.h"
#include "flow/decide.h"
#include "flow/story.h"
#include "rule/ruleset.h"

/* How often one change was seen. As many as the rules have combinations, whatever the events. */
struct tally {
    UT_hash_handle hh;
    const char *change, *sink, *rule, *was; /* the last two borrowed from the rules, or NULL */
    int64_t count;
    char key[];
};

/* What is different for one sink. */
struct change {
    const char *change, *sink, *rule, *was;
};

void comparison_init(struct comparison *comparison, const struct setup *setup,
    const struct edition *before, const struct edition *after, size_t most_shown)
{
    *comparison = (struct comparison){.setup = setup,
        .before = before,
        .after = after,
        .share_partials = editions_share_partials(before, after),
        .most_shown = most_shown,
        .shown = json_array()};
}

void comparison_finish(struct comparison *comparison)
{
    struct tally *tally = comparison->tallies, *next;

    HASH_CLEAR(hh, comparison->tallies);
    for (; tally; tally = next) {
        next = tally->hh.next;
        free(tally);
    }
    json_decref(comparison->shown);
    *comparison = (struct comparison){0};
}

static const char *find_rule(const struct decision *decision, const char *sink)
{
    for (size_t i = 0; i < decision->target_count; i++)
        if (strcmp(decision->targets[i].sink, sink) == 0)
            return decision->targets[i].rule;
    return NULL;
}

static void count_change(struct comparison *comparison, const struct change *change, int64_t times)
{
    auto_buf struct buf key = {0};
    struct tally *tally;

    buf_printf(&key, "%s\n%s\n%s\n%s", change->change, change->sink,
        change->rule ? change->rule : "", change->was ? change->was : "");
    HASH_FIND_STR(comparison->tallies, key.data, tally);
    if (!tally) {
        tally = mem_alloc(sizeof *tally + key.len + 1);
        memcpy(tally->key, key.data, key.len);
        tally->change = change->change;
        tally->sink = change->sink;
        tally->rule = change->rule;
        tally->was = change->was;
        HASH_ADD_KEYPTR(hh, comparison->tallies, tally->key, key.len, tally);
    }
    tally->count += times;
}

static json_t *change_json(const struct change *change)
{
    return json_pack("{s:s,s:o,s:o,s:o}", "change", change->change, "sink",
        value_of_text(change->sink), "rule", value_of_text(change->rule), "was",
        value_of_text(change->was));
}

/* changes is NULL where the event will not be shown. */
static void note_change(struct comparison *comparison, const struct change *change, json_t *changes)
{
    count_change(comparison, change, 1);
    if (changes)
        json_array_append_new(changes, change_json(change));
}

/* tocsin's own alarms are not the rules' to word. */
static bool is_worded_alike(
    const struct comparison *comparison, struct story *story, const struct rule_target *target)
{
    return story_is_alarm(story) ||
           editions_word_alike(comparison->before, comparison->after, comparison->share_partials,
               story, target->rule, setup_sink(comparison->setup, target->sink));
}

/* Returns how many there are. */
static size_t note_changes(struct comparison *comparison, struct story *story,
    const struct decision *before, const struct decision *after, json_t *changes)
{
    size_t count = 0;

    for (size_t i = 0; i < before->target_count; i++) {
        const struct rule_target *was = &before->targets[i];
        const char *rule = find_rule(after, was->sink);
        if (rule && strcmp(rule, was->rule) == 0 && is_worded_alike(comparison, story, was))
            continue;
        note_change(comparison,
            &(struct change){rule ? "differently" : "less", was->sink, rule, was->rule}, changes);
        count++;
    }
    for (size_t i = 0; i < after->target_count; i++) {
        const struct rule_target *is = &after->targets[i];
        if (find_rule(before, is->sink))
            continue;
        note_change(comparison, &(struct change){"more", is->sink, is->rule, NULL}, changes);
        count++;
    }
    return count;
}

static json_t *event_json(const struct story *story, json_t *changes)
{
    json_t *title = json_object_get(story->view->root, "title");
    char accepted[TIMESTAMP_SIZE];

    timestamp_format(story->at_ms, accepted);
    return json_pack("{s:I,s:o,s:s,s:o,s:o,s:O,s:O}", "event", (json_int_t)story->number, "id",
        value_of_text(story->id), "accepted", accepted, "type", value_of_text(story->event->type),
        "action", value_of_text(story->event->action), "title", title ? title : json_null(),
        "changes", changes);
}

void comparison_add(struct comparison *comparison, struct story *story)
{
    struct decision before, after;
    bool is_shown = json_array_size(comparison->shown) < comparison->most_shown;
    auto_json json_t *changes = is_shown ? json_array() : NULL;

    story_decide(story, comparison->setup->config, comparison->before->rules, TRACE_NONE, &before);
    story_decide(story, comparison->setup->config, comparison->after->rules, TRACE_NONE, &after);
    comparison->events++;
    if (note_changes(comparison, story, &before, &after, changes) > 0) {
        comparison->differing++;
        if (changes)
            json_array_append_new(comparison->shown, event_json(story, changes));
    }
    decision_finish(&before);
    decision_finish(&after);
}

static int64_t number_of(const json_t *event)
{
    return json_integer_value(json_object_get(event, "event"));
}

/* Two lists in order become one, no longer than may be shown. */
static json_t *merge_shown(const json_t *a, const json_t *b, size_t most)
{
    size_t i = 0, j = 0, a_count = json_array_size(a), b_count = json_array_size(b);
    json_t *merged = json_array();

    while (json_array_size(merged) < most && (i < a_count || j < b_count)) {
        bool is_from_a = j == b_count || (i < a_count && number_of(json_array_get(a, i)) <
                                                             number_of(json_array_get(b, j)));
        json_array_append(merged, is_from_a ? json_array_get(a, i++) : json_array_get(b, j++));
    }
    return merged;
}

void comparison_merge(struct comparison *comparison, const struct comparison *other)
{
    const struct tally *tally = other->tallies;
    json_t *shown = merge_shown(comparison->shown, other->shown, comparison->most_shown);

    json_decref(comparison->shown);
    comparison->shown = shown;
    comparison->events += other->events;
    comparison->differing += other->differing;
    for (; tally; tally = tally->hh.next)
        count_change(comparison,
            &(struct change){tally->change, tally->sink, tally->rule, tally->was}, tally->count);
}

static int by_count(const struct tally *a, const struct tally *b)
{
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return strcmp(a->key, b->key);
}

json_t *comparison_counts(struct comparison *comparison)
{
    struct tally *tally, *next;
    json_t *counts = json_array();

    HASH_SORT(comparison->tallies, by_count);
    HASH_ITER (hh, comparison->tallies, tally, next) {
        json_t *count =
            change_json(&(struct change){tally->change, tally->sink, tally->rule, tally->was});
        json_object_set_new(count, "count", json_integer(tally->count));
        json_array_append_new(counts, count);
    }
    return counts;
}
