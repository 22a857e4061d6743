#include "cmd/difference.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "config/yaml.h"
#include "event/value.h"

/* What a configuration may have many of, by name. */
struct named {
    const char *name;
    const struct yaml *node;
};

struct inventory {
    struct named *items; /* owned; what they point to is not */
    size_t count;
};

static void add_named(struct inventory *inventory, const char *name, const struct yaml *node)
{
    inventory->items =
        mem_resize(inventory->items, (inventory->count + 1) * sizeof *inventory->items);
    inventory->items[inventory->count++] = (struct named){name, node};
}

static struct inventory inventory_of_block(const struct setup *setup, const char *key)
{
    const struct yaml *block = yaml_get(setup->config->document, key);
    struct inventory inventory = {0};

    for (size_t i = 0; block && block->kind == YAML_MAP && i < block->count; i++)
        add_named(&inventory, block->entries[i].key->text, block->entries[i].value);
    return inventory;
}

static struct inventory inventory_of_rules(const struct setup *setup)
{
    struct inventory inventory = {0};

    for (size_t i = 0; i < setup->rule_document_count; i++) {
        const struct yaml *rules = yaml_get(setup->rule_documents[i], "rules");
        for (size_t j = 0; rules && rules->kind == YAML_LIST && j < rules->count; j++) {
            const struct yaml *name = yaml_get(rules->items[j], "name");
            if (name && name->kind == YAML_SCALAR)
                add_named(&inventory, name->text, rules->items[j]);
        }
    }
    return inventory;
}

static const struct named *find(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->items[i].name, name) == 0)
            return &inventory->items[i];
    return NULL;
}

static json_t *compare(const struct inventory *before, const struct inventory *after)
{
    json_t *added = json_array(), *removed = json_array(), *changed = json_array();

    for (size_t i = 0; i < after->count; i++) {
        const struct named *now = &after->items[i], *then = find(before, now->name);
        if (!then)
            json_array_append_new(added, value_of_text(now->name));
        else if (!yaml_equals(then->node, now->node))
            json_array_append_new(changed, value_of_text(now->name));
    }
    for (size_t i = 0; i < before->count; i++)
        if (!find(after, before->items[i].name))
            json_array_append_new(removed, value_of_text(before->items[i].name));
    return json_pack("{s:o,s:o,s:o}", "added", added, "removed", removed, "changed", changed);
}

/* Whether those that both have stand in another order. */
static bool are_reordered(const struct inventory *before, const struct inventory *after)
{
    const struct named *last = before->items;

    for (size_t i = 0; i < after->count; i++) {
        const struct named *then = find(before, after->items[i].name);
        if (then && then < last)
            return true;
        if (then)
            last = then;
    }
    return false;
}

static json_t *compare_blocks(
    const struct setup *before, const struct setup *after, const char *key)
{
    struct inventory then = inventory_of_block(before, key), now = inventory_of_block(after, key);
    json_t *result = compare(&then, &now);

    free(then.items);
    free(now.items);
    return result;
}

static json_t *compare_rules(const struct setup *before, const struct setup *after)
{
    struct inventory then = inventory_of_rules(before), now = inventory_of_rules(after);
    json_t *result = compare(&then, &now);

    json_object_set_new(result, "reordered", json_boolean(are_reordered(&then, &now)));
    free(then.items);
    free(now.items);
    return result;
}

static void note_settings(
    json_t *settings, const struct yaml *document, const struct yaml *other, bool only_missing)
{
    for (size_t i = 0; document && document->kind == YAML_MAP && i < document->count; i++) {
        const char *key = document->entries[i].key->text;
        const struct yaml *theirs = yaml_get(other, key);
        if (strcmp(key, "sinks") == 0 || strcmp(key, "hooks") == 0 || strncmp(key, "x-", 2) == 0 ||
            strcmp(key, "rules") == 0)
            continue;
        if (only_missing ? !theirs : !yaml_equals(document->entries[i].value, theirs))
            json_array_append_new(settings, value_of_text(key));
    }
}

/* The keys of tocsin.yaml, and those of the rules files beside `rules`, whose values differ. */
static json_t *compare_settings(const struct setup *before, const struct setup *after)
{
    json_t *settings = json_array();
    size_t files = before->rule_document_count;

    note_settings(settings, after->config->document, before->config->document, false);
    note_settings(settings, before->config->document, after->config->document, true);
    for (size_t i = 0; i < files && files == after->rule_document_count; i++) {
        note_settings(settings, after->rule_documents[i], before->rule_documents[i], false);
        note_settings(settings, before->rule_documents[i], after->rule_documents[i], true);
    }
    return settings;
}

json_t *difference_problems(const struct problems *problems)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        auto_free char *line = problem_format(&problems->items[i]);
        json_array_append_new(lines, value_of_text(line));
    }
    return lines;
}

json_t *difference_report(const struct setup *before, const struct setup *after)
{
    return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o}", "reloaded", 1, "sinks",
        compare_blocks(before, after, "sinks"), "hooks", compare_blocks(before, after, "hooks"),
        "rules", compare_rules(before, after), "settings", compare_settings(before, after),
        "warnings", difference_problems(&after->problems));
}

static void append_names(struct buf *words, const json_t *names, const char *mark)
{
    const json_t *name;
    size_t i;

    json_array_foreach (names, i, name)
        buf_printf(words, " %s%s", mark, json_string_value(name));
}

static void append_kind(struct buf *words, const json_t *report, const char *kind)
{
    const json_t *changes = json_object_get(report, kind);
    auto_buf struct buf names = {0};

    append_names(&names, json_object_get(changes, "added"), "+");
    append_names(&names, json_object_get(changes, "removed"), "-");
    append_names(&names, json_object_get(changes, "changed"), "~");
    if (json_is_true(json_object_get(changes, "reordered")))
        buf_puts(&names, " in another order");
    if (names.len > 0)
        buf_printf(words, "%s%s:%s", words->len ? "; " : "", kind, buf_text(&names));
}

char *difference_words(const json_t *report)
{
    struct buf words = {0};
    auto_buf struct buf settings = {0};

    append_kind(&words, report, "sinks");
    append_kind(&words, report, "hooks");
    append_kind(&words, report, "rules");
    append_names(&settings, json_object_get(report, "settings"), "");
    if (settings.len > 0)
        buf_printf(&words, "%schanged:%s", words.len ? "; " : "", buf_text(&settings));
    if (words.len == 0)
        buf_puts(&words, "nothing differs");
    return buf_take(&words);
}
