#include "draft.h"

#include <ctype.h>
#include <string.h>
#include <tocsin/sink.h>

#include "../shared/control.h"

enum {
    WORTH_BEGINNING = 8, /* bytes of a text; the mark of a cut is among them */
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t room(const struct draft *draft)
{
    return draft->is_cut ? 0 : draft->max - draft->len;
}

/* Whole or not at all. */
static void put(struct draft *draft, const char *bytes, size_t len)
{
    if (len > room(draft)) {
        draft->is_cut = true;
        return;
    }
    memcpy(draft->bytes + draft->len, bytes, len);
    draft->len += len;
}

void draft_puts(struct draft *draft, const char *text)
{
    put(draft, text, strlen(text));
}

/* As many whole characters as fit. */
static void put_run(struct draft *draft, const char *text, size_t len)
{
    size_t fitting = room(draft);

    if (len > fitting) {
        while (fitting > 0 && is_continuation(text[fitting]))
            fitting--;
        put(draft, text, fitting);
        draft->is_cut = true;
        return;
    }
    put(draft, text, len);
}

/* Most of every text: never special, and known without a look into a list. */
static bool is_ordinary(unsigned char byte)
{
    return (unsigned char)((byte | 0x20) - 'a') < 26 || (unsigned char)(byte - '0') < 10 ||
           byte == ' ';
}

static bool is_special(unsigned char byte, const struct escaping *escaping)
{
    return strchr(escaping->special, byte) || strchr(escaping->forbidden, byte);
}

/* Whether the byte may begin a control, or is the text's end. */
static bool is_suspect(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f || byte == 0xc2 || byte == 0xe2;
}

/* Ends at all that draft_text() has to look at. */
static size_t run_length(const char *text, const struct escaping *escaping)
{
    size_t len = 0;

    for (;; len++) {
        unsigned char byte = (unsigned char)text[len];
        if (!is_ordinary(byte) && (is_suspect(byte) || is_special(byte, escaping)))
            return len;
    }
}

static size_t put_control(
    struct draft *draft, const char *text, size_t len, const struct escaping *escaping)
{
    if (!escaping->has_line_feeds || (*text != '\n' && *text != '\r')) {
        put(draft, " ", 1);
        return len;
    }
    put(draft, "\\n", 2);
    return text[0] == '\r' && text[1] == '\n' ? 2 : 1;
}

/* The character at text that ended a run; returns its length. */
static size_t put_character(struct draft *draft, const char *text, const struct escaping *escaping)
{
    size_t control = control_length(text), len = 1;

    if (control > 0)
        return put_control(draft, text, control, escaping);
    if (strchr(escaping->special, *text)) {
        put(draft, (const char[]){'\\', *text}, 2);
        return 1;
    }
    if (strchr(escaping->forbidden, *text)) {
        put(draft, &escaping->instead, 1);
        return 1;
    }
    while (is_continuation(text[len]))
        len++;
    put(draft, text, len);
    return len;
}

void draft_text(struct draft *draft, const char *text, const struct escaping *escaping)
{
    while (*text && !draft->is_cut) {
        size_t len = run_length(text, escaping);
        put_run(draft, text, len);
        text += len;
        if (*text && !draft->is_cut)
            text += put_character(draft, text, escaping);
    }
}

static bool splits_an_escape(const char *bytes, size_t start, size_t at)
{
    size_t slashes = 0;

    while (at > start && bytes[--at] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

void draft_mark_cut(struct draft *draft, size_t start)
{
    static const char mark[] = "...";
    size_t len = draft->max > start + strlen(mark) ? draft->max - strlen(mark) : start;

    if (!draft->is_cut)
        return;
    if (len < draft->len) {
        while (len > start && is_continuation(draft->bytes[len]))
            len--;
        draft->len = len - splits_an_escape(draft->bytes, start, len);
    }
    draft->is_cut = false;
    if (room(draft) >= strlen(mark))
        draft_puts(draft, mark);
}

void draft_short_text(
    struct draft *draft, const char *text, const struct escaping *escaping, size_t max)
{
    size_t start = draft->len, whole = draft->max;

    if (max < whole - start)
        draft->max = start + max;
    draft_text(draft, text, escaping);
    draft_mark_cut(draft, start);
    draft->max = whole;
}

bool draft_undo(struct draft *draft, size_t start)
{
    if (!draft->is_cut)
        return false;
    draft->len = start;
    draft->is_cut = false;
    return true;
}

bool draft_field(struct draft *draft, const char *opening, const char *value,
    const struct escaping *escaping, const char *closing)
{
    size_t start = draft->len;

    if (!value || !*value)
        return false;
    draft_puts(draft, opening);
    draft_text(draft, value, escaping);
    draft_puts(draft, closing);
    return !draft_undo(draft, start);
}

bool draft_short_field(struct draft *draft, const char *opening, const char *value,
    const struct escaping *escaping, size_t max)
{
    size_t start = draft->len;

    if (!value || !*value)
        return false;
    draft_puts(draft, opening);
    if (max < room(draft))
        draft_short_text(draft, value, escaping, max);
    else
        draft_text(draft, value, escaping);
    return !draft_undo(draft, start);
}

bool draft_open(struct draft *draft, const char *opening)
{
    if (room(draft) < strlen(opening) + WORTH_BEGINNING)
        return false;
    draft_puts(draft, opening);
    return true;
}

void draft_key(struct draft *draft, const char *label)
{
    for (; *label; label++) {
        char byte = isalnum((unsigned char)*label) ? (char)tolower((unsigned char)*label) : '_';
        if (!is_continuation(*label))
            put(draft, &byte, 1);
    }
}

const char *draft_key_of(struct tocsin_call *call, const char *label)
{
    size_t len = strlen(label);
    struct draft key = {.bytes = call->host->alloc(call, len + 1), .max = len};

    draft_key(&key, label);
    return key.bytes;
}
