/* Compiles a template. A tag that stands alone on its line (spaces and tabs around it do not count)
 * takes the whole line with it, unless it shows a value; a partial that does keeps what stood
 * before it, to indent its lines. A line of an indented partial is indented where it begins in the
 * partial's text, so lines that vanish leave nothing: such beginnings are marked here. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "message/tag.h"
#include "message/template-private.h"

enum {
    deepest_section = 64,
};

struct parser {
    struct tag_scanner tags;
    struct template *template;
    struct template_fault *faults;
    size_t fault_count;
    size_t open[deepest_section]; /* the sections around, as indices of nodes */
    size_t open_count;
    bool is_unpaired;        /* ends and beginnings of sections do not match: that was said */
    size_t at, line, column; /* a place in the text; it only moves forward */
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static void move_to(struct parser *parser, size_t offset)
{
    for (; parser->at < offset; parser->at++) {
        if (parser->tags.text[parser->at] == '\n') {
            parser->line++;
            parser->column = 1;
        } else if (!is_continuation(parser->tags.text[parser->at])) {
            parser->column++;
        }
    }
}

/* A fault at the place that move_to() came to. Always false. */
__attribute__((format(printf, 2, 3))) static bool fail(
    struct parser *parser, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *reason = text_vformat(format, args);
    va_end(args);
    parser->faults = mem_resize(parser->faults, (parser->fault_count + 1) * sizeof *parser->faults);
    parser->faults[parser->fault_count++] =
        (struct template_fault){.line = parser->line, .column = parser->column, .reason = reason};
    return false;
}

static struct node *add_node(struct parser *parser, enum node_kind kind)
{
    struct template *template = parser->template;

    /* Doubles the room at each power of two. */
    if ((template->count & (template->count - 1)) == 0)
        template->nodes = mem_resize(
            template->nodes, (template->count ? template->count * 2 : 1) * sizeof *template->nodes);
    struct node *node = &template->nodes[template->count++];

    *node = (struct node){.kind = kind, .line = parser->line, .column = parser->column};
    return node;
}

static bool begins_line(const struct parser *parser, size_t offset)
{
    return offset == 0 || parser->tags.text[offset - 1] == '\n';
}

/* Literal text, a node for each line. */
static void add_text(struct parser *parser, size_t from, size_t to)
{
    const char *text = parser->tags.text;

    while (from < to) {
        const char *newline = memchr(text + from, '\n', to - from);
        size_t end = newline ? (size_t)(newline - text) + 1 : to;
        move_to(parser, from);
        struct node *node = add_node(parser, NODE_TEXT);
        node->begins_line = begins_line(parser, from);
        node->text = text + from;
        node->len = end - from;
        from = end;
    }
}

/* The line that a tag stands alone on. */
struct tag_line {
    size_t start, end; /* its line break included */
};

static bool find_line(const struct parser *parser, const struct tag *tag, struct tag_line *line)
{
    const char *text = parser->tags.text;
    size_t len = parser->tags.len;

    line->start = tag->start;
    line->end = tag->end;
    while (line->start > 0 && (text[line->start - 1] == ' ' || text[line->start - 1] == '\t'))
        line->start--;
    while (line->end < len && (text[line->end] == ' ' || text[line->end] == '\t'))
        line->end++;
    if (!begins_line(parser, line->start))
        return false;
    if (line->end == len)
        return true;
    line->end += text[line->end] == '\r';
    return line->end < len && text[line->end++] == '\n';
}

static bool set_path(struct parser *parser, struct node *node)
{
    auto_error struct error error = {0};
    const char *text = node->name;

    if (strncmp(text, "..", 2) == 0)
        return fail(parser,
            "\"%s\": a name that a section does not have is looked for outside of it anyway; "
            "write the name alone",
            text);
    node->is_local = *text == '.';
    text += node->is_local;
    if (!*text)
        return true;
    if (path_init(&node->path, text, &error))
        return true;
    return fail(parser, "%s", error_text(&error));
}

static bool set_name(struct parser *parser, struct node *node, const char *name, size_t len)
{
    node->name = text_copy_n(name, len);
    for (const char *byte = node->name; *byte; byte++) {
        if (is_tag_blank(*byte))
            return fail(parser,
                "\"%s\" is no name, there is a blank in it. What depends on a value is written "
                "{{#name}}...{{/name}}, or {{^name}}...{{/name}} for where it is missing",
                node->name);
        if (*byte == '{' || *byte == '}')
            return fail(parser, "\"%s\" is no name, there is a brace in it", node->name);
    }
    return true;
}

static void add_formats(struct parser *parser, struct node *node, const char *text, size_t len)
{
    auto_error struct error error = {0};
    size_t fault_at;

    if (formats_read(&node->formats, text, len, &fault_at, &error))
        return;
    move_to(parser, (size_t)(text - parser->tags.text) + fault_at);
    fail(parser, "%s", error_text(&error));
}

static void add_value(struct parser *parser, const struct tag *tag)
{
    struct node *node = add_node(parser, NODE_VALUE);
    const char *content = parser->tags.text + tag->content, *end = content + tag->content_len;
    const char *bar = memchr(content, '|', tag->content_len);
    size_t name_len = (size_t)((bar ? bar : end) - content);

    node->is_raw = tag->sigil != '\0';
    while (name_len > 0 && is_tag_blank(content[name_len - 1]))
        name_len--;
    if (name_len == 0)
        fail(parser, "a name is missing before \"|\"");
    else if (set_name(parser, node, content, name_len))
        set_path(parser, node);
    if (bar)
        add_formats(parser, node, bar + 1, (size_t)(end - bar) - 1);
}

/* False where nothing that follows can be understood. */
static bool add_section(struct parser *parser, const struct tag *tag)
{
    struct node *node = add_node(parser, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED);

    if (parser->open_count == deepest_section)
        return fail(parser, "sections are nested deeper than %d", deepest_section);
    parser->open[parser->open_count++] = parser->template->count - 1;
    if (!set_name(parser, node, parser->tags.text + tag->content, tag->content_len))
        return true;
    if (strchr(node->name, '|'))
        fail(parser, "\"%s\": a section takes no format, only a shown value does", node->name);
    else
        set_path(parser, node);
    return true;
}

/* Ends the section of that name that is open, and those in it; what else is open or not would be
 * only a consequence. */
static void end_unpaired(struct parser *parser, const struct node *end)
{
    size_t count = parser->open_count;

    while (
        count > 0 && strcmp(parser->template->nodes[parser->open[count - 1]].name, end->name) != 0)
        count--;
    if (count > 0)
        parser->open_count = count - 1;
    parser->is_unpaired = true;
}

static void add_end(struct parser *parser, const struct tag *tag)
{
    struct node *end = add_node(parser, NODE_END), *section = NULL;

    end->name = text_copy_n(parser->tags.text + tag->content, tag->content_len);
    if (parser->open_count > 0)
        section = &parser->template->nodes[parser->open[parser->open_count - 1]];
    if (section && strcmp(section->name, end->name) == 0) {
        section->end = parser->template->count - 1;
        parser->open_count--;
        return;
    }
    if (!parser->is_unpaired && section)
        fail(parser,
            "the end of section \"%s\" stands where section \"%s\" is open, which begins at line "
            "%zu, column %zu, and must end first",
            end->name, section->name, section->line, section->column);
    else if (!parser->is_unpaired)
        fail(parser, "the end of section \"%s\", but no section is open here", end->name);
    end_unpaired(parser, end);
}

static void add_partial(struct parser *parser, const struct tag *tag, const struct tag_line *line)
{
    struct node *node = add_node(parser, NODE_PARTIAL);

    if (line) {
        node->text = parser->tags.text + line->start;
        node->len = tag->start - line->start;
    }
    if (set_name(parser, node, parser->tags.text + tag->content, tag->content_len) &&
        node->name[0] == '*')
        fail(parser,
            "\"{{>%s}}\": a partial is named itself; names from data (dynamic names) are not "
            "supported",
            node->name);
}

/* line: the one that the tag stands alone on, or NULL. False as of add_section(). */
static bool add_tag(struct parser *parser, const struct tag *tag, const struct tag_line *line)
{
    switch (tag->sigil) {
    case '!':
    case '=':
        break;
    case '#':
    case '^':
        return add_section(parser, tag);
    case '/':
        add_end(parser, tag);
        break;
    case '>':
        add_partial(parser, tag, line);
        break;
    case '<':
    case '$':
        parser->is_unpaired = true; /* its end is that of no section */
        fail(parser,
            "\"{{%c\" (inheritance) is not supported; what templates share belongs into a partial, "
            "{{>name}}",
            tag->sigil);
        break;
    default:
        add_value(parser, tag);
    }
    return true;
}

static bool can_stand_alone(const struct tag *tag)
{
    return tag->sigil != '\0' && !strchr("{&", tag->sigil);
}

static void check_closed(struct parser *parser)
{
    for (size_t i = 0; i < parser->open_count && !parser->is_unpaired; i++) {
        const struct node *section = &parser->template->nodes[parser->open[i]];
        parser->line = section->line;
        parser->column = section->column;
        fail(parser, "section \"%s\" has no end: {{/%s}} is missing", section->name, section->name);
    }
}

static void add_all(struct parser *parser)
{
    auto_error struct error error = {0};
    enum tag_found found;
    struct tag_line line;
    struct tag tag;
    size_t from = 0;

    while ((found = tag_next(&parser->tags, &tag, &error)) == TAG_FOUND) {
        bool is_alone = can_stand_alone(&tag) && find_line(parser, &tag, &line);
        add_text(parser, from, is_alone ? line.start : tag.start);
        move_to(parser, tag.start);
        if (!is_alone && begins_line(parser, tag.start))
            add_node(parser, NODE_TEXT)->begins_line = true;
        if (!add_tag(parser, &tag, is_alone ? &line : NULL))
            return;
        from = is_alone ? line.end : tag.end;
    }
    if (found == TAG_BROKEN) {
        move_to(parser, tag.start);
        fail(parser, "%s", error_text(&error));
        return;
    }
    add_text(parser, from, parser->tags.len);
    check_closed(parser);
}

static bool check_bytes(struct parser *parser)
{
    const char *text = parser->tags.text;
    size_t len = parser->tags.len, step;

    for (size_t at = 0; at < len; at += step) {
        step = text[at] ? utf8_sequence(text + at, len - at) : 0;
        if (step > 0)
            continue;
        move_to(parser, at);
        return fail(parser, "byte 0x%02x is no UTF-8 text", (unsigned)(unsigned char)text[at]);
    }
    return true;
}

/* The template; a faulty one is fit for template_destroy() only. */
static struct template *parse(struct parser *parser, const char *text, size_t len)
{
    struct template *template = mem_alloc(sizeof *template);
    size_t mark = utf8_mark(text, len);

    *parser = (struct parser){.template = template, .line = 1, .column = 1};
    template->len = len - mark;
    template->text = text_copy_n(text + mark, template->len);
    tag_scanner_init(&parser->tags, template->text, template->len);
    if (check_bytes(parser))
        add_all(parser);
    return template;
}

static void parser_finish(struct parser *parser)
{
    for (size_t i = 0; i < parser->fault_count; i++)
        template_fault_finish(&parser->faults[i]);
    free(parser->faults);
}

struct template *template_compile(const char *text, size_t len, struct template_fault *fault)
{
    struct parser parser;
    struct template *template = parse(&parser, text, len);

    if (parser.fault_count > 0) {
        const struct template_fault *first = &parser.faults[0];
        template_fault_set(fault, first->line, first->column, TAKE(parser.faults[0].reason));
        template_destroy(template);
        template = NULL;
    }
    parser_finish(&parser);
    return template;
}

bool template_check(const char *text, size_t len, template_fault_visitor visit, void *arg)
{
    struct parser parser;
    bool is_fine;

    template_destroy(parse(&parser, text, len));
    is_fine = parser.fault_count == 0;
    for (size_t i = 0; i < parser.fault_count; i++)
        visit(&parser.faults[i], arg);
    parser_finish(&parser);
    return is_fine;
}
