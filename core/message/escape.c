/* Each flavour is broken in the way its renderer respects. Markdown knows back-slashes, and
 * entities for what some client reads all the same behind one; Teams shows back-slashes on phones,
 * so there a zero-width space parts what would act together, and the two characters that act
 * however they are parted give way to look-alikes; Slack wants entities. A mention ends at a
 * zero-width space in all of them. Plain text and HTML keep their bytes, so that an address can be
 * copied out of them. */
#include "message/escape.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "event/line.h"

#define PART "\u200b" /* zero-width space */
#define ASTERISK "\u2217"
#define GRAVE "\u02cb"
#define FIXED_BLANK "\u00a0"
/* In Markdown, since Mattermost's web client makes an ordinary blank of the other before it looks
 * for code. */
#define FIGURE_SPACE "\u2007"

/* Where in the text the escaping stands. */
struct cursor {
    const char *text;
    size_t len, at;
    bool at_line_start; /* nothing but blanks stands before on this line */
};

static char ahead(const struct cursor *cursor, size_t distance)
{
    return cursor->at + distance < cursor->len ? cursor->text[cursor->at + distance] : '\0';
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

static bool is_any_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte);
}

/* What follows the text's end is not known here: it counts as a word. */
static bool is_before_word(const struct cursor *cursor)
{
    return is_word(ahead(cursor, 1)) || ahead(cursor, 1) == '\0';
}

/* In the sense of \w: after an accented letter a tag may begin. */
static bool is_after_word(const struct cursor *cursor)
{
    char before = cursor->at > 0 ? cursor->text[cursor->at - 1] : '\0';

    return isalnum((unsigned char)before) || before == '_';
}

/* The schemes that chats make links of without slashes behind them. */
static bool is_after_scheme(const struct cursor *cursor)
{
    static const char *const schemes[] = {"http", "https", "ftp", "mailto", "tel"};
    size_t start = cursor->at;

    while (start > 0 && isalpha((unsigned char)cursor->text[start - 1]))
        start--;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strlen(schemes[i]) == cursor->at - start &&
            strncasecmp(schemes[i], cursor->text + start, cursor->at - start) == 0)
            return true;
    return false;
}

/* The colon of an address, or of what may become one. */
static bool is_address(const struct cursor *cursor)
{
    char first = ahead(cursor, 1), second = ahead(cursor, 2);

    return first == '\0' || (first == '/' && (second == '/' || second == '\0')) ||
           is_after_scheme(cursor);
}

/* &amp; and &#38; are decoded by Markdown. */
static bool is_entity(const struct cursor *cursor)
{
    size_t end = ahead(cursor, 1) == '#' ? 2 : 1;

    while (isalnum((unsigned char)ahead(cursor, end)))
        end++;
    return ahead(cursor, end) == ';' || ahead(cursor, end) == '\0';
}

/* What begins a mention, a tag or a link to a channel when the next character belongs to it. */
static bool begins_markdown(const struct cursor *cursor)
{
    switch (cursor->text[cursor->at]) {
    case '@':
        return !is_any_of(ahead(cursor, 1), " \n");
    case '#':
    case '~':
        return !is_after_word(cursor) && is_before_word(cursor);
    default:
        return false;
    }
}

/* The colon behind the scheme of an address. Administrators add schemes, so any word will do; a
 * time and a port stay as they are. */
static bool is_after_any_scheme(const struct cursor *cursor)
{
    char next = ahead(cursor, 1);
    bool has_letter = false;

    for (size_t at = cursor->at; at > 0 && !has_letter; at--) {
        char before = cursor->text[at - 1];
        if (!isalnum((unsigned char)before) && !is_any_of(before, "+.-"))
            break;
        has_letter = isalpha((unsigned char)before);
    }
    return has_letter && (is_word(next) || is_any_of(next, "/%") || next == '\0');
}

/* The colon of :bomb: and of :-), which are pictures. */
static bool is_smiley(const struct cursor *cursor)
{
    char next = ahead(cursor, 1);

    return !is_after_word(cursor) && next != ' ' && next != '\n';
}

/* No back-slash helps before these: Mattermost's web client shows it and acts, or looks for smileys
 * once it is gone. What they decode to is copied as it was. No mention, which the server looks for
 * in decoded text, may depend on one. */
static const char *markdown_entity(const struct cursor *cursor)
{
    switch (cursor->text[cursor->at]) {
    case '&':
        return "&amp;";
    case '<':
        return "&#60;"; /* &lt;3 would be a heart */
    case '$':
        return "&#36;";
    case ':':
        return is_after_any_scheme(cursor) || is_smiley(cursor) ? "&#58;" : NULL;
    case ';': /* ;) and ;-) */
        return is_any_of(ahead(cursor, 1), ")-") || ahead(cursor, 1) == '\0' ? "&#59;" : NULL;
    default:
        return NULL;
    }
}

/* What a back-slash disarms. */
static const bool acts_in_markdown[256] = {
    ['\\'] = true,
    ['`'] = true,
    ['*'] = true,
    ['_'] = true,
    ['{'] = true,
    ['}'] = true,
    ['['] = true,
    [']'] = true,
    ['('] = true,
    [')'] = true,
    ['#'] = true,
    ['+'] = true,
    ['-'] = true,
    ['.'] = true,
    ['!'] = true,
    ['|'] = true,
    ['~'] = true,
    ['>'] = true,
};

/* Before a letter it is one in Markdown, and two would be shown as two by some. */
static bool is_lone_backslash(const struct cursor *cursor)
{
    char next = ahead(cursor, 1);

    return cursor->text[cursor->at] == '\\' &&
           (isalnum((unsigned char)next) || (unsigned char)next >= 0x80);
}

static void put_markdown(struct buf *out, const struct cursor *cursor)
{
    char byte = cursor->text[cursor->at];
    const char *entity = markdown_entity(cursor);

    if (entity) {
        buf_puts(out, entity);
        return;
    }
    if (acts_in_markdown[(unsigned char)byte] && !is_lone_backslash(cursor))
        buf_putc(out, '\\');
    else if (byte == '=' && cursor->at_line_start)
        buf_puts(out, PART); /* it would make a heading of the line before */
    buf_putc(out, byte);
    if (begins_markdown(cursor))
        buf_puts(out, PART);
}

static bool begins_teams(const struct cursor *cursor)
{
    char next = ahead(cursor, 1);

    switch (cursor->text[cursor->at]) {
    case '@':
        return is_before_word(cursor);
    case ']':
    case '<':
    case '~':
    case '_':
        return true;
    case '{': /* {{DATE(...)}} is expanded */
    case '$':
        return next == '{' || next == '\0';
    case '\\':
        return ispunct((unsigned char)next) || next == '\n' || next == '\0';
    case ':':
        return is_address(cursor);
    case '&':
        return is_entity(cursor);
    default:
        return false;
    }
}

static void put_teams(struct buf *out, const struct cursor *cursor)
{
    char byte = cursor->text[cursor->at];

    if (byte == '*') {
        buf_puts(out, ASTERISK);
        return;
    }
    if (byte == '`') {
        buf_puts(out, GRAVE);
        return;
    }
    bool begins_block = is_any_of(byte, "-+#>=") || isdigit((unsigned char)byte);
    if (byte == '_' || (begins_block && cursor->at_line_start))
        buf_puts(out, PART);
    buf_putc(out, byte);
    if (begins_teams(cursor))
        buf_puts(out, PART);
}

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return NULL;
    }
}

static void put_mrkdwn(struct buf *out, const struct cursor *cursor)
{
    char byte = cursor->text[cursor->at];
    const char *entity = entity_of(byte);

    if (byte == '`') {
        buf_puts(out, GRAVE);
        return;
    }
    bool is_mark = is_any_of(byte, "*_~");
    if (is_mark || (byte == '>' && cursor->at_line_start))
        buf_puts(out, PART);
    if (entity)
        buf_puts(out, entity);
    else
        buf_putc(out, byte);
    if (is_mark || (byte == '@' && is_before_word(cursor)) || (byte == ':' && is_address(cursor)))
        buf_puts(out, PART);
}

static void put_html(struct buf *out, const struct cursor *cursor)
{
    char byte = cursor->text[cursor->at];
    const char *entity = entity_of(byte);

    if (entity)
        buf_puts(out, entity);
    else if (byte == '"')
        buf_puts(out, "&quot;");
    else if (byte == '\'')
        buf_puts(out, "&#39;");
    else
        buf_putc(out, byte);
}

static void put_byte(struct buf *out, enum flavour flavour, const struct cursor *cursor)
{
    switch (flavour) {
    case FLAVOUR_MARKDOWN:
        put_markdown(out, cursor);
        break;
    case FLAVOUR_TEAMS:
        put_teams(out, cursor);
        break;
    case FLAVOUR_MRKDWN:
        put_mrkdwn(out, cursor);
        break;
    case FLAVOUR_HTML:
        put_html(out, cursor);
        break;
    case FLAVOUR_PLAIN:
    case FLAVOUR_URL:
    case FLAVOUR_JSON:
        buf_putc(out, cursor->text[cursor->at]);
    }
}

/* Four blanks at a line's beginning make a block of code, fixed ones only an indented line. */
static void put_blank(struct buf *out, enum flavour flavour, const struct cursor *cursor)
{
    if (cursor->at_line_start && flavour == FLAVOUR_MARKDOWN)
        buf_puts(out, FIGURE_SPACE);
    else if (cursor->at_line_start && flavour == FLAVOUR_TEAMS)
        buf_puts(out, FIXED_BLANK);
    else
        buf_putc(out, ' ');
}

static bool is_line_end(const char *text, size_t len)
{
    return len >= 2 && text[0] == '\r' && text[1] == '\n';
}

/* Drops what is never shown before anything looks at neighbours: else it could stand between two
 * characters that must not meet, and be gone when they do. */
static void clean_append(struct buf *out, const char *text, size_t len)
{
    enum character kind;

    for (size_t at = 0, step; at < len; at += step) {
        step = printable_run(text + at, len - at);
        kind = CHARACTER_VISIBLE;
        if (step == 0)
            step = character_next(text + at, len - at, &kind);
        if (kind == CHARACTER_VISIBLE || kind == CHARACTER_NEWLINE)
            buf_append(out, text + at, step);
        else if (kind == CHARACTER_CONTROL && !is_line_end(text + at, len - at))
            buf_putc(out, ' ');
    }
}

/* What no flavour looks at inside a line. */
static const bool is_plain[256] = {
    ['0' ... '9'] = true,
    ['A' ... 'Z'] = true,
    ['a' ... 'z'] = true,
    [0x80 ... 0xff] = true,
    [' '] = true,
    ['%'] = true,
    [','] = true,
    ['/'] = true,
    ['?'] = true,
    ['^'] = true,
};

/* How many bytes at the cursor stand for themselves. */
static size_t plain_run(const struct cursor *cursor)
{
    size_t run = 0;

    while (!cursor->at_line_start && cursor->at + run < cursor->len &&
           is_plain[(unsigned char)cursor->text[cursor->at + run]])
        run++;
    return run;
}

static void percent_append(struct buf *out, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x80 && (isalnum(byte) || is_any_of((char)byte, "-._~"))) {
            buf_putc(out, (char)byte);
            continue;
        }
        const char code[] = {'%', digits[byte >> 4], digits[byte & 15]};
        buf_append(out, code, sizeof code);
    }
}

void escape_append(struct buf *out, enum flavour flavour, const char *text, size_t len)
{
    auto_buf struct buf clean = {0};

    if (flavour == FLAVOUR_URL) {
        percent_append(out, text, len);
        return;
    }
    if (printable_run(text, len) < len) {
        clean_append(&clean, text, len);
        text = buf_text(&clean);
        len = clean.len;
    }
    struct cursor cursor = {.text = text, .len = len, .at_line_start = true};
    for (size_t step; cursor.at < cursor.len; cursor.at += step) {
        char byte = cursor.text[cursor.at];
        size_t run = plain_run(&cursor);
        step = run ? run : 1;
        if (run)
            buf_append(out, cursor.text + cursor.at, run);
        else if (byte == ' ')
            put_blank(out, flavour, &cursor);
        else if (byte == '\n' || (unsigned char)byte >= 0x80)
            buf_putc(out, byte);
        else
            put_byte(out, flavour, &cursor);
        cursor.at_line_start = byte == '\n' || (byte == ' ' && cursor.at_line_start);
    }
}
