#include "rule/phrasing.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "config/yaml.h"
#include "event/facts.h"
#include "event/line.h"
#include "event/view.h"
#include "rule/words.h"

enum {
    longest_label = 64, /* code points; what is longer is cut in messages */
};

static const char *const keys[] = {PHRASING_KEYS, NULL};

bool is_phrasing_key(const char *key)
{
    return is_word_of(keys, key);
}

void draft_read(struct draft *draft, const struct yaml *value, const char *subject,
    const char *file, struct problems *problems)
{
    if (value->is_faulty)
        return;
    if (value->kind != YAML_SCALAR) {
        auto_free char *shown = yaml_show(value);
        problem_add(problems, value->place, "%s is a text, not %s%s", subject, shown,
            value->kind == YAML_NULL && !value->has_comment ? "; an empty one is written \"\""
                                                            : "");
        return;
    }
    draft->text = text_copy(value->text);
    draft->place = (struct place){file, value->place.line, value->place.column};
    draft->text_line = value->text_line;
    draft->text_column = value->text_column;
}

void draft_finish(struct draft *draft)
{
    free(draft->text);
    *draft = (struct draft){0};
}

struct place draft_place(const struct draft *draft, size_t line, size_t column, bool *is_exact)
{
    *is_exact = draft->text_line > 0;
    if (!*is_exact)
        return draft->place;
    return (struct place){
        draft->place.file, draft->text_line + line - 1, draft->text_column + column - 1};
}

/* A level is one of five words, or a template that gives one. */
static void check_level(const struct draft *level, struct problems *problems)
{
    static const char *const levels[] = {"info", "low", "medium", "high", "urgent", NULL};

    if (!level->text || !*level->text || strstr(level->text, "{{") ||
        is_word_of(levels, level->text))
        return;
    const char *near = nearest_word(level->text, levels, word_count(levels));
    if (near)
        problem_add(problems, level->place, "unknown level \"%s\"; did you mean \"%s\"?",
            level->text, near);
    else
        problem_add(problems, level->place,
            "unknown level \"%s\"; the levels are info low medium high urgent", level->text);
}

/* What stands beside a value is the reader's to recognise, so it does not come from the event. */
static bool check_label(const struct yaml *label, struct problems *problems)
{
    auto_free char *line = one_line_copy(label->text, SIZE_MAX);
    auto_free char *shown = yaml_show(label);

    if (strstr(label->text, "{{"))
        problem_add(problems, label->place, "a fact's label may not be a template: %s", shown);
    else if (!*line || strcmp(line, label->text) != 0)
        problem_add(problems, label->place, "a fact's label is one line of text, not %s", shown);
    else if (utf8_count(line) > longest_label)
        problem_add(problems, label->place, "a fact's label has at most %d characters, %s has more",
            longest_label, shown);
    else
        return true;
    return false;
}

static void read_fact(struct phrasing *phrasing, const struct yaml_entry *entry, const char *file,
    struct problems *problems)
{
    struct fact_draft *fact = &phrasing->facts[phrasing->fact_count];

    if (!check_label(entry->key, problems))
        return;
    *fact = (struct fact_draft){.label = text_copy(entry->key->text)};
    draft_read(&fact->value, entry->value, "a fact's value", file, problems);
    phrasing->fact_count++;
}

static void read_facts(struct phrasing *phrasing, const struct yaml *value, const char *file,
    struct problems *problems)
{
    bool is_empty_list = value->kind == YAML_LIST && value->count == 0;

    if (value->is_faulty)
        return;
    if (value->kind != YAML_MAP && !is_empty_list) {
        auto_free char *shown = yaml_show(value);
        problem_add(problems, value->place,
            "`facts` is a map of labels to texts, not %s; no facts is written {}", shown);
        return;
    }
    if (value->count > FACTS_MOST) {
        problem_add(problems, value->entries[FACTS_MOST].key->place,
            "a message has at most %d facts, these are %zu", FACTS_MOST, value->count);
        return;
    }
    phrasing->has_facts = true;
    phrasing->facts = mem_alloc(value->count * sizeof *phrasing->facts);
    for (size_t i = 0; i < value->count; i++)
        read_fact(phrasing, &value->entries[i], file, problems);
}

void phrasing_read(struct phrasing **phrasing, const struct yaml_entry *entry, const char *file,
    struct problems *problems)
{
    const char *key = entry->key->text;

    if (!*phrasing)
        *phrasing = mem_alloc(sizeof **phrasing);
    if (strcmp(key, "title") == 0) {
        draft_read(&(*phrasing)->title, entry->value, "a title", file, problems);
    } else if (strcmp(key, "text") == 0) {
        draft_read(&(*phrasing)->text, entry->value, "a message's text", file, problems);
    } else if (strcmp(key, "link") == 0) {
        draft_read(&(*phrasing)->link, entry->value, "a link", file, problems);
    } else if (strcmp(key, "level") == 0) {
        draft_read(&(*phrasing)->level, entry->value, "a level", file, problems);
        check_level(&(*phrasing)->level, problems);
    } else {
        read_facts(*phrasing, entry->value, file, problems);
    }
}

void phrasing_destroy(struct phrasing *phrasing)
{
    if (!phrasing)
        return;
    draft_finish(&phrasing->title);
    draft_finish(&phrasing->text);
    draft_finish(&phrasing->link);
    draft_finish(&phrasing->level);
    for (size_t i = 0; i < phrasing->fact_count; i++) {
        free(phrasing->facts[i].label);
        draft_finish(&phrasing->facts[i].value);
    }
    free(phrasing->facts);
    free(phrasing);
}
