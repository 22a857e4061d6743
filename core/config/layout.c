#include "config/layout.h"

#include <stdbool.h>
#include <string.h>

#include "config/source.h"
#include "config/yaml.h"

/* `&name ` before the value, where there is one. */
static size_t anchor_span(const char *text, size_t len)
{
    size_t at = 0;

    if (len == 0 || text[0] != '&')
        return 0;
    while (at < len && text[at] > ' ')
        at++;
    while (at < len && (text[at] == ' ' || text[at] == '\t'))
        at++;
    return at;
}

static bool stands_at(const struct source *source, size_t offset, const char *text, size_t len)
{
    return offset <= source->len && len <= source->len - offset &&
           memcmp(source->text + offset, text, len) == 0;
}

static void find_in_line(struct source *source, const yaml_node_t *from, struct yaml *node)
{
    size_t start = source_offset(source, from->start_mark.index);
    size_t before = anchor_span(source->text + start, source->len - start);

    if (from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        before++; /* the quote */
    if (strchr(node->text, '\n') ||
        !stands_at(source, start + before, node->text, strlen(node->text)))
        return;
    node->text_line = node->place.line;
    node->text_column = node->place.column + before;
}

/* Whether lines end in it that are none for us (config/source.h). */
static bool has_other_breaks(struct source *source, const yaml_node_t *from)
{
    size_t start = source_offset(source, from->start_mark.index), breaks = 0;
    size_t end = source_offset(source, from->end_mark.index);

    for (size_t i = start; i < end; i++)
        breaks += source->text[i] == '\n';
    return from->end_mark.line - from->start_mark.line != breaks;
}

/* The text's first line that is not empty tells by how much all are indented. */
static void find_in_block(struct source *source, const yaml_node_t *from, struct yaml *node)
{
    size_t header = source_offset(source, from->start_mark.index);
    size_t empty = strspn(node->text, "\n");
    const char *line = node->text + empty;
    size_t len = strcspn(line, "\n"), start = header, end = source_line_end(source, header);

    for (size_t i = 0; i <= empty && end < source->len; i++) {
        start = end + 1;
        end = source_line_end(source, start);
    }
    if (end > start && source->text[end - 1] == '\r')
        end--;
    if (end - start <= len || !stands_at(source, end - len, line, len))
        return;
    node->text_line = node->place.line + 1;
    node->text_column = end - start - len + 1;
}

void layout_find(struct source *source, const yaml_node_t *from, struct yaml *node)
{
    if (has_other_breaks(source, from))
        return;
    if (from->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
        find_in_block(source, from, node);
    else if (from->data.scalar.style != YAML_FOLDED_SCALAR_STYLE)
        find_in_line(source, from, node);
}
