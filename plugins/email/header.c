#include "header.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "../shared/control.h"
#include "address.h"
#include "text.h"

enum {
    LINE_MAX_WISHED = 76, /* RFC 2047 2 for lines with encoded words; 78 for the others */
    WORD_MAX_BARE = 200,  /* a longer word is encoded, which can be folded anywhere */
    ENCODED_WORD_FRAME = sizeof "=?UTF-8?B?"
                                "?=" -
                         1,
};

/* One line with single blanks between its words, which is what folding can give back whole. */
static const char *one_line(struct tocsin_call *call, const char *value)
{
    struct text line = {.call = call};

    for (bool blank = false; *value;) {
        size_t control = control_length(value);
        if (control > 0 || *value == ' ') {
            blank = line.len > 0;
            value += control ? control : 1;
            continue;
        }
        if (blank)
            text_putc(&line, ' ');
        blank = false;
        text_putc(&line, *value++);
    }
    return text_string(&line);
}

/* A line that may stand as it is. "=?" may not: it would be read as an encoded word. */
static bool is_bare(const char *line)
{
    size_t word = 0;

    for (const char *at = line; *at; at++) {
        if ((unsigned char)*at >= 0x80)
            return false;
        word = *at == ' ' ? 0 : word + 1;
        if (word > WORD_MAX_BARE)
            return false;
    }
    return !strstr(line, "=?");
}

/* The words of a bare line, in lines of at most 76 where its words allow that. */
static void put_folded(struct text *out, size_t column, const char *line)
{
    for (bool first = true; *line; first = false) {
        size_t len = strcspn(line, " ");
        if (!first && column + 1 + len > LINE_MAX_WISHED) {
            text_puts(out, "\r\n");
            column = 0;
        }
        if (!first) {
            text_putc(out, ' ');
            column++;
        }
        text_append(out, line, len);
        column += len;
        line += len + (line[len] == ' ');
    }
}

/* Each encoded word holds whole code points and ends where its line must. */
static void put_encoded(struct text *out, size_t column, const char *line)
{
    size_t len = strlen(line);

    while (len > 0) {
        size_t room = (LINE_MAX_WISHED - ENCODED_WORD_FRAME - column) / 4 * 3;
        size_t part = text_cut(line, len, room);
        text_puts(out, "=?UTF-8?B?");
        text_base64(out, line, part, 0);
        text_puts(out, "?=");
        line += part;
        len -= part;
        if (len > 0)
            text_puts(out, "\r\n ");
        column = 1;
    }
}

void header_text(struct text *out, const char *name, const char *value)
{
    const char *line = one_line(out->call, value);
    size_t column = strlen(name) + 2;

    text_printf(out, "%s: ", name);
    if (is_bare(line))
        put_folded(out, column, line);
    else
        put_encoded(out, column, line);
    text_puts(out, "\r\n");
}

/* A display name: a quoted string (RFC 5322 3.2.4), or encoded words where that will not do. */
static void put_name(struct text *out, size_t column, const char *name)
{
    const char *line = one_line(out->call, name);

    if (!is_bare(line) || strlen(line) > LINE_MAX_WISHED - column - 2) {
        put_encoded(out, column, line);
        return;
    }
    text_putc(out, '"');
    for (; *line; line++) {
        if (*line == '"' || *line == '\\')
            text_putc(out, '\\');
        text_putc(out, *line);
    }
    text_putc(out, '"');
}

static void put_address(struct text *out, size_t column, const struct address *address)
{
    size_t start = out->len;

    if (!*address->name) {
        text_puts(out, address->bare);
        return;
    }
    put_name(out, column, address->name);
    column += out->len - start;
    if (column + strlen(address->bare) + strlen(" <>,") > LINE_MAX_WISHED)
        text_puts(out, "\r\n");
    text_printf(out, " <%s>", address->bare);
}

void header_addresses(
    struct text *out, const char *name, const struct address *addresses, size_t count)
{
    size_t column = strlen(name) + 2;

    text_printf(out, "%s: ", name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            text_puts(out, ",\r\n ");
            column = 1;
        }
        put_address(out, column, &addresses[i]);
    }
    text_puts(out, "\r\n");
}

/* strftime() would write in the language of the process. */
void header_date(struct text *out, int64_t ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(ms / 1000);
    struct tm at = {.tm_mday = 1, .tm_year = 70};

    gmtime_r(&seconds, &at);
    text_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[at.tm_wday], at.tm_mday,
        months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}
