#include "base/log_line.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"

struct level {
    const char *name;
    char priority; /* syslog's: RFC 5424, section 6.2.1 */
};

static const struct level levels[] = {
    [LOG_LEVEL_ERROR] = {"error", '3'},
    [LOG_LEVEL_WARN] = {"warn", '4'},
    [LOG_LEVEL_INFO] = {"info", '6'},
    [LOG_LEVEL_DEBUG] = {"debug", '7'},
};

/* Where a text is cut: not within a character, if that can be helped. */
static size_t cut(const char *text, size_t len)
{
    size_t at = LOG_LONGEST_TEXT;

    if (len <= LOG_LONGEST_TEXT)
        return len;
    while (at > LOG_LONGEST_TEXT - 4 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Whether a sequence of several bytes only shows itself: no C1 control (U+0080 to U+009F), line or
 * paragraph separator (U+2028, U+2029), or character that turns the writing direction (UAX #9). */
static bool is_harmless(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (len == 2)
        return !(bytes[0] == 0xc2 && bytes[1] < 0xa0) && !(bytes[0] == 0xd8 && bytes[1] == 0x9c);
    if (len != 3 || bytes[0] != 0xe2)
        return true;
    if (bytes[1] == 0x80)
        return !(bytes[2] >= 0xa8 && bytes[2] <= 0xae) && bytes[2] != 0x8e && bytes[2] != 0x8f;
    return !(bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
}

/* How much of the text, from its beginning, can be written as it is. */
static size_t plain_run(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t step = is_plain((unsigned char)text[at]);
        if (!step && (unsigned char)text[at] >= 0x80) {
            step = utf8_sequence(text + at, len - at);
            if (!is_harmless(text + at, step))
                break;
        }
        if (!step)
            break;
        at += step;
    }
    return at;
}

static void put_escaped(struct buf *line, unsigned char byte)
{
    if (byte == '"' || byte == '\\')
        buf_printf(line, "\\%c", byte);
    else if (byte == '\n')
        buf_puts(line, "\\n");
    else
        buf_printf(line, "\\x%02x", byte);
}

static void put_quoted(struct buf *line, const char *text)
{
    size_t whole = strlen(text), len = cut(text, whole);

    buf_putc(line, '"');
    for (size_t at = 0; at < len;) {
        size_t run = plain_run(text + at, len - at);
        buf_append(line, text + at, run);
        at += run;
        if (at == len)
            break;
        size_t harmful = utf8_sequence(text + at, len - at);
        do
            put_escaped(line, (unsigned char)text[at++]);
        while (harmful-- > 1);
    }
    if (len < whole)
        buf_printf(line, "... (%zu more bytes)", whole - len);
    buf_putc(line, '"');
}

static bool is_bare(const char *value)
{
    size_t len = 0;

    for (; value[len]; len++)
        if (value[len] == ' ' || value[len] == '=' || !is_plain((unsigned char)value[len]))
            return false;
    return len > 0 && len <= LOG_LONGEST_TEXT;
}

static void put_fields(struct buf *line, const struct logger *logger)
{
    if (logger->parent)
        put_fields(line, logger->parent);
    if (!logger->key)
        return;
    buf_putc(line, ' ');
    buf_puts(line, logger->key);
    buf_putc(line, '=');
    if (is_bare(logger->value))
        buf_puts(line, logger->value);
    else
        put_quoted(line, logger->value);
}

static void put_keyvalue(struct buf *line, const struct logger *logger, enum log_level level,
    const char *time, const char *text)
{
    if (time)
        buf_printf(line, "time=%s ", time);
    buf_puts(line, "level=");
    buf_puts(line, levels[level].name);
    put_fields(line, logger);
    buf_puts(line, " msg=");
    put_quoted(line, text);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    size_t whole = strlen(text), len = cut(text, whole);
    auto_free char *valid = utf8_repair(text, len, NULL);
    auto_free char *noted =
        len < whole ? text_format("%s... (%zu more bytes)", valid, whole - len) : NULL;

    json_object_set_new(object, key, json_string(noted ? noted : valid));
}

static void set_fields(json_t *object, const struct logger *logger)
{
    if (logger->parent)
        set_fields(object, logger->parent);
    if (logger->key)
        set_text(object, logger->key, logger->value);
}

/* In ASCII: a terminal that shows it as it is obeys nothing of it. */
static void put_json(struct buf *line, const struct logger *logger, enum log_level level,
    const char *time, const char *text)
{
    auto_json json_t *object = json_object();

    if (time)
        set_text(object, "time", time);
    set_text(object, "level", levels[level].name);
    set_fields(object, logger);
    set_text(object, "msg", text);
    auto_free char *dumped = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    buf_puts(line, dumped ? dumped : "{}");
}

static enum log_format format_of(const struct logger *logger)
{
    while (logger->parent)
        logger = logger->parent;
    return (enum log_format)atomic_load_explicit(&logger->format, memory_order_relaxed);
}

void log_line_append(struct buf *out, const struct logger *logger, enum log_level level,
    const char *time, const char *text)
{
    if (!time)
        buf_printf(out, "<%c>", levels[level].priority);
    if (format_of(logger) == LOG_FORMAT_JSON)
        put_json(out, logger, level, time, text);
    else
        put_keyvalue(out, logger, level, time, text);
    buf_putc(out, '\n');
}
