#include "config/syntax.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/source.h"
#include "config/trap.h"

/* What to do about a complaint: part of libyaml's words, and what stands at the place (any of these
 * bytes; NULL: whatever). */
struct cure {
    const char *complaint;
    const char *bytes;
    const char *words;
};

static const struct cure cures[] = {
    {"cannot start any token", "\t", "indent with blanks, not with tabs"},
    {"cannot start any token", ">|",
        "quote a text that begins with > or |; a comparison is written {gt: 80}"},
    {"cannot start any token", NULL, "quote a text that begins with @ ` or %"},
    {"a tab character", NULL, "indent with blanks, not with tabs"},
    {"mapping values are not allowed", NULL, "quote a text that holds \": \""},
    {"mapping keys are not allowed", NULL, "quote a text that begins with ?"},
    {"block sequence entries are not allowed", NULL,
        "a list begins on a line of its own, or is written [a, b]; quote a text that begins with "
        "\"- \""},
    {"undefined alias", NULL,
        "quote a text that begins with *; an alias must come after the &name that it means"},
    {"alphabetic or numeric character", NULL, "quote a text that begins with * or &"},
    {"expected comment or line break", NULL,
        "quote a text that begins with | or >; a comparison is written {gt: 80}"},
    {"unknown escape character", NULL,
        "in \"...\" a back-slash begins an escape: write it twice, or use '...'"},
    {"unknown directive name", NULL, "quote a text that begins with %"},
    {"non-alphabetical character", NULL, "quote a text that begins with %"},
    {"could not find expected ':'", NULL, "a key needs \": \" and a value"},
    {"unexpected end of stream", NULL, "a quote is not closed"},
    {"did not find expected ',' or '}'", NULL,
        "close the map with }, or quote the text that holds one of { } [ ] , or a quote"},
    {"did not find expected ',' or ']'", NULL,
        "close the list with ], or quote the text that holds one of { } [ ] , or a quote"},
    {"did not find expected node content", NULL,
        "a value is missing; quote a text that begins with : ? - or #"},
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

/* What is wrong, in libyaml's words, and the cure. */
static void report_words(const yaml_parser_t *parser, const struct source *source,
    const struct complaint *complaint, struct problems *problems)
{
    struct place begin = source_place(source, complaint->begin);
    const char *words =
        cure_for(parser->problem, complaint->at < source->len ? source->text[complaint->at] : 0);
    auto_free char *where =
        complaint->begin < complaint->at
            ? text_format(" %s (from %zu:%zu)", parser->context, begin.line, begin.column)
            : text_copy("");

    problem_add(problems, source_place(source, complaint->at), "not YAML:%s %s%s%s", where,
        parser->problem, words ? "; " : "", words ? words : "");
}

void syntax_report(const yaml_parser_t *parser, struct source *source, struct problems *problems)
{
    if (parser->error == YAML_READER_ERROR) {
        report_encoding(parser, source, problems);
        return;
    }
    bool has_begin = parser->context && parser->context_mark.index < parser->problem_mark.index;
    struct complaint complaint = {
        .words = parser->problem,
        .begin = source_offset(
            source, has_begin ? parser->context_mark.index : parser->problem_mark.index),
        .is_in_flow = has_begin && strstr(parser->context, "flow"),
    };
    complaint.at = source_offset(source, parser->problem_mark.index);
    if (!trap_report(source, &complaint, problems))
        report_words(parser, source, &complaint, problems);
}
