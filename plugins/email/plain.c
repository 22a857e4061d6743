/* The text/plain part: it says everything by itself, for readers and tools without HTML. */
#include "body.h"

#include <string.h>

#include "level.h"
#include "text.h"

enum {
    TEXT_MAX = 50000,
    WHOLE_MAX = 100000,
    TEXT_MAX_SIMPLE = 1000,
    LABEL_WIDTH = 14,
};

/* Text with CRLF line ends; other controls become blanks. */
static void put_lines(struct text *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '\n')
            text_puts(out, "\r\n");
        else if (byte == '\r' && text[i + 1] == '\n')
            continue;
        else
            text_putc(out, (byte < 0x20 && byte != '\t') || byte == 0x7f ? ' ' : text[i]);
    }
}

static void put_text(struct text *out, const char *text, size_t max)
{
    size_t len = strlen(text), cut = text_cut(text, len, max);

    if (len == 0)
        return;
    text_puts(out, "\r\n");
    put_lines(out, text, cut);
    text_puts(out, cut < len ? "\xe2\x80\xa6 (cut)\r\n" : "\r\n");
}

static void put_notices(struct text *out, const struct tocsin_message *message)
{
    const char *lines[NOTICES_MAX];
    size_t count = body_notices(message, lines);

    if (count > 0)
        text_puts(out, "\r\n");
    for (size_t i = 0; i < count; i++)
        text_printf(out, "%s\r\n", lines[i]);
}

static void put_head(struct text *out, const struct tocsin_message *message)
{
    put_lines(out, message->title, strlen(message->title));
    text_printf(out, "\r\n%s", level_of(message)->shout);
    if (message->urgency >= 0)
        text_printf(out, ", urgency %d of 100", (int)message->urgency);
    const char *origin = body_origin(out->call);
    text_puts(out, "\r\n");
    put_lines(out, origin, strlen(origin));
    text_puts(out, "\r\n");
    put_notices(out, message);
}

static void put_fact(struct text *out, const struct tocsin_fact *fact)
{
    size_t start = out->len;

    put_lines(out, fact->label, strlen(fact->label));
    text_putc(out, ':');
    do
        text_putc(out, ' ');
    while (out->len - start < LABEL_WIDTH);
    put_lines(out, fact->value, strlen(fact->value));
    text_puts(out, "\r\n");
}

static void put_facts(struct text *out, const struct tocsin_message *message)
{
    uint32_t shown = 0;

    if (message->fact_count > 0)
        text_puts(out, "\r\n");
    while (shown < message->fact_count && out->len < WHOLE_MAX)
        put_fact(out, body_fact(message, shown++));
    if (shown < message->fact_count)
        text_printf(out, "\xe2\x80\xa6 and %u more facts\r\n", message->fact_count - shown);
}

static void put_link(struct text *out, const struct tocsin_message *message)
{
    const char *link = body_link(message);

    if (!link)
        return;
    text_puts(out, "\r\n");
    put_lines(out, link, strlen(link));
    text_puts(out, "\r\n");
}

void plain_write(struct text *out, const struct tocsin_message *message)
{
    put_head(out, message);
    put_text(out, message->text_plain, TEXT_MAX);
    put_facts(out, message);
    put_link(out, message);
    text_puts(out, "\r\n-- \r\n");
    if (*message->rule) {
        text_puts(out, "Rule: ");
        put_lines(out, message->rule, strlen(message->rule));
        text_puts(out, "\r\n");
    }
    text_printf(out, "Event %s, delivery %s, by tocsin\r\n", message->event, message->delivery);
}

void plain_write_simple(struct text *out, const struct tocsin_message *message)
{
    put_head(out, message);
    put_text(out, message->text_plain, TEXT_MAX_SIMPLE);
    put_link(out, message);
}
