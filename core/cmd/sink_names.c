#include "cmd/sink_names.h"

#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/yaml.h"

struct names {
    const char **items;
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return;
    names->items = mem_resize(names->items, (names->count + 1) * sizeof *names->items);
    names->items[names->count++] = name;
}

/* One entry of `send`: a name, or a map with one. */
static void add_send(struct names *names, const struct yaml *node)
{
    const struct yaml *name = node->kind == YAML_MAP ? yaml_get(node, "sink") : node;

    if (name && name->kind == YAML_SCALAR)
        add_name(names, name->text);
}

static void add_sends(struct names *names, const struct yaml *node)
{
    if (!node)
        return;
    if (node->kind != YAML_LIST)
        add_send(names, node);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        add_send(names, node->items[i]);
}

static void add_used(struct names *names, const struct yaml *document)
{
    const struct yaml *rules = yaml_get(document, "rules");

    add_sends(names, yaml_get(document, "unmatched"));
    for (size_t i = 0; rules && rules->kind == YAML_LIST && i < rules->count; i++)
        add_sends(names, yaml_get(rules->items[i], "send"));
}

const char **sink_names_collect(
    const struct config *config, const struct yaml *const *rules, size_t rules_count, size_t *count)
{
    const struct yaml *written = config_sink_names(config);
    struct names names = {0};

    for (size_t i = 0; written && i < written->count; i++)
        add_name(&names, written->entries[i].key->text);
    for (size_t i = 0; !written && i < rules_count; i++)
        add_used(&names, rules[i]);
    *count = names.count;
    return names.items;
}
