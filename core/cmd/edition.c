#include "cmd/edition.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/problems.h"
#include "event/facts.h"
#include "flow/story.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "rule/partial.h"
#include "rule/phrasing.h"
#include "rule/ruleset.h"
#include "sink/sink.h"

bool edition_init(struct edition *edition, const struct yaml *const *documents, size_t count,
    const struct config *config, struct problems *problems)
{
    auto_free const char **sinks = mem_alloc(config->sink_count * sizeof *sinks);

    for (size_t i = 0; i < config->sink_count; i++)
        sinks[i] = config->sinks[i].name;
    edition->rules = ruleset_read(documents, count, sinks, config->sink_count, problems);
    edition->phrases = phrasebook_create(edition->rules, problems);
    return problems->error_count == 0;
}

void edition_finish(struct edition *edition)
{
    phrasebook_destroy(edition->phrases);
    ruleset_destroy(edition->rules);
    *edition = (struct edition){0};
}

static const struct rule_partial *find_partial(
    const struct rule_partials *partials, const char *name)
{
    for (size_t i = 0; i < partials->count; i++)
        if (strcmp(partials->items[i].name, name) == 0)
            return &partials->items[i];
    return NULL;
}

bool editions_share_partials(const struct edition *a, const struct edition *b)
{
    const struct rule_partials *mine = ruleset_partials(a->rules);
    const struct rule_partials *others = ruleset_partials(b->rules);

    if (mine->count != others->count)
        return false;
    for (size_t i = 0; i < mine->count; i++) {
        const struct rule_partial *other = find_partial(others, mine->items[i].name);
        if (!other || !text_equals(mine->items[i].draft.text, other->draft.text))
            return false;
    }
    return true;
}

static bool is_same_phrase(const struct phrase *a, const struct phrase *b)
{
    return a && b ? text_equals(a->draft->text, b->draft->text) : a == b;
}

static bool are_facts_written_alike(const struct phrases *a, const struct phrases *b)
{
    if (a->has_facts != b->has_facts || a->fact_count != b->fact_count)
        return false;
    for (size_t i = 0; i < a->fact_count; i++)
        if (strcmp(a->facts[i].label, b->facts[i].label) != 0 ||
            !is_same_phrase(a->facts[i].value, b->facts[i].value))
            return false;
    return true;
}

static bool are_written_alike(const struct phrases *a, const struct phrases *b)
{
    if (!a || !b)
        return a == b;
    return is_same_phrase(a->title, b->title) && is_same_phrase(a->text, b->text) &&
           is_same_phrase(a->link, b->link) && is_same_phrase(a->level, b->level) &&
           are_facts_written_alike(a, b);
}

static bool are_facts_same(const struct facts *a, const struct facts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].label, b->items[i].label) != 0 ||
            strcmp(a->items[i].value, b->items[i].value) != 0)
            return false;
    return true;
}

/* As they are in the sink's own flavour. */
static bool read_alike(const struct edition *a, const struct edition *b, struct story *story,
    const char *rule, const struct sink *sink)
{
    struct message *mine = story_word(story, a->phrases, rule, sink, story->at_ms);
    struct message *other = story_word(story, b->phrases, rule, sink, story->at_ms);
    bool is_same = strcmp(mine->title, other->title) == 0 && strcmp(mine->text, other->text) == 0 &&
                   text_equals(mine->link, other->link) && mine->level == other->level &&
                   are_facts_same(mine->facts, other->facts);

    message_destroy(mine);
    message_destroy(other);
    return is_same;
}

bool editions_word_alike(const struct edition *a, const struct edition *b, bool share_partials,
    struct story *story, const char *rule, const struct sink *sink)
{
    if (share_partials && are_written_alike(phrasebook_find(a->phrases, rule, sink->name),
                              phrasebook_find(b->phrases, rule, sink->name)))
        return true;
    return read_alike(a, b, story, rule, sink);
}
