#include "message/format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "message/tag.h"

#define ELLIPSIS "\u2026"

enum {
    longest_count = 7, /* digits of cut's number: more than any message can have */
    real_digits = 15,  /* so many come back from a double as they were written */
};

enum takes {
    TAKES_NOTHING,
    TAKES_ARGUMENT,
    MAY_TAKE_ARGUMENT
};

struct format_kind {
    const char *name;
    enum takes takes;
    const char *example;
    bool (*read)(struct format *format, const char *argument, struct error *error); /* or NULL */
    /* A new reference. */
    json_t *(*apply)(const struct format *format, json_t *value, struct format_use *use);
};

struct format {
    const struct format_kind *kind;
    struct zone zone; /* time */
    size_t most;      /* cut */
    char *text;       /* or */
};

const char *format_text(const json_t *value, char scratch[VALUE_TEXT_SIZE], char **made)
{
    const char *text = value_text(value, scratch);

    if (!text && (json_is_array(value) || json_is_object(value)))
        text = *made = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(real_digits));
    return text ? text : "";
}

static bool is_empty(const json_t *value)
{
    if (json_is_string(value))
        return json_string_length(value) == 0;
    if (json_is_array(value))
        return json_array_size(value) == 0;
    if (json_is_object(value))
        return json_object_size(value) == 0;
    return !value || json_is_null(value);
}

static bool read_time(struct format *format, const char *argument, struct error *error)
{
    return !argument || zone_init(&format->zone, argument, error);
}

static json_t *apply_time(const struct format *format, json_t *value, struct format_use *use)
{
    char text[TIMESTAMP_SIZE];
    int64_t ms;

    (void)use;
    if (!value_time(value, &ms))
        return json_incref(value);
    zone_format(&format->zone, ms, text);
    return json_string(text);
}

#define DAY INT64_C(86400)
#define YEAR INT64_C(31556952) /* of the Gregorian calendar, on the average */

/* From how many seconds on a unit is used, and how many it has. */
static const struct unit {
    int64_t from, seconds;
    const char *name;
} units[] = {
    {10, 1, "second"},
    {60, 60, "minute"},
    {3600, 3600, "hour"},
    {DAY, DAY, "day"},
    {60 * DAY, YEAR / 12, "month"},
    {2 * YEAR, YEAR, "year"},
};

static json_t *distance(int64_t ms)
{
    const struct unit *unit = NULL;
    int64_t seconds = (ms < 0 ? -ms : ms) / 1000;
    char text[64];

    for (size_t i = 0; i < sizeof units / sizeof *units && seconds >= units[i].from; i++)
        unit = &units[i];
    if (!unit)
        return json_string("just now");
    int64_t count = seconds / unit->seconds;
    snprintf(text, sizeof text, "%s%" PRId64 " %s%s%s", ms < 0 ? "in " : "", count, unit->name,
        count == 1 ? "" : "s", ms < 0 ? "" : " ago");
    return json_string(text);
}

static json_t *apply_ago(const struct format *format, json_t *value, struct format_use *use)
{
    int64_t ms;

    (void)format;
    return value_time(value, &ms) ? distance(use->now_ms - ms) : json_incref(value);
}

static bool read_cut(struct format *format, const char *argument, struct error *error)
{
    size_t digits = strspn(argument, "0123456789");

    if (digits > 0 && digits <= longest_count && argument[digits] == '\0')
        format->most = strtoul(argument, NULL, 10);
    if (format->most > 0)
        return true;
    return error_set(
        error, "cut takes a number of characters from 1 up, such as cut:200, not \"%s\"", argument);
}

static json_t *apply_cut(const struct format *format, json_t *value, struct format_use *use)
{
    char scratch[VALUE_TEXT_SIZE];
    auto_free char *made = NULL;
    auto_buf struct buf cut = {0};
    const char *text = format_text(value, scratch, &made);

    use->work += strlen(text);
    if (strlen(text) <= format->most || utf8_count(text) <= format->most)
        return json_incref(value);
    buf_append(&cut, text, utf8_offset(text, format->most - 1));
    buf_puts(&cut, ELLIPSIS);
    return json_stringn(cut.data, cut.len);
}

static bool read_or(struct format *format, const char *argument, struct error *error)
{
    (void)error;
    format->text = text_copy(argument);
    return true;
}

static json_t *apply_or(const struct format *format, json_t *value, struct format_use *use)
{
    (void)use;
    return is_empty(value) ? json_string(format->text) : json_incref(value);
}

static json_t *apply_json(const struct format *format, json_t *value, struct format_use *use)
{
    auto_free char *text = json_dumps(value ? value : json_null(),
        JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(real_digits));

    (void)format;
    use->work += strlen(text);
    return json_string(text);
}

static const struct format_kind kinds[] = {
    {"time", MAY_TAKE_ARGUMENT, "time:Europe/Paris", read_time, apply_time},
    {"ago", TAKES_NOTHING, "ago", NULL, apply_ago},
    {"cut", TAKES_ARGUMENT, "cut:200", read_cut, apply_cut},
    {"or", TAKES_ARGUMENT, "or:\"none\"", read_or, apply_or},
    {"json", TAKES_NOTHING, "json", NULL, apply_json},
};

enum {
    kind_count = sizeof kinds / sizeof *kinds,
};

/* Where the reading of formats stands. */
struct reader {
    const char *text;
    size_t len, at;
};

static char next(const struct reader *reader)
{
    return reader->at < reader->len ? reader->text[reader->at] : '\0';
}

static void skip_blanks(struct reader *reader)
{
    while (is_tag_blank(next(reader)))
        reader->at++;
}

/* Up to one of the characters, or the end; without blanks behind it. The caller frees it. */
static char *read_until(struct reader *reader, const char *any_of)
{
    size_t start = reader->at;

    while (reader->at < reader->len && !strchr(any_of, reader->text[reader->at]))
        reader->at++;
    size_t end = reader->at;
    while (end > start && is_tag_blank(reader->text[end - 1]))
        end--;
    return text_copy_n(reader->text + start, end - start);
}

/* NULL where the closing quote is missing. */
static char *read_quoted(struct reader *reader)
{
    char quote = reader->text[reader->at++];
    struct buf text = {0};

    for (; reader->at < reader->len && reader->text[reader->at] != quote; reader->at++) {
        if (reader->text[reader->at] == '\\' && reader->at + 1 < reader->len)
            reader->at++;
        buf_putc(&text, reader->text[reader->at]);
    }
    if (reader->at < reader->len) {
        reader->at++;
        return buf_take(&text);
    }
    buf_finish(&text);
    return NULL;
}

/* *argument stays NULL where no colon stands; the caller frees it. */
static bool read_argument(struct reader *reader, char **argument, struct error *error)
{
    skip_blanks(reader);
    if (next(reader) != ':')
        return true;
    reader->at++;
    skip_blanks(reader);
    if (next(reader) != '"' && next(reader) != '\'') {
        *argument = read_until(reader, "|");
        return true;
    }
    *argument = read_quoted(reader);
    if (!*argument)
        return error_set(error, "the quote behind the colon is not closed within the tag");
    skip_blanks(reader);
    if (next(reader) != '|' && reader->at < reader->len)
        return error_set(error, "\"%.*s\" stands behind a quoted text: a \"|\" belongs between",
            (int)(reader->len - reader->at), reader->text + reader->at);
    return true;
}

static const struct format_kind *find_kind(const char *name, struct error *error)
{
    const char *names[kind_count];

    for (size_t i = 0; i < kind_count; i++) {
        names[i] = kinds[i].name;
        if (strcmp(name, kinds[i].name) == 0)
            return &kinds[i];
    }
    const char *nearest = nearest_word(name, names, kind_count);
    if (!*name)
        error_set(error, "a format is missing behind \"|\": time, ago, cut, or, json");
    else if (nearest)
        error_set(error, "unknown format \"%s\"; did you mean \"%s\"?", name, nearest);
    else
        error_set(error, "unknown format \"%s\"; there are time, ago, cut, or, json", name);
    return NULL;
}

static bool take_argument(struct format *format, const char *argument, struct error *error)
{
    const struct format_kind *kind = format->kind;

    if (argument && kind->takes == TAKES_NOTHING)
        return error_set(error, "%s takes nothing behind a colon", kind->name);
    if (!argument && kind->takes == TAKES_ARGUMENT)
        return error_set(error, "%s needs something behind a colon: %s", kind->name, kind->example);
    return !kind->read || kind->read(format, argument, error);
}

static bool read_format(struct reader *reader, struct format *format, struct error *error)
{
    auto_free char *name = read_until(reader, ":|");
    auto_free char *argument = NULL;

    format->kind = find_kind(name, error);
    return format->kind && read_argument(reader, &argument, error) &&
           take_argument(format, argument, error);
}

static struct format *add_format(struct formats *formats)
{
    formats->items = mem_resize(formats->items, (formats->count + 1) * sizeof *formats->items);
    struct format *format = &formats->items[formats->count++];

    *format = (struct format){0};
    return format;
}

bool formats_read(
    struct formats *formats, const char *text, size_t len, size_t *fault_at, struct error *error)
{
    struct reader reader = {.text = text, .len = len};

    *formats = (struct formats){0};
    for (;;) {
        skip_blanks(&reader);
        *fault_at = reader.at;
        if (!read_format(&reader, add_format(formats), error)) {
            formats_finish(formats);
            return false;
        }
        if (reader.at == reader.len)
            return true;
        assert(next(&reader) == '|');
        reader.at++;
    }
}

void formats_finish(struct formats *formats)
{
    for (size_t i = 0; i < formats->count; i++) {
        zone_finish(&formats->items[i].zone);
        free(formats->items[i].text);
    }
    free(formats->items);
    *formats = (struct formats){0};
}

bool formats_make_json(const struct formats *formats)
{
    return formats->count > 0 && formats->items[formats->count - 1].kind->apply == apply_json;
}

json_t *formats_apply(const struct formats *formats, const json_t *value, struct format_use *use)
{
    json_t *result = json_incref((json_t *)value);

    for (size_t i = 0; i < formats->count; i++) {
        auto_json json_t *before = result;
        result = formats->items[i].kind->apply(&formats->items[i], before, use);
    }
    return result;
}
