#include "config/syntax.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/cleanup.h"
#include "config/source.h"

/* One who writes `title: {{title}}` or `{url: ${URL}}` hears of a mapping that does not end, mostly
 * elsewhere. So these are looked for first, in the lines that the parser names. */
struct trap {
    const char *opening;
    const char *words;
};

static const struct trap traps[] = {
    {"{{", "an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"${", "an unquoted ${ inside {...} or [...] begins a map here; quote it: \"${...}\""},
};

/* Where the opening stands outside of quotes in the bytes from..to; to if nowhere. */
static size_t find_unquoted(
    const struct source *source, size_t from, size_t to, const char *opening)
{
    char quote = '\0';

    for (size_t at = from; at + 1 < to; at++) {
        char byte = source->text[at];
        if (quote) {
            quote = byte == quote ? '\0' : quote;
        } else if ((byte == '"' || byte == '\'') && at > from &&
                   strchr(" \t[{,", source->text[at - 1])) {
            quote = byte;
        } else if (memcmp(source->text + at, opening, 2) == 0) {
            return at;
        }
    }
    return to;
}

/* `a: ${X}` in block style is fine: a ${ is a trap only where a flow map or list is open. */
static bool is_trap(const struct source *source, const struct trap *trap, size_t start, size_t at)
{
    if (trap->opening[0] == '{')
        return true;
    return memchr(source->text + start, '{', at - start) ||
           memchr(source->text + start, '[', at - start);
}

static bool report_trap(const struct source *source, size_t offset, struct problems *problems)
{
    size_t start = source_line_start(source, offset), end = source_line_end(source, offset);

    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        size_t at = find_unquoted(source, start, end, traps[i].opening);
        if (at < end && is_trap(source, &traps[i], start, at)) {
            problem_add(problems, source_place(source, at), "%s", traps[i].words);
            return true;
        }
    }
    return false;
}

/* What to do about a complaint: part of libyaml's words, and what stands at the place (any of these
 * bytes; NULL: whatever). */
struct cure {
    const char *complaint;
    const char *bytes;
    const char *words;
};

static const struct cure cures[] = {
    {"cannot start any token", "\t", "indent with blanks, not with tabs"},
    {"cannot start any token", NULL, "quote a text that begins with @ ` or %"},
    {"a tab character", NULL, "indent with blanks, not with tabs"},
    {"mapping values are not allowed", NULL, "quote a text that holds \": \""},
    {"mapping keys are not allowed", NULL, "quote a text that begins with ?"},
    {"block sequence entries are not allowed", NULL, "quote a text that begins with \"- \""},
    {"undefined alias", NULL, "quote a text that begins with *"},
    {"alphabetic or numeric character", NULL, "quote a text that begins with * or &"},
    {"expected comment or line break", NULL, "quote a text that begins with | or >"},
    {"non-alphabetical character", NULL, "quote a text that begins with %"},
    {"could not find expected ':'", NULL, "a key needs \": \" and a value"},
    {"unexpected end of stream", NULL, "a quote is not closed"},
    {"duplicate anchor", NULL, "give each anchor (&name) a name of its own"},
    {"did not find expected ',' or '}'", NULL,
        "close the map with }, or quote the text that begins with {"},
    {"did not find expected ',' or ']'", NULL,
        "close the list with ], or quote the text that begins with ["},
    {"did not find expected key", NULL,
        "check the indentation, and quote a text that begins with [ { \" or '"},
};

static const char *cure_for(const char *complaint, char byte)
{
    for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
        if (strstr(complaint, cures[i].complaint) &&
            (!cures[i].bytes || (byte && strchr(cures[i].bytes, byte))))
            return cures[i].words;
    return NULL;
}

/* Bytes that are no UTF-8, and control characters; these errors have no mark. */
static void report_encoding(
    const yaml_parser_t *parser, const struct source *source, struct problems *problems)
{
    size_t offset = parser->problem_offset < source->len ? parser->problem_offset : source->len;

    problem_add(problems, source_place(source, offset),
        "not YAML: %s; the file must be UTF-8 without control characters", parser->problem);
}

void syntax_report(const yaml_parser_t *parser, struct source *source, struct problems *problems)
{
    if (parser->error == YAML_READER_ERROR) {
        report_encoding(parser, source, problems);
        return;
    }
    size_t offset = source_offset(source, parser->problem_mark.index);
    size_t context = source_offset(source, parser->context_mark.index);
    bool has_begin = parser->context && parser->context_mark.index < parser->problem_mark.index;
    if ((has_begin && report_trap(source, context, problems)) ||
        report_trap(source, offset, problems) ||
        (offset > 0 && report_trap(source, offset - 1, problems)))
        return;

    struct place place = source_place(source, offset);
    struct place begin = source_place(source, context);
    const char *words = cure_for(parser->problem, offset < source->len ? source->text[offset] : 0);
    auto_free char *where =
        has_begin ? text_format(" %s (from %zu:%zu)", parser->context, begin.line, begin.column)
                  : text_copy("");
    problem_add(problems, place, "not YAML:%s %s%s%s", where, parser->problem, words ? "; " : "",
        words ? words : "");
}
