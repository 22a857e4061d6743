/* A configuration file: YAML, and the ${...} in its values. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/expand.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "demand.h"
#include "harness.h"
#include "places.h"

static const char name[] = "tocsin.yaml";
static const char secret[] = "hunter2/${URL}";

enum {
    deepest = 64,
    most_nodes = 100000,
};

struct inspection {
    const struct places *places;
    const char *file; /* the root's */
    size_t nodes, faulty;
};

static void inspect(struct inspection *inspection, const struct yaml *node, int depth);

/* What the file has where the node says that it stands; an anchor or a tag stands before all. */
static void demand_beginning(const struct inspection *inspection, const struct yaml *node)
{
    const struct places *places = inspection->places;
    size_t at = places_offset(places, node->place.line, node->place.column);
    char found = at < places->len ? places->text[at] : '\0';

    if (found == '&' || found == '!')
        return;
    if (node->kind == YAML_LIST)
        DEMAND(found == '[' || found == '-');
    else if (node->kind == YAML_SCALAR && node->quoted)
        DEMAND(found != '\0' && strchr("\"'|>", found));
    else if (node->kind != YAML_MAP && node->text[0] != '\0')
        DEMAND_OF(found == node->text[0], node->text);
}

static void inspect_text(const struct yaml *node)
{
    auto_free char *shown = yaml_show(node);

    DEMAND(node->text != NULL);
    demand_words(shown);
}

/* yaml_get() finds each entry, so no two have one key. */
static void demand_entry(const struct yaml *map, const struct yaml_entry *entry)
{
    DEMAND(entry->key->kind == YAML_SCALAR);
    if (map->count <= 64)
        DEMAND(yaml_get(map, entry->key->text) == entry->value);
}

static void inspect_inside(struct inspection *inspection, const struct yaml *node, int depth)
{
    DEMAND(depth < deepest);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST) {
            inspect(inspection, node->items[i], depth + 1);
            continue;
        }
        demand_entry(node, &node->entries[i]);
        inspect(inspection, node->entries[i].key, depth + 1);
        inspect(inspection, node->entries[i].value, depth + 1);
    }
}

static void inspect(struct inspection *inspection, const struct yaml *node, int depth)
{
    DEMAND(++inspection->nodes <= most_nodes);
    DEMAND(node->place.file == inspection->file);
    inspection->faulty += node->is_faulty;
    if (!node->is_faulty)
        demand_beginning(inspection, node);
    if (node->kind == YAML_LIST || node->kind == YAML_MAP)
        inspect_inside(inspection, node, depth);
    else
        inspect_text(node);
}

static const char *variable(const char *variable_name)
{
    if (strcmp(variable_name, "URL") == 0)
        return secret;
    return strcmp(variable_name, "EMPTY") == 0 ? "" : NULL;
}

static void demand_hidden(const struct yaml *node)
{
    auto_free char *shown = yaml_show(node);

    DEMAND_OF(!strstr(shown, secret), shown);
    for (size_t i = 0; i < node->count; i++)
        demand_hidden(node->kind == YAML_LIST ? node->items[i] : node->entries[i].value);
}

/* Every fault is one more problem, and nothing that is shown tells the secret. */
static void expand(struct yaml *root, struct problems *problems)
{
    size_t before = problems->error_count;
    bool is_whole = expand_values(root, variable, problems);

    DEMAND(is_whole == (problems->error_count == before));
    demand_hidden(root);
    for (size_t i = 0; i < problems->count; i++)
        DEMAND_OF(!strstr(problems->items[i].text, secret), problems->items[i].text);
}

static void load(const char *text, size_t len, const struct places *places)
{
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *root = yaml_load_text(name, text, len, &problems);
    struct inspection inspection = {.places = places};

    if (root) {
        DEMAND(strcmp(root->file, name) == 0);
        inspection.file = root->file;
        inspect(&inspection, root, 0);
        /* What a file says may name any other one, or be the secret itself. */
        if (!memmem(text, len, "file:", 5) && !memmem(text, len, "hunter2", 7))
            expand(root, &problems);
    } else {
        DEMAND(problems.error_count > 0);
    }
    DEMAND(inspection.faulty == 0 || problems.error_count > 0);
    problems_sort(&problems);
    for (size_t i = 0; i < problems.count; i++)
        places_demand(places, &problems.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct places places;

    places_init(&places, name, (const char *)data, size);
    load((const char *)data, size, &places);
    places_finish(&places);
    return 0;
}
