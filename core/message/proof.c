#include "message/proof.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "event/line.h"
#include "event/path.h"
#include "event/value.h"
#include "event/view.h"
#include "message/composition.h"
#include "message/phrasebook.h"
#include "message/sample.h"
#include "message/template.h"
#include "rule/phrasing.h"
#include "rule/rule.h"
#include "rule/ruleset.h"

/* Whether all that a template names outside of its sections is there. */
struct presence {
    const struct view *view;
    size_t depth;
    bool is_whole;
};

static void on_mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    struct presence *presence = arg;
    char scratch[VALUE_TEXT_SIZE];
    struct path path;
    bool unknown;

    (void)line, (void)column;
    if (kind == MENTION_SECTION || kind == MENTION_INVERTED)
        presence->depth++;
    else if (kind == MENTION_END)
        presence->depth--;
    if (kind != MENTION_NAME || presence->depth > 0 || !path_init(&path, name, NULL))
        return;
    const char *text = value_text(view_get(presence->view, &path, &unknown), scratch);
    presence->is_whole &= text && *text;
    path_finish(&path);
}

static bool has_names(const struct phrase *phrase, const struct view *view)
{
    struct presence presence = {.view = view, .is_whole = true};

    template_visit(phrase->template, on_mention, &presence);
    return presence.is_whole;
}

/* What the phrase makes of the sample, on one line; NULL, and reported, where it fails. */
static char *try_phrase(
    const struct proof *proof, const struct phrase *phrase, const struct sample *sample)
{
    bool is_link = strcmp(phrase->what, "link") == 0, is_exact;
    auto_json json_t *root = phrasebook_root(proof->book, sample->view, NULL);
    const struct phrase_manner manner = {
        root, is_link ? FLAVOUR_URL : FLAVOUR_PLAIN, proof->now_ms};
    struct template_fault fault = {0};
    auto_buf struct buf out = {0};

    if (phrase_render(proof->book, phrase, &manner, &out, &fault))
        return one_line_copy(buf_text(&out), SIZE_MAX);
    problem_add(proof->problems, draft_place(phrase->draft, fault.line, fault.column, &is_exact),
        "%s: fails on a sample event (%s): %s", phrase->what, sample->name, fault.reason);
    template_fault_finish(&fault);
    return NULL;
}

/* False where it was reported. */
static bool check_link(const struct proof *proof, const struct phrase *phrase,
    const struct sample *sample, const char *link)
{
    const char *fault = *link ? link_fault(link) : NULL;

    if (!fault || !has_names(phrase, sample->view))
        return true;
    problem_add(proof->problems, phrase->draft->place,
        "link: \"%s\", on a sample event (%s), is no URL: %s; values are percent-encoded, and a "
        "whole URL is put in by {{{name}}}",
        link, sample->name, fault);
    return false;
}

static void warn_of_level(const struct proof *proof, const struct phrase *phrase)
{
    problem_warn(proof->problems, phrase->draft->place,
        "level: gives none of info low medium high urgent on any sample event, and then the "
        "event's own level counts");
}

static void try_on_samples(const struct proof *proof, const struct phrase *phrase)
{
    bool is_link = strcmp(phrase->what, "link") == 0;
    bool is_level = strcmp(phrase->what, "level") == 0 && *phrase->draft->text;
    size_t tried = 0, levels = 0;
    enum view_level level;

    for (size_t i = 0; i < proof->samples->count; i++) {
        const struct sample *sample = &proof->samples->items[i];
        auto_free char *line = try_phrase(proof, phrase, sample);
        if (!line || (is_link && !check_link(proof, phrase, sample, line)))
            return;
        tried += *line != '\0';
        levels += level_parse(line, &level);
    }
    if (is_level && tried > 0 && levels == 0)
        warn_of_level(proof, phrase);
}

static const struct proof_sink *find_sink(const struct proof *proof, const char *name)
{
    for (size_t i = 0; i < proof->sink_count; i++)
        if (strcmp(proof->sinks[i].name, name) == 0)
            return &proof->sinks[i];
    return NULL;
}

/* Measured on the message as the daemon makes it. */
static void check_length(
    const struct proof *proof, const struct phrases *phrases, const struct proof_sink *sink)
{
    const struct message_order order = {
        .flavour = sink->flavour, .phrases = phrases, .now_ms = proof->now_ms};

    for (size_t i = 0; i < proof->samples->count; i++) {
        const struct sample *sample = &proof->samples->items[i];
        struct message *message = message_create(sample->view, &order);
        size_t length = message_text_length(message);
        message_destroy(message);
        if (length <= sink->max_text)
            continue;
        problem_warn(proof->problems, phrases->text->draft->place,
            "text: has %zu characters on a sample event (%s), of which sink \"%s\" shows %u",
            length, sample->name, sink->name, (unsigned)sink->max_text);
        return;
    }
}

static void check_sends(const struct proof *proof, const struct rule *rule)
{
    for (size_t i = 0; i < rule->send_count; i++) {
        const char *name = rule->sends[i].sink;
        const struct phrases *phrases = phrasebook_find(proof->book, rule->name, name);
        const struct proof_sink *sink = find_sink(proof, name);
        if (phrases && phrases->text && sink && sink->max_text > 0)
            check_length(proof, phrases, sink);
    }
}

void proof_read(const struct proof *proof)
{
    size_t before = proof->problems->error_count;

    for (size_t i = 0; i < phrasebook_count(proof->book); i++)
        try_on_samples(proof, phrasebook_phrase(proof->book, i));
    if (proof->problems->error_count > before)
        return;
    for (size_t i = 0; i <= ruleset_count(proof->rules); i++)
        check_sends(proof, ruleset_rule(proof->rules, i));
}
