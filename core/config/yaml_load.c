/* From libyaml's document, in which nodes name each other by number and an alias is a number that
 * comes again, to a tree in which every node is its own: what is expanded in one place does not
 * change another. */
#include "config/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/layout.h"
#include "config/source.h"
#include "config/syntax.h"

enum {
    max_depth = 64,
    max_nodes = 100000,
    max_bytes = 4 << 20,
};

struct loader {
    yaml_document_t *document;
    struct source *source;
    struct problems *problems;
    const struct place *places; /* per node of the document */
    bool *open; /* per node of the document: it is being built, so an alias to it is a circle */
    size_t depth, nodes, bytes;
    bool is_entry; /* what is built next is one of a list */
    bool is_full;  /* a limit was passed; the tree is of no use any more */
};

static struct yaml *build(struct loader *loader, int id);

static struct place place_of(const struct loader *loader, const yaml_node_t *from)
{
    return loader->places[from - loader->document->nodes.start];
}

static struct yaml *node_create(enum yaml_kind kind, struct place place)
{
    struct yaml *node = mem_alloc(sizeof *node);

    node->kind = kind;
    node->place = place;
    return node;
}

/* Stands for what could not be built; its readers stay silent. */
static struct yaml *faulty_node(struct place place)
{
    struct yaml *node = node_create(YAML_NULL, place);

    node->text = text_copy("");
    node->is_faulty = true;
    return node;
}

/* Plain, empty or ~ or null. */
static bool is_null(const yaml_node_t *from)
{
    const char *text = (const char *)from->data.scalar.value;

    return from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* `channel: #soc` is an empty value and a comment. */
static bool is_before_comment(const struct loader *loader, const yaml_node_t *from)
{
    const struct source *source = loader->source;
    size_t at = source_offset(loader->source, from->end_mark.index);

    while (at < source->len && (source->text[at] == ' ' || source->text[at] == '\t'))
        at++;
    return at < source->len && source->text[at] == '#';
}

static struct yaml *build_scalar(struct loader *loader, const yaml_node_t *from)
{
    struct place place = place_of(loader, from);
    const char *text = (const char *)from->data.scalar.value;
    size_t len = from->data.scalar.length;

    if (memchr(text, '\0', len)) {
        problem_add(loader->problems, place, "a text may not hold the character \\0");
        return faulty_node(place);
    }
    struct yaml *node = node_create(is_null(from) ? YAML_NULL : YAML_SCALAR, place);
    node->text = text_copy_n(text, len);
    node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->has_comment = node->kind == YAML_NULL && is_before_comment(loader, from);
    if (strstr(node->text, "{{"))
        layout_find(loader->source, from, node);
    loader->bytes += len;
    return node;
}

static struct yaml *build_list(struct loader *loader, const yaml_node_t *from)
{
    const yaml_node_item_t *first = from->data.sequence.items.start;
    size_t count = (size_t)(from->data.sequence.items.top - first);
    struct yaml *node = node_create(YAML_LIST, place_of(loader, from));

    node->items = mem_alloc((count + 1) * sizeof(struct yaml *));
    for (size_t i = 0; i < count && !loader->is_full; i++) {
        loader->is_entry = true;
        node->items[node->count++] = build(loader, first[i]);
    }
    loader->is_entry = false;
    return node;
}

/* Says what is wrong with a key; true if it is fit to be one. */
static bool check_key(struct loader *loader, const yaml_node_t *key)
{
    struct place place = place_of(loader, key);

    if (key->type != YAML_SCALAR_NODE) {
        problem_add(loader->problems, place, "a key must be a text, not a %s",
            key->type == YAML_MAPPING_NODE ? "map" : "list");
        return false;
    }
    bool is_plain = key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    static const char no_break_space[] = "\xc2\xa0";
    const char *text = (const char *)key->data.scalar.value;
    if (is_plain && *text == '\0') {
        problem_add(loader->problems, place, "a key is missing before the \":\"");
        return false;
    }
    if (is_plain && strncmp(text, no_break_space, strlen(no_break_space)) == 0) {
        problem_add(loader->problems, place,
            "a no-break space (U+00A0) stands here, which does not indent; write blanks");
        return false;
    }
    if (is_plain && strcmp(text, "<<") == 0) {
        problem_add(loader->problems, place,
            "merge keys (<<) are not supported; write the keys out, or use an alias for a whole "
            "value");
        return false;
    }
    return true;
}

static int compare_entries(const void *left, const void *right)
{
    const struct yaml_entry *a = *(const struct yaml_entry *const *)left;
    const struct yaml_entry *b = *(const struct yaml_entry *const *)right;
    int order = strcmp(a->key->text, b->key->text);

    return order ? order : (a > b) - (a < b);
}

/* The line in which a list's entry seems to begin anew, since the key that it begins with comes
 * again: the "- " before it is missing. SIZE_MAX where that is not so. */
static size_t second_entry_line(const struct yaml *map)
{
    for (size_t i = 1; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, map->entries[0].key->text) == 0 &&
            map->entries[i].key->place.line > map->entries[0].key->place.line)
            return map->entries[i].key->place.line;
    return SIZE_MAX;
}

/* The later of two entries with one key goes; its key is NULL afterwards. Where a "- " is missing,
 * it is the first key that tells; all that follow come again for the same reason. */
static void drop_duplicate(struct loader *loader, const struct yaml_entry *first,
    struct yaml_entry *again, size_t second_line)
{
    auto_free char *shown = yaml_show(again->key);
    size_t line = again->key->place.line;

    if (line <= second_line)
        problem_add(loader->problems, again->key->place,
            "duplicate key %s; it stands in line %zu too%s", shown, first->key->place.line,
            line == second_line ? "; if another entry begins here, a \"- \" is missing before it"
                                : "");
    yaml_destroy(again->key);
    yaml_destroy(again->value);
    again->key = NULL;
}

static void drop_duplicates(struct loader *loader, struct yaml *map, bool is_entry)
{
    size_t second_line = is_entry && map->count > 0 ? second_entry_line(map) : SIZE_MAX;
    auto_free struct yaml_entry **sorted =
        mem_alloc((map->count + 1) * sizeof(struct yaml_entry *));
    struct yaml_entry *first = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++)
        sorted[i] = &map->entries[i];
    qsort(sorted, map->count, sizeof(struct yaml_entry *), compare_entries);
    for (size_t i = 0; i < map->count; i++) {
        if (first && strcmp(first->key->text, sorted[i]->key->text) == 0)
            drop_duplicate(loader, first, sorted[i], second_line);
        else
            first = sorted[i];
    }
    for (size_t i = 0; i < map->count; i++)
        if (map->entries[i].key)
            map->entries[kept++] = map->entries[i];
    map->count = kept;
}

/* The key `null` is a word. */
static void build_entry(struct loader *loader, const yaml_node_pair_t *from, struct yaml *map)
{
    if (!check_key(loader, yaml_document_get_node(loader->document, from->key))) {
        map->has_lost_keys = true;
        return;
    }
    struct yaml *key = build(loader, from->key);
    if (key->is_faulty) {
        map->has_lost_keys = true;
        yaml_destroy(key);
        return;
    }
    key->kind = YAML_SCALAR;
    map->entries[map->count++] = (struct yaml_entry){key, build(loader, from->value)};
}

static struct yaml *build_map(struct loader *loader, const yaml_node_t *from)
{
    bool is_entry = loader->is_entry;
    const yaml_node_pair_t *first = from->data.mapping.pairs.start;
    size_t count = (size_t)(from->data.mapping.pairs.top - first);
    struct yaml *node = node_create(YAML_MAP, place_of(loader, from));

    node->entries = mem_alloc((count + 1) * sizeof *node->entries);
    loader->is_entry = false;
    for (size_t i = 0; i < count && !loader->is_full; i++)
        build_entry(loader, &first[i], node);
    drop_duplicates(loader, node, is_entry);
    return node;
}

/* `title: {{title}}` is, for YAML, a map with a map as its key. */
static bool is_double_brace(const struct loader *loader, const yaml_node_t *from)
{
    if (from->type != YAML_MAPPING_NODE || from->data.mapping.style != YAML_FLOW_MAPPING_STYLE ||
        from->data.mapping.pairs.start == from->data.mapping.pairs.top)
        return false;
    const yaml_node_t *key =
        yaml_document_get_node(loader->document, from->data.mapping.pairs.start->key);
    return key->type == YAML_MAPPING_NODE && key->start_mark.index == from->start_mark.index + 1;
}

/* The node becomes the text that was meant, so that its reader finds nothing else to complain of.
 */
static struct yaml *build_double_brace(struct loader *loader, const yaml_node_t *from)
{
    struct yaml *node = node_create(YAML_SCALAR, place_of(loader, from));
    size_t start = source_offset(loader->source, from->start_mark.index);
    size_t end = source_offset(loader->source, from->end_mark.index);

    problem_add(
        loader->problems, node->place, "an unquoted {{ begins a map here; quote it: \"{{...}}\"");
    node->text = text_copy_n(loader->source->text + start, end - start);
    node->quoted = true;
    node->is_faulty = true;
    loader->bytes += end - start;
    return node;
}

static bool has_default_tag(const yaml_node_t *from)
{
    static const char *const tags[] = {
        [YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
        [YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
        [YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
    };

    return strcmp((const char *)from->tag, tags[from->type]) == 0;
}

static struct yaml *refuse(struct loader *loader, const yaml_node_t *from, const char *why)
{
    struct place place = place_of(loader, from);

    problem_add(loader->problems, place, "%s", why);
    return faulty_node(place);
}

/* Limits hold for the whole file; the first that is passed ends the building. */
static struct yaml *refuse_all(struct loader *loader, const yaml_node_t *from, const char *why)
{
    loader->is_full = true;
    return refuse(loader, from, why);
}

static struct yaml *build_kind(struct loader *loader, const yaml_node_t *from)
{
    if (is_double_brace(loader, from))
        return build_double_brace(loader, from);
    if (from->type == YAML_SCALAR_NODE)
        return build_scalar(loader, from);
    if (from->type == YAML_SEQUENCE_NODE)
        return build_list(loader, from);
    return build_map(loader, from);
}

static struct yaml *build(struct loader *loader, int id)
{
    const yaml_node_t *from = yaml_document_get_node(loader->document, id);

    if (++loader->nodes > max_nodes)
        return refuse_all(loader, from, "more than 100,000 values, aliases counted");
    if (loader->bytes > max_bytes)
        return refuse_all(loader, from, "more than 4 MiB of text, aliases counted");
    if (loader->open[id])
        return refuse(loader, from, "an alias stands inside of what it names");
    if (loader->depth == max_depth && from->type != YAML_SCALAR_NODE)
        return refuse(loader, from, "nested deeper than 64 levels");
    if (!has_default_tag(from))
        return refuse(
            loader, from, "tags (!...) are not supported; quote a text that begins with !");
    loader->open[id] = true;
    loader->depth++;
    struct yaml *node = build_kind(loader, from);
    loader->depth--;
    loader->open[id] = false;
    return node;
}

/* The nodes stand in the order in which they begin, so one passage through the text is enough. */
static struct place *find_places(
    const yaml_document_t *document, size_t count, struct source *source)
{
    struct place *places = mem_alloc((count + 1) * sizeof *places);
    struct place place = {source->file, 1, 1};
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        size_t start = source_offset(source, document->nodes.start[i].start_mark.index);
        assert(start >= at);
        source_advance(source, &place, at, start);
        places[i] = place;
        at = start;
    }
    return places;
}

static struct yaml *build_root(
    yaml_document_t *document, struct source *source, struct problems *problems)
{
    size_t count = (size_t)(document->nodes.top - document->nodes.start);
    auto_free bool *open = mem_alloc((count + 1) * sizeof *open);
    auto_free struct place *places = find_places(document, count, source);
    struct loader loader = {.document = document,
        .source = source,
        .problems = problems,
        .places = places,
        .open = open};
    struct yaml *root;

    if (count == 0)
        return node_create(YAML_MAP, (struct place){source->file, 1, 1});
    root = build(&loader, 1);
    if (loader.is_full) {
        yaml_destroy(root);
        return NULL;
    }
    if (root->kind == YAML_NULL && !root->is_faulty)
        root->kind = YAML_MAP;
    return root;
}

/* A second document would be overlooked in silence. */
static bool is_last(yaml_parser_t *parser, struct source *source, struct problems *problems)
{
    yaml_document_t document;

    if (!yaml_parser_load(parser, &document)) {
        syntax_report(parser, source, problems);
        return false;
    }
    const yaml_node_t *second = yaml_document_get_root_node(&document);
    if (second)
        problem_add(problems,
            source_place(source, source_offset(source, document.start_mark.index)),
            "a second document begins here; a file holds one");
    yaml_document_delete(&document);
    return !second;
}

static struct yaml *parse(yaml_parser_t *parser, struct source *source, struct problems *problems)
{
    yaml_document_t document;

    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->len);
    if (!yaml_parser_load(parser, &document)) {
        syntax_report(parser, source, problems);
        return NULL;
    }
    bool is_empty = !yaml_document_get_root_node(&document);
    struct yaml *root = build_root(&document, source, problems);
    yaml_document_delete(&document);
    if (root && !is_empty && !is_last(parser, source, problems)) {
        yaml_destroy(root);
        return NULL;
    }
    return root;
}

struct yaml *yaml_load_text(
    const char *name, const char *text, size_t len, struct problems *problems)
{
    auto_free char *file = text_copy(name);
    size_t start = utf8_mark(text, len);
    struct source source = {.file = file, .text = text + start, .len = len - start};
    yaml_parser_t parser;

    if (len > max_bytes) {
        problem_add(problems, (struct place){.file = file}, "larger than 4 MiB");
        return NULL;
    }
    if (!yaml_parser_initialize(&parser))
        mem_exhausted();
    struct yaml *root = parse(&parser, &source, problems);
    yaml_parser_delete(&parser);
    if (!root)
        return NULL;
    root->file = TAKE(file);
    root->whole = text_copy_n(source.text, source.len);
    return root;
}

/* Reads past the limit by no more than a chunk, so that yaml_load_text() sees the excess. */
static bool read_file(const char *path, struct buf *text)
{
    auto_fclose FILE *file = fopen(path, "re");
    char chunk[16 << 10];
    size_t got = file ? fread(chunk, 1, sizeof chunk, file) : 0;

    while (got > 0 && text->len <= max_bytes) {
        buf_append(text, chunk, got);
        got = fread(chunk, 1, sizeof chunk, file);
    }
    return file && !ferror(file);
}

struct yaml *yaml_load_file(const char *path, struct problems *problems)
{
    auto_buf struct buf text = {0};

    errno = 0;
    if (!read_file(path, &text)) {
        problem_add(problems, (struct place){.file = path}, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    return yaml_load_text(path, buf_text(&text), text.len, problems);
}
