#include "line.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* 32473 is the enterprise number for documentation (RFC 5612); tocsin has none of its own. */
static const char sd_id[] = "tocsin@32473";

/* A line under construction: what does not fit into max is not written. */
struct draft {
    char *bytes;
    size_t len, max;
    bool is_cut;
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

bool is_printable(const char *text, size_t max)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] < '!' || text[i] > '~')
            return false;
    return len > 0 && len <= max;
}

/* Once a byte was left out, none follows. */
static void put(struct draft *draft, const char *bytes, size_t len)
{
    if (draft->is_cut || draft->len + len > draft->max) {
        draft->is_cut = true;
        return;
    }
    memcpy(draft->bytes + draft->len, bytes, len);
    draft->len += len;
}

static void puts_to(struct draft *draft, const char *text)
{
    put(draft, text, strlen(text));
}

/* The length of the control at text, 0 if none: C0, DEL, C1, and the separators U+2028 and U+2029,
 * any of which a reader may show as a line's end. */
static size_t control_length(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
        return 2;
    if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
        return 3;
    return 0;
}

/* Whole characters, controls as blanks, those of `special` with a back-slash before them. */
static void put_clean(struct draft *draft, const char *text, const char *special)
{
    while (*text && !draft->is_cut) {
        size_t control = control_length(text), len = 1;
        if (control > 0) {
            put(draft, " ", 1);
            text += control;
            continue;
        }
        while (is_continuation(text[len]))
            len++;
        if (strchr(special, *text)) {
            char escaped[] = {'\\', *text};
            put(draft, escaped, sizeof escaped);
        } else {
            put(draft, text, len);
        }
        text += len;
    }
}

/* Severities of RFC 5424 6.2.1. Never 0: stock receivers write emerg to every terminal. */
static int severity_of(const struct tocsin_message *message)
{
    static const int severities[] = {[TOCSIN_INFO] = 6,
        [TOCSIN_LOW] = 5,
        [TOCSIN_MEDIUM] = 4,
        [TOCSIN_HIGH] = 3,
        [TOCSIN_URGENT] = 2};

    if (message->level >= TOCSIN_URGENT)
        return message->urgency >= 95 ? 1 : severities[TOCSIN_URGENT];
    return severities[message->level];
}

static const char *level_name(uint32_t level)
{
    static const char *const names[] = {"info", "low", "medium", "high", "urgent"};

    return names[level <= TOCSIN_URGENT ? level : TOCSIN_URGENT];
}

/* RFC 3339 in UTC with milliseconds; the NILVALUE for a time that it cannot write. */
static const char *timestamp(struct tocsin_call *call)
{
    int64_t ms = call->message->time_ms;
    time_t seconds = (time_t)(ms / 1000);
    struct tm at;

    if (ms < 0 || !gmtime_r(&seconds, &at) || at.tm_year > 9999 - 1900)
        return "-";
    return call->host->format(call, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", at.tm_year + 1900,
        at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, (int)(ms % 1000));
}

/* The event's type, which a sender chooses freely, within what the field may hold. */
static const char *msgid(struct tocsin_call *call)
{
    char *id = call->host->format(call, "%.*s", MSGID_MAX, call->message->type);

    for (char *at = id; *at; at++)
        if (*at < '!' || *at > '~')
            *at = '_';
    return *id ? id : "-";
}

static void put_header(
    struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    puts_to(draft, call->host->format(call, "<%d>1 %s %s %s - %s ",
                       style->facility * 8 + severity_of(call->message), timestamp(call),
                       style->hostname, style->app_name, msgid(call)));
}

/* A parameter stands whole or not at all: half an id is worse than none. */
static void put_param(struct draft *draft, const char *name, const char *value)
{
    size_t start = draft->len;

    if (!value || !*value)
        return;
    puts_to(draft, " ");
    puts_to(draft, name);
    puts_to(draft, "=\"");
    put_clean(draft, value, "\"\\]");
    puts_to(draft, "\"");
    if (draft->is_cut) {
        draft->len = start;
        draft->is_cut = false;
    }
}

/* RFC 5424 6.3. The parameters leave `reserve` bytes to the text. */
static void put_structured_data(struct draft *draft, struct tocsin_call *call, size_t reserve)
{
    const struct tocsin_message *message = call->message;
    const char *urgency =
        message->urgency < 0 ? NULL : call->host->format(call, "%d", (int)message->urgency);

    puts_to(draft, "[");
    puts_to(draft, sd_id);
    draft->max -= reserve + 1; /* and one for the bracket */
    put_param(draft, "id", message->delivery);
    put_param(draft, "event", message->event);
    put_param(draft, "type", message->type);
    put_param(draft, "action", message->action);
    put_param(draft, "level", level_name(message->level));
    put_param(draft, "urgency", urgency);
    put_param(draft, "rule", message->rule);
    put_param(draft, "thread", message->thread);
    put_param(draft, "link", message->link);
    draft->max += reserve + 1;
    puts_to(draft, "]");
}

static void put_marks(struct draft *draft, const struct tocsin_message *message)
{
    if (message->marks & TOCSIN_REPEAT)
        puts_to(draft, " [possible repeat]");
    if (message->marks & TOCSIN_NOT_ENRICHED)
        puts_to(draft, " [not enriched]");
    if (message->marks & TOCSIN_FALLBACK)
        puts_to(draft, " [meant for another sink]");
}

/* first_seen="2026-11-23 10:00": a key that log searches understand. */
static void put_fact(struct draft *draft, const struct tocsin_fact *fact)
{
    puts_to(draft, " ");
    for (const char *at = fact->label; *at; at++) {
        char byte = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '_';
        if (!is_continuation(*at))
            put(draft, &byte, 1);
    }
    puts_to(draft, "=\"");
    put_clean(draft, fact->value, "\"\\");
    puts_to(draft, "\"");
}

static void put_text(struct draft *draft, const struct tocsin_message *message)
{
    put_clean(draft, message->title, "");
    put_marks(draft, message);
    if (message->fact_count > 0)
        puts_to(draft, " -");
    for (uint32_t i = 0; i < message->fact_count && !draft->is_cut; i++)
        put_fact(
            draft, (const void *)((const char *)message->facts + (size_t)i * message->fact_stride));
    if (*message->text_plain) {
        puts_to(draft, " - ");
        put_clean(draft, message->text_plain, "");
    }
}

static void mark_the_cut(struct draft *draft, size_t text_start)
{
    static const char mark[] = "...";
    size_t len = draft->max - (sizeof mark - 1);

    if (len < draft->len) {
        while (len > text_start && is_continuation(draft->bytes[len]))
            len--;
        draft->len = len;
    }
    draft->is_cut = false;
    puts_to(draft, mark);
}

struct line line_write(struct tocsin_call *call, const struct line_style *style, size_t max)
{
    /* Parameters may not push a title out: it needs a blank, a byte order mark, itself and "...".
     */
    size_t title_len = 1 + 3 + strlen(call->message->title) + 3;
    size_t reserve = title_len < max / 5 ? title_len : max / 5;
    struct draft draft = {.bytes = call->host->alloc(call, max), .max = max};

    put_header(&draft, call, style);
    put_structured_data(&draft, call, reserve);
    puts_to(&draft, style->bom ? " \xef\xbb\xbf" : " ");
    size_t text_start = draft.len;
    put_text(&draft, call->message);
    if (draft.is_cut)
        mark_the_cut(&draft, text_start);
    return (struct line){draft.bytes, draft.len};
}
