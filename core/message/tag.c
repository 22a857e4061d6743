#include "message/tag.h"

#include <string.h>

#include "base/error.h"

#define SIGILS "#^/>!={&<$"

bool is_tag_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

void tag_scanner_init(struct tag_scanner *scanner, const char *text, size_t len)
{
    *scanner = (struct tag_scanner){
        .text = text, .len = len, .open = "{{", .close = "}}", .open_len = 2, .close_len = 2};
}

static const char *find(
    const struct tag_scanner *scanner, size_t from, size_t to, const char *words, size_t len)
{
    return memmem(scanner->text + from, to - from, words, len);
}

/* Where the closing delimiter begins, behind the `}` or `=` that belongs to it; the text's length
 * where there is none. */
static size_t find_close(const struct tag_scanner *scanner, size_t from, char before)
{
    size_t at = from;
    const char *found;

    while ((found = find(scanner, at, scanner->len, scanner->close, scanner->close_len))) {
        size_t close = (size_t)(found - scanner->text);
        if (!before || (close > from && scanner->text[close - 1] == before))
            return close;
        at = close + 1;
    }
    return scanner->len;
}

static void trim(const struct tag_scanner *scanner, struct tag *tag)
{
    while (tag->content_len > 0 && is_tag_blank(scanner->text[tag->content])) {
        tag->content++;
        tag->content_len--;
    }
    while (tag->content_len > 0 && is_tag_blank(scanner->text[tag->content + tag->content_len - 1]))
        tag->content_len--;
}

static size_t word_length(const char *text, size_t len)
{
    size_t word = 0;

    while (word < len && !is_tag_blank(text[word]))
        word++;
    return word;
}

static bool set_delimiters(struct tag_scanner *scanner, const struct tag *tag, struct error *error)
{
    const char *open = scanner->text + tag->content;
    size_t open_len = word_length(open, tag->content_len);
    size_t close_at = open_len;

    while (close_at < tag->content_len && is_tag_blank(open[close_at]))
        close_at++;
    size_t close_len = word_length(open + close_at, tag->content_len - close_at);
    if (open_len == 0 || close_len == 0 || close_at + close_len != tag->content_len ||
        memchr(open, '=', tag->content_len))
        return error_set(error,
            "new delimiters are two words with a blank between, and no \"=\" in them, such as "
            "{{=<%% %%>=}}");
    scanner->open = open;
    scanner->open_len = open_len;
    scanner->close = open + close_at;
    scanner->close_len = close_len;
    return true;
}

static bool set_unclosed(const struct tag_scanner *scanner, char sigil, struct error *error)
{
    const char *before = sigil == '{' ? "}" : sigil == '=' ? "=" : "";
    const char *after = sigil == '{' ? "{" : sigil == '=' ? "=" : "";

    return error_set(error, "\"%.*s%s\" is not closed: its \"%s%.*s\" is missing",
        (int)scanner->open_len, scanner->open, after, before, (int)scanner->close_len,
        scanner->close);
}

/* Another opening delimiter within a tag says that its own end is missing. */
static bool check_content(
    const struct tag_scanner *scanner, const struct tag *tag, struct error *error)
{
    size_t end = tag->content + tag->content_len;

    if (tag->sigil == '!' || tag->sigil == '=')
        return true;
    if (tag->content_len == 0)
        return error_set(error, "an empty tag: a name belongs between \"%.*s\" and \"%.*s\"",
            (int)scanner->open_len, scanner->open, (int)scanner->close_len, scanner->close);
    if (find(scanner, tag->content, end, scanner->open, scanner->open_len) ||
        find(scanner, tag->content, end, scanner->close, scanner->close_len))
        return set_unclosed(scanner, tag->sigil, error);
    return true;
}

static bool read_tag(struct tag_scanner *scanner, struct tag *tag, struct error *error)
{
    size_t at = tag->start + scanner->open_len;

    while (at < scanner->len && is_tag_blank(scanner->text[at]))
        at++;
    char first = at < scanner->len ? scanner->text[at] : '\0';
    tag->sigil = first && strchr(SIGILS, first) ? first : '\0';
    at += tag->sigil != '\0';
    char before = tag->sigil == '{' ? '}' : tag->sigil == '=' ? '=' : '\0';
    size_t close = find_close(scanner, at, before);
    if (close == scanner->len)
        return set_unclosed(scanner, tag->sigil, error);
    tag->end = close + scanner->close_len;
    tag->content = at;
    tag->content_len = close - (before != '\0') - at;
    trim(scanner, tag);
    if (!check_content(scanner, tag, error))
        return false;
    scanner->at = tag->end;
    return tag->sigil != '=' || set_delimiters(scanner, tag, error);
}

enum tag_found tag_next(struct tag_scanner *scanner, struct tag *tag, struct error *error)
{
    const char *open = find(scanner, scanner->at, scanner->len, scanner->open, scanner->open_len);

    *tag = (struct tag){0};
    if (!open)
        return TAG_NONE;
    tag->start = (size_t)(open - scanner->text);
    return read_tag(scanner, tag, error) ? TAG_FOUND : TAG_BROKEN;
}
