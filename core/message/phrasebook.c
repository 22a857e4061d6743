#include "message/phrasebook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "event/view.h"
#include "message/mention.h"
#include "message/template.h"
#include "message/wording.h"
#include "rule/partial.h"
#include "rule/phrasing.h"
#include "rule/review.h"
#include "rule/rule.h"
#include "rule/ruleset.h"

/* The words of a send that has some of its own. */
struct send_phrases {
    const char *sink;
    struct phrases *phrases;
};

struct entry {
    UT_hash_handle hh;
    const char *rule;        /* the key */
    struct phrases *phrases; /* owned; NULL: the default messages */
    struct send_phrases *sends;
    size_t send_count;
};

struct shared {
    UT_hash_handle hh;
    const char *name;      /* the key */
    struct phrase *phrase; /* among the book's; NULL for a faulty one */
};

struct phrasebook {
    struct entry *entries, *by_rule; /* owned, as they stand; the hash of them */
    size_t entry_count;
    struct shared *partials, *by_name; /* likewise */
    const char **partial_names;
    size_t partial_count;
    struct phrase **phrases; /* owned: the partials', then the others */
    size_t phrase_count, compiled_partials;
    bool reads_facts;
};

/* A template with faults. */
struct complaint {
    const struct draft *draft;
    const char *what;
    struct problems *problems;
};

static void on_fault(const struct template_fault *fault, void *arg)
{
    const struct complaint *complaint = arg;
    bool is_exact;
    struct place place = draft_place(complaint->draft, fault->line, fault->column, &is_exact);

    if (is_exact)
        problem_add(complaint->problems, place, "%s: %s", complaint->what, fault->reason);
    else
        problem_add(complaint->problems, place, "%s: %s (line %zu, column %zu of the text)",
            complaint->what, fault->reason, fault->line, fault->column);
}

/* NULL for a draft that says nothing, and for one with a fault. */
static struct phrase *compile(
    struct phrasebook *book, const struct draft *draft, const char *what, struct problems *problems)
{
    struct complaint complaint = {draft, what, problems};

    if (!draft->text)
        return NULL;
    size_t len = strlen(draft->text);
    struct template *template = template_compile(draft->text, len, NULL);
    if (!template) {
        template_check(draft->text, len, on_fault, &complaint);
        return NULL;
    }
    struct phrase *phrase = mem_alloc(sizeof *phrase);
    *phrase = (struct phrase){.what = what, .draft = draft, .template = template};
    book->phrases = mem_resize(book->phrases, (book->phrase_count + 1) * sizeof(struct phrase *));
    book->phrases[book->phrase_count++] = phrase;
    return phrase;
}

/* What a send does not say is said by the rule. */
static void compile_phrasing(struct phrasebook *book, const struct phrasing *phrasing,
    struct phrases *phrases, struct problems *problems)
{
    const struct {
        const struct draft *draft;
        const char *what;
        struct phrase **place;
    } parts[] = {
        {&phrasing->title, "title", &phrases->title},
        {&phrasing->text, "text", &phrases->text},
        {&phrasing->link, "link", &phrases->link},
        {&phrasing->level, "level", &phrases->level},
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].draft->text)
            *parts[i].place = compile(book, parts[i].draft, parts[i].what, problems);
    if (!phrasing->has_facts)
        return;
    struct phrase_fact *facts = mem_alloc(phrasing->fact_count * sizeof *facts);
    for (size_t i = 0; i < phrasing->fact_count; i++)
        facts[i] = (struct phrase_fact){.label = phrasing->facts[i].label,
            .value = compile(book, &phrasing->facts[i].value, "facts", problems)};
    phrases->has_facts = true;
    phrases->facts = facts;
    phrases->fact_count = phrasing->fact_count;
}

/* NULL where neither the rule nor the send says anything. */
static struct phrases *phrases_create(struct phrasebook *book, const struct phrasing *phrasing,
    const struct phrases *base, struct problems *problems)
{
    if (!phrasing)
        return NULL;
    struct phrases *phrases = mem_alloc(sizeof *phrases);
    if (base)
        *phrases = *base;
    phrases->book = book;
    compile_phrasing(book, phrasing, phrases, problems);
    return phrases;
}

static void compile_sends(struct phrasebook *book, struct entry *entry, const struct rule *rule,
    struct problems *problems)
{
    entry->sends = mem_alloc(rule->send_count * sizeof *entry->sends);
    for (size_t i = 0; i < rule->send_count; i++) {
        struct phrases *phrases =
            phrases_create(book, rule->sends[i].phrasing, entry->phrases, problems);
        if (phrases)
            entry->sends[entry->send_count++] = (struct send_phrases){rule->sends[i].sink, phrases};
    }
}

static struct entry *find_entry(const struct phrasebook *book, const char *rule)
{
    struct entry *entry;

    HASH_FIND_STR(book->by_rule, rule, entry);
    return entry;
}

/* A rule that has no name, or another's, was complained of already; its templates are looked at all
 * the same. */
static void compile_rule(
    struct phrasebook *book, const struct rule *rule, const char *name, struct problems *problems)
{
    struct entry *entry = &book->entries[book->entry_count++];

    entry->rule = name;
    entry->phrases = phrases_create(book, rule->phrasing, NULL, problems);
    compile_sends(book, entry, rule, problems);
    HASH_ADD_KEYPTR(hh, book->by_rule, name, strlen(name), entry);
}

static void compile_rules(
    struct phrasebook *book, const struct ruleset *rules, struct problems *problems)
{
    size_t count = ruleset_count(rules);

    book->entries = mem_alloc((count + 1) * sizeof *book->entries);
    for (size_t i = 0; i <= count; i++) {
        const struct rule *rule = ruleset_rule(rules, i);
        const char *name = i == count ? "unmatched" : rule->name;
        compile_rule(book, rule, name ? name : "", problems);
    }
}

static void compile_partials(
    struct phrasebook *book, const struct rule_partials *partials, struct problems *problems)
{
    book->partials = mem_alloc(partials->count * sizeof *book->partials);
    book->partial_names = mem_alloc(partials->count * sizeof *book->partial_names);
    for (size_t i = 0; i < partials->count; i++) {
        const struct rule_partial *partial = &partials->items[i];
        struct shared *shared = &book->partials[book->partial_count];
        shared->name = partial->name;
        shared->phrase = compile(book, &partial->draft, "partial", problems);
        book->partial_names[book->partial_count++] = partial->name;
        HASH_ADD_KEYPTR(hh, book->by_name, shared->name, strlen(shared->name), shared);
    }
    book->compiled_partials = book->phrase_count;
}

/* The partials were compiled first. */
static struct mention_check check_of(
    const struct phrasebook *book, size_t position, struct problems *problems)
{
    return (struct mention_check){
        .draft = book->phrases[position]->draft,
        .is_partial = position < book->compiled_partials,
        .partials = book->partial_names,
        .partial_count = book->partial_count,
        .problems = problems,
    };
}

static void check_mentions(struct phrasebook *book, struct problems *problems)
{
    for (size_t i = 0; i < book->phrase_count; i++) {
        const struct mention_check check = check_of(book, i, problems);
        book->reads_facts |= mentions_check(&check, book->phrases[i]->template);
    }
}

void phrasebook_review(const struct phrasebook *book, const struct review *review)
{
    for (size_t i = 0; i < book->phrase_count; i++) {
        const struct mention_check check = check_of(book, i, review->problems);
        mentions_review(&check, book->phrases[i]->template, review);
    }
}

struct phrasebook *phrasebook_create(const struct ruleset *rules, struct problems *problems)
{
    struct phrasebook *book = mem_alloc(sizeof *book);

    compile_partials(book, ruleset_partials(rules), problems);
    compile_rules(book, rules, problems);
    check_mentions(book, problems);
    return book;
}

static void phrases_destroy(struct phrases *phrases, const struct phrases *base)
{
    if (!phrases)
        return;
    if (!base || phrases->facts != base->facts)
        free((void *)phrases->facts);
    free(phrases);
}

static void entry_finish(struct entry *entry)
{
    for (size_t i = 0; i < entry->send_count; i++)
        phrases_destroy(entry->sends[i].phrases, entry->phrases);
    phrases_destroy(entry->phrases, NULL);
    free(entry->sends);
}

void phrasebook_destroy(struct phrasebook *book)
{
    if (!book)
        return;
    HASH_CLEAR(hh, book->by_rule);
    HASH_CLEAR(hh, book->by_name);
    for (size_t i = 0; i < book->entry_count; i++)
        entry_finish(&book->entries[i]);
    for (size_t i = 0; i < book->phrase_count; i++) {
        template_destroy(book->phrases[i]->template);
        free(book->phrases[i]);
    }
    free(book->entries);
    free(book->partials);
    free(book->partial_names);
    free(book->phrases);
    free(book);
}

const struct phrases *phrasebook_find(
    const struct phrasebook *book, const char *rule, const char *sink)
{
    static const struct phrases gone = {.is_gone = true};
    const struct entry *entry = find_entry(book, rule);

    if (!entry)
        return &gone;
    for (size_t i = 0; i < entry->send_count; i++)
        if (strcmp(entry->sends[i].sink, sink) == 0)
            return entry->sends[i].phrases;
    return entry->phrases;
}

static const struct template *find_partial(const char *name, void *arg)
{
    const struct phrasebook *book = arg;
    const struct shared *shared;

    HASH_FIND_STR(book->by_name, name, shared);
    return shared && shared->phrase ? shared->phrase->template : NULL;
}

json_t *phrasebook_root(const struct phrasebook *book, const struct view *view, const char *rule)
{
    if (book->reads_facts)
        view_show_facts(view);
    if (json_object_get(view->root, "title"))
        return json_incref(view->root);
    /* Not in the view itself, where rules see what is known of a title. */
    auto_free char *title = wording_title(view, rule);
    json_t *root = json_copy(view->root);
    json_object_set_new(root, "title", json_string(title));
    return root;
}

bool phrase_render(const struct phrasebook *book, const struct phrase *phrase,
    const struct phrase_manner *manner, struct buf *out, struct template_fault *fault)
{
    const struct template_scope scope = {
        .root = manner->root,
        .partial = find_partial,
        .arg = (void *)book,
        .flavour = manner->flavour,
        .now_ms = manner->now_ms,
    };

    return template_render(phrase->template, &scope, out, fault);
}

size_t phrasebook_count(const struct phrasebook *book)
{
    return book->phrase_count - book->compiled_partials;
}

const struct phrase *phrasebook_phrase(const struct phrasebook *book, size_t index)
{
    assert(index < phrasebook_count(book));
    return book->phrases[book->compiled_partials + index];
}
