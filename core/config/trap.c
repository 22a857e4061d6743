#include "config/trap.h"

#include <string.h>

#include "config/source.h"

/* A line of the text, without its line break. */
struct line {
    size_t start, end;
    size_t first; /* its first byte that is no blank; its end where there is none */
};

static struct line line_at(const struct source *source, size_t offset)
{
    struct line line = {source_line_start(source, offset), source_line_end(source, offset), 0};

    line.first = line.start;
    while (line.first < line.end && strchr(" \t\r", source->text[line.first]))
        line.first++;
    return line;
}

/* The last line before that says something; false where there is none. */
static bool line_before(const struct source *source, const struct line *line, struct line *before)
{
    size_t start = line->start;

    while (start > 0) {
        *before = line_at(source, start - 1);
        if (before->first < before->end && source->text[before->first] != '#')
            return true;
        start = before->start;
    }
    return false;
}

static bool report(
    const struct source *source, size_t offset, struct problems *problems, const char *words)
{
    problem_add(problems, source_place(source, offset), "%s", words);
    return true;
}

static bool is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

/* Where a text may begin, so that a quote there is one. */
static bool may_begin(const struct source *source, const struct line *line, size_t at)
{
    return at == line->first || strchr(" \t[{,:", source->text[at - 1]);
}

/* The closing quote of what begins at `at`, or the line's end. */
static size_t quote_end(const struct source *source, const struct line *line, size_t at)
{
    char quote = source->text[at];
    size_t end = at + 1;

    while (end < line->end && source->text[end] != quote)
        end += quote == '"' && source->text[end] == '\\' ? 2 : 1;
    return end < line->end ? end : line->end;
}

/* Walks over a line, outside of its quotes: the next byte from `at` on, with quoted texts stepped
 * over. */
static size_t step(const struct source *source, const struct line *line, size_t at)
{
    if (is_quote(source->text[at]) && may_begin(source, line, at))
        at = quote_end(source, line, at);
    return at < line->end ? at + 1 : at;
}

/* Where two bytes stand beside each other outside of quotes; the line's end if nowhere. */
static size_t find_pair(
    const struct source *source, const struct line *line, size_t from, const char *pair)
{
    size_t at = from;

    while (at + 1 < line->end && memcmp(source->text + at, pair, 2) != 0)
        at = step(source, line, at);
    return at + 1 < line->end ? at : line->end;
}

/* `title: {{title}}` or `{url: ${URL}}`: what follows is heard of as a map that does not end.
 * `a: ${X}` in block style is fine: a ${ is a trap only where a map or list is open. */
static bool report_braces(
    const struct source *source, size_t offset, bool is_in_flow, struct problems *problems)
{
    struct line line = line_at(source, offset);
    size_t mustache = find_pair(source, &line, line.first, "{{");
    size_t variable = find_pair(source, &line, line.first, "${");

    if (mustache < line.end)
        return report(
            source, mustache, problems, "an unquoted {{ begins a map here; quote it: \"{{...}}\"");
    if (variable < line.end &&
        (is_in_flow || memchr(source->text + line.start, '{', variable - line.start) ||
            memchr(source->text + line.start, '[', variable - line.start)))
        return report(source, variable, problems,
            "an unquoted ${ inside {...} or [...] begins a map here; quote it: \"${...}\"");
    return false;
}

/* `{title: #soc}`: the map does not end, since all that follows is a comment. */
static bool report_comment(const struct source *source, size_t offset, struct problems *problems)
{
    struct line line = line_at(source, offset);
    size_t hash = find_pair(source, &line, line.first, " #");
    const char *rest = source->text + hash;

    if (hash == line.end ||
        (!memchr(rest, '}', line.end - hash) && !memchr(rest, ']', line.end - hash)))
        return false;
    return report(source, hash + 1, problems,
        "what follows # is a comment, so what was opened before is not closed; quote it if it is "
        "meant");
}

/* The first quote from one line to another that its own line does not close. */
static bool report_quote(
    const struct source *source, size_t from, size_t to, struct problems *problems)
{
    struct line line = line_at(source, from);

    for (;;) {
        for (size_t at = line.first; at < line.end; at = step(source, &line, at))
            if (is_quote(source->text[at]) && may_begin(source, &line, at) &&
                quote_end(source, &line, at) == line.end)
                return report(
                    source, at, problems, "the quote that begins here is not closed in its line");
        if (line.end >= to || line.end >= source->len)
            return false;
        line = line_at(source, line.end + 1);
    }
}

/* Behind the "- " of list entries. */
static size_t entry_start(const struct source *source, const struct line *line)
{
    size_t at = line->first;

    while (at + 1 < line->end && source->text[at] == '-' && source->text[at + 1] == ' ')
        for (at++; at < line->end && source->text[at] == ' ';)
            at++;
    return at;
}

static bool is_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("_.-", byte));
}

/* Where the key ends with which a line begins. */
static size_t word_end(const struct source *source, const struct line *line)
{
    size_t at = entry_start(source, line);

    while (at < line->end && is_word(source->text[at]))
        at++;
    return at;
}

/* The line before was not a key and its value, so that this one goes on with it. */
static bool report_line_before(
    const struct source *source, const struct line *line, struct problems *problems)
{
    struct line before;

    if (!line_before(source, line, &before))
        return false;
    size_t key_end = word_end(source, &before);
    bool has_colon = key_end < before.end && source->text[key_end] == ':';
    bool has_key = has_colon && (key_end + 1 == before.end || source->text[key_end + 1] == ' ');
    if (has_colon && !has_key)
        return report(source, key_end, problems, "a blank is missing after the \":\"");
    if (has_key && line->first - line->start > before.first - before.start)
        return report(source, line->first, problems,
            "this line is indented deeper than the one before it, which has its value already; "
            "check the indentation");
    if (has_key)
        return false;
    return report(source, key_end, problems, "a \":\" and a blank are missing here");
}

/* `a: b: c`, and lines that are taken for the rest of the one before. */
static bool report_second_colon(
    const struct source *source, size_t offset, struct problems *problems)
{
    struct line line = line_at(source, offset);
    size_t key_end = word_end(source, &line);
    size_t first = find_pair(source, &line, line.first, ": ");

    if (first >= offset)
        return report_line_before(source, &line, problems);
    if (key_end + 1 < first && source->text[key_end] == ' ' &&
        strchr("{[", source->text[key_end + 1]))
        return report(source, key_end, problems, "a \":\" is missing here");
    return report(source, offset, problems,
        "a second \":\" stands in this value; quote a text that holds \": \"");
}

static char byte_at(const struct source *source, size_t offset)
{
    return offset < source->len ? source->text[offset] : '\0';
}

/* The last byte of its line that stands before and is no blank; NUL where there is none. */
static char byte_before(const struct source *source, size_t offset)
{
    struct line line = line_at(source, offset);

    while (offset > line.first && strchr(" \t", source->text[offset - 1]))
        offset--;
    return offset > line.first ? source->text[offset - 1] : '\0';
}

static bool report_unexpected_key(
    const struct source *source, size_t offset, struct problems *problems)
{
    struct line line = line_at(source, offset);
    char byte = byte_at(source, offset);

    if (byte == ':')
        return report(source, offset, problems, "a key is missing before the \":\"");
    if (byte == '}' || byte == ']')
        return report(source, offset, problems, "this closes nothing that was opened");
    if (is_quote(byte_before(source, offset)))
        return report(source, offset, problems,
            "the quoted text ends before this; a ' inside of '...' is written '', a \" inside of "
            "\"...\" is written \\\"");
    if (byte_before(source, offset) == ']' || byte_before(source, offset) == '}')
        return report(source, offset, problems,
            "nothing may follow the closing bracket; quote a text that begins with [ or {");
    if (offset == line.first)
        return report(source, offset, problems,
            "the indentation of this line is that of no line it could belong to");
    return false;
}

static bool report_missing_dash(
    const struct source *source, size_t offset, struct problems *problems)
{
    if (byte_at(source, offset) == '-')
        return report(source, offset, problems, "a blank is missing after the \"-\"");
    return report(source, offset, problems,
        "this stands where an entry of the list begins, with \"- \"; check the indentation");
}

/* A line that is neither a key nor the rest of what stands before it. */
static bool report_missing_colon(
    const struct source *source, size_t begin, struct problems *problems)
{
    struct line line = line_at(source, begin);
    size_t key_end = word_end(source, &line);

    if (key_end < line.end && source->text[key_end] == ':')
        return report(source, key_end, problems, "a blank is missing after the \":\"");
    return report(source, key_end, problems, "a \":\" and a blank are missing here");
}

static bool report_anchor(
    const struct source *source, const struct complaint *complaint, struct problems *problems)
{
    struct place first = source_place(source, complaint->begin);

    problem_add(problems, source_place(source, complaint->at),
        "this anchor (&name) stands at %zu:%zu already; give each a name of its own", first.line,
        first.column);
    return true;
}

static bool is_about(const struct complaint *complaint, const char *words)
{
    return strstr(complaint->words, words) != NULL;
}

static bool report_flow(
    const struct source *source, const struct complaint *complaint, struct problems *problems)
{
    bool is_elsewhere =
        line_at(source, complaint->at).start != line_at(source, complaint->begin).start;

    if (report_comment(source, complaint->begin, problems))
        return true;
    if (is_elsewhere && report_quote(source, complaint->begin, complaint->at, problems))
        return true;
    if (is_elsewhere && (complaint->at >= source->len || source->text[complaint->at] == ':'))
        return report(source, complaint->begin, problems,
            "what is opened here is not closed, or a \",\" is missing in it");
    if (byte_at(source, complaint->at) == ':')
        return report(source, complaint->at, problems,
            "a \",\" is missing before this key; or quote a text that holds \": \"");
    return false;
}

bool trap_report(
    const struct source *source, const struct complaint *complaint, struct problems *problems)
{
    if ((complaint->begin < complaint->at &&
            report_braces(source, complaint->begin, complaint->is_in_flow, problems)) ||
        report_braces(source, complaint->at, complaint->is_in_flow, problems) ||
        (complaint->at > 0 &&
            report_braces(source, complaint->at - 1, complaint->is_in_flow, problems)))
        return true;
    if (complaint->is_in_flow && is_about(complaint, "did not find expected ','"))
        return report_flow(source, complaint, problems);
    if (is_about(complaint, "unexpected end of stream"))
        return report(
            source, complaint->begin, problems, "the quote that begins here is not closed");
    if (is_about(complaint, "mapping values are not allowed"))
        return report_second_colon(source, complaint->at, problems);
    if (is_about(complaint, "did not find expected key"))
        return report_unexpected_key(source, complaint->at, problems);
    if (is_about(complaint, "did not find expected '-' indicator"))
        return report_missing_dash(source, complaint->at, problems);
    if (is_about(complaint, "could not find expected ':'"))
        return report_missing_colon(source, complaint->begin, problems);
    if (is_about(complaint, "second occurrence"))
        return report_anchor(source, complaint, problems);
    return false;
}
