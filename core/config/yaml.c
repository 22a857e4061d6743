/* The nodes. How they come out of a file: yaml_load.c. */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
    longest_shown = 60, /* bytes of a text in a message */
};

/* Texts may be secrets: they are wiped. */
static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* As deep as yaml_load.c let it become. */
void yaml_destroy(struct yaml *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST) {
            yaml_destroy(node->items[i]);
        } else {
            yaml_destroy(node->entries[i].key);
            yaml_destroy(node->entries[i].value);
        }
    }
    free(node->items);
    free(node->entries);
    wipe(node->text);
    free(node->written);
    free(node->sources);
    free(node->file);
    wipe(node->whole);
    free(node);
}

/* As deep as YAML was nested, which is bounded. */
bool yaml_equals(const struct yaml *a, const struct yaml *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count || !text_equals(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == YAML_LIST && !yaml_equals(a->items[i], b->items[i]))
            return false;
        if (a->kind == YAML_MAP && (!yaml_equals(a->entries[i].key, b->entries[i].key) ||
                                       !yaml_equals(a->entries[i].value, b->entries[i].value)))
            return false;
    }
    return true;
}

struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value;
    return NULL;
}

const char *yaml_describe(const struct yaml *node)
{
    switch (node->kind) {
    case YAML_NULL:
        return node->has_comment ? "nothing (what follows # is a comment; quote it if it is meant)"
                                 : "nothing";
    case YAML_SCALAR:
        return "a text";
    case YAML_LIST:
        return "a list";
    case YAML_MAP:
        return "a map";
    }
    return "nothing";
}

char *yaml_show(const struct yaml *node)
{
    if (node->kind != YAML_SCALAR)
        return text_copy(yaml_describe(node));
    if (node->written)
        return text_format("the value of %s", node->written);
    size_t len = strlen(node->text);
    size_t cut = len > longest_shown ? utf8_cut(node->text, len, longest_shown) : len;
    char *shown = text_format("\"%.*s%s\"", (int)cut, node->text, cut < len ? "..." : "");
    utf8_blank_controls(shown);
    return shown;
}
