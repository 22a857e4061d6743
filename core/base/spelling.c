#include "base/spelling.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
    longest_result = 4, /* bytes that one escape stands for */
    longest_escape = 12,
};

static const char marks[] = "%\\&";

bool spelling_is_needed(const char *text)
{
    return strpbrk(text, marks) != NULL;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* Reads at most `most` digits; how many there were. */
static size_t read_number(const char *text, int base, size_t most, uint32_t *number)
{
    size_t count = 0;

    *number = 0;
    while (count < most && digit_of(text[count]) < base)
        *number = *number * (uint32_t)base + (uint32_t)digit_of(text[count++]);
    return count;
}

/* Each of these reads one escape at its mark: its length, 0 where there is none; what it stands for
 * goes to out, and how many bytes that are to *made. */

static size_t read_percent(const char *text, char out[longest_result], size_t *made)
{
    uint32_t byte;

    if (read_number(text + 1, 16, 2, &byte) != 2)
        return 0;
    out[0] = (char)byte;
    *made = 1;
    return 3;
}

/* \u0041, or two of them where the code point lies beyond U+FFFF (RFC 8259, section 7). */
static size_t read_unicode(const char *text, char out[longest_result], size_t *made)
{
    uint32_t code, low;
    size_t len = 6;

    if (read_number(text + 2, 16, 4, &code) != 4)
        return 0;
    if (code >= 0xd800 && code < 0xdc00 && text[6] == '\\' && text[7] == 'u' &&
        read_number(text + 8, 16, 4, &low) == 4 && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        len = 12;
    }
    *made = utf8_encode(code, out);
    return len;
}

static size_t read_backslash(const char *text, char out[longest_result], size_t *made)
{
    uint32_t byte;

    if (text[1] == 'u')
        return read_unicode(text, out, made);
    *made = 1;
    if (text[1] == 'x' && read_number(text + 2, 16, 2, &byte) == 2) {
        out[0] = (char)byte;
        return 4;
    }
    out[0] = text[1];
    return text[1] && strchr("/\\\"'&", text[1]) ? 2 : 0;
}

static size_t read_reference(const char *text, char out[longest_result], size_t *made)
{
    bool is_hex = text[2] == 'x' || text[2] == 'X';
    size_t at = is_hex ? 3 : 2;
    uint32_t code;
    size_t digits = read_number(text + at, is_hex ? 16 : 10, 7, &code);

    if (digits == 0 || text[at + digits] != ';' || code > 0x10ffff)
        return 0;
    *made = utf8_encode(code, out);
    return at + digits + 1;
}

static size_t read_entity(const char *text, char out[longest_result], size_t *made)
{
    static const struct {
        const char *name;
        char stands_for;
    } entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

    if (text[1] == '#')
        return read_reference(text, out, made);
    *made = 1;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t len = strlen(entities[i].name);
        out[0] = entities[i].stands_for;
        if (strncmp(text, entities[i].name, len) == 0)
            return len;
    }
    return 0;
}

static size_t read_escape(const char *text, char out[longest_result], size_t *made)
{
    switch (*text) {
    case '%':
        return read_percent(text, out, made);
    case '\\':
        return read_backslash(text, out, made);
    case '&':
        return read_entity(text, out, made);
    default:
        return 0;
    }
}

/* In place: no escape is shorter than what it stands for. */
bool spelling_undo(struct spelling *spelling)
{
    char *plain = spelling->plain, out[longest_result];
    size_t to = 0, made, len;
    bool was_any = false;

    for (size_t at = 0; at < spelling->len; at += len) {
        size_t from = spelling->from[at];
        len = read_escape(plain + at, out, &made);
        was_any |= len > 0;
        if (len == 0) {
            len = made = 1;
            out[0] = plain[at];
        }
        for (size_t i = 0; i < made; i++, to++) {
            plain[to] = out[i];
            spelling->from[to] = from;
        }
    }
    spelling->from[to] = spelling->from[spelling->len];
    spelling->len = to;
    plain[to] = '\0';
    return was_any;
}

void spelling_init(struct spelling *spelling, const char *text)
{
    spelling->len = strlen(text);
    spelling->plain = text_copy(text);
    spelling->from = mem_take((spelling->len + 1) * sizeof *spelling->from);
    for (size_t i = 0; i <= spelling->len; i++)
        spelling->from[i] = i;
}

void spelling_finish(struct spelling *spelling)
{
    if (spelling->plain)
        explicit_bzero(spelling->plain, spelling->len);
    free(spelling->plain);
    free(spelling->from);
    *spelling = (struct spelling){0};
}

size_t spelling_whole(const char *text)
{
    size_t len = strlen(text), first = len > longest_escape ? len - longest_escape : 0;
    size_t whole = first + strcspn(text + first, marks);

    return whole;
}
