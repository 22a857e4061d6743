#include "rule/shadow.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/products.h"
#include "rule/rule.h"
#include "rule/words.h"

enum {
    most_named = 3,        /* rules in one warning */
    most_tries = 10000000, /* pairs; a file with more was made by a program, and checking it must
                              not take minutes */
};

/* The rules before the one that is looked at which stop. */
struct search {
    const struct rule **stops; /* owned */
    bool *is_posted;           /* of each of them: no look-up can make it unknown; owned */
    size_t count;
    size_t tries;
    bool needs_enrichment;                /* one of those below may be unknown */
    const struct rule *found[most_named]; /* those that stand before the rule */
    size_t found_count;                   /* may be more than are in `found` */
};

/* Whether no failed look-up can make it unknown: it asks for what was posted only. */
static bool is_posted(const struct condition *condition)
{
    static const char *const names[] = {"type", "action", "id", "time", "thread", "hook", "changed",
        "attributes", "metadata", "comment", "body", NULL};

    if (condition->kind == CONDITION_TEST)
        return is_word_of(names, condition->test.path.parts[0]);
    for (size_t i = 0; i < condition->count; i++)
        if (!is_posted(&condition->children[i]))
            return false;
    return true;
}

/* A rule that asks for its own name is about nothing else. */
static void add_stop(struct search *search, const struct rule *rule)
{
    bool posted = is_posted(&rule->match);

    if (!rule->stop || rule->reads_rule || (rule->skip_unknown && !posted))
        return;
    search->stops[search->count] = rule;
    search->is_posted[search->count++] = posted;
}

static void take_down(struct search *search, size_t stop)
{
    const struct rule *rule = search->stops[stop];

    search->needs_enrichment |= !search->is_posted[stop];
    for (size_t i = 0; i < search->found_count && i < most_named; i++)
        if (search->found[i] == rule)
            return;
    if (search->found_count < most_named)
        search->found[search->found_count] = rule;
    search->found_count++;
}

/* Whether one of the rules before stops all that is matched in this way. */
static bool is_stopped(struct search *search, const struct product *product)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->tries++ >= most_tries)
            return false;
        if (product_implies(product, &search->stops[i]->match)) {
            take_down(search, i);
            return true;
        }
    }
    return false;
}

static bool is_shadowed(struct search *search, const struct rule *rule)
{
    struct products products;
    bool is_all_stopped = true;

    search->found_count = 0;
    search->needs_enrichment = false;
    if (search->count == 0 || rule->reads_rule)
        return false;
    products_init(&products, &rule->match);
    for (size_t i = 0; i < products.count && is_all_stopped; i++)
        is_all_stopped = is_stopped(search, &products.items[i]);
    products_finish(&products);
    return is_all_stopped;
}

static void append_found(struct buf *names, const struct search *search, const char *file)
{
    size_t shown = search->found_count < most_named ? search->found_count : most_named;

    for (size_t i = 0; i < shown; i++) {
        const struct rule *rule = search->found[i];
        bool is_here = strcmp(rule->file, file) == 0;
        const char *glue = i == 0 ? "" : i + 1 < search->found_count ? ", " : " and ";
        if (is_here)
            buf_printf(names, "%s\"%s\" (line %zu)", glue, rule->name, rule->line);
        else
            buf_printf(names, "%s\"%s\" (%s:%zu)", glue, rule->name, rule->file, rule->line);
    }
    if (search->found_count > shown)
        buf_puts(names, " and more");
}

static void warn(const struct search *search, const struct rule *rule, struct problems *problems)
{
    const struct place place = {rule->file, rule->line, rule->column};
    auto_buf struct buf names = {0};

    append_found(&names, search, rule->file);
    problem_warn(problems, place,
        "rule \"%s\" can never match%s: whatever it would match ends before it, at %s, which "
        "%s `stop: true`; move it up, or drop it",
        rule->name, search->needs_enrichment ? " unless a look-up fails" : "", buf_text(&names),
        search->found_count > 1 ? "have" : "has");
}

void shadows_find(const struct rule *rules, size_t count, struct problems *problems)
{
    auto_free const struct rule **stops = mem_alloc(count * sizeof(struct rule *));
    auto_free bool *posted = mem_alloc(count * sizeof *posted);
    struct search search = {.stops = stops, .is_posted = posted};

    for (size_t i = 0; i < count; i++) {
        if (is_shadowed(&search, &rules[i]))
            warn(&search, &rules[i], problems);
        add_stop(&search, &rules[i]);
    }
}
