/* Lists of networks: whom a hook lets in, which proxies are believed. */
#include "config/config-private.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/network.h"
#include "config/shape.h"
#include "config/yaml.h"

/* An address of either kind, with or without a prefix. */
#define NETWORK                                                                                    \
    "^([0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,2})?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?)$"

json_t *networks_shape(const char *description)
{
    json_t *network = json_pack("{s:s, s:s}", "type", "string", "pattern", NETWORK "|\\$\\{");

    return json_pack("{s:s, s:[o, {s:s, s:O, s:i}]}", "description", description, "anyOf", network,
        "type", "array", "items", network, "minItems", 1);
}

static void add_network(struct networks *networks, const struct yaml *node, const char *key,
    const char *subject, struct problems *problems)
{
    auto_error struct error error = {0};

    if (node->is_faulty)
        return;
    if (node->kind != YAML_SCALAR) {
        problem_add(problems, node->place, "%s: \"%s\" must be a list of networks, not %s in it",
            subject, key, yaml_describe(node));
        return;
    }
    if (network_parse(node->text, &networks->items[networks->count], &error))
        networks->count++;
    else if (node->written)
        problem_add(problems, node->place,
            "%s: \"%s\": the value of %s is no network; they are written 10.0.0.0/8 and "
            "2001:db8::/32",
            subject, key, node->written);
    else
        problem_add(problems, node->place, "%s: \"%s\": %s", subject, key, error_text(&error));
}

struct networks *networks_read(
    const struct yaml *map, const char *key, const char *subject, struct problems *problems)
{
    const struct yaml *node = yaml_get(map, key);
    struct networks *networks = mem_alloc(sizeof *networks);

    if (!node || node->is_faulty)
        return networks;
    networks->items = mem_alloc((node->count + 1) * sizeof *networks->items);
    if (node->kind == YAML_SCALAR)
        add_network(networks, node, key, subject, problems);
    else if (node->kind != YAML_LIST)
        problem_add(problems, node->place, "%s: \"%s\" must be a list of networks, not %s", subject,
            key, yaml_describe(node));
    else if (node->count == 0)
        problem_add(problems, node->place,
            "%s: \"%s\" is an empty list; leave it out, or say which networks", subject, key);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        add_network(networks, node->items[i], key, subject, problems);
    return networks;
}

void networks_destroy(struct networks *networks)
{
    if (networks)
        free(networks->items);
    free(networks);
}
