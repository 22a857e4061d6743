#include "demand.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What a text may hold beside visible characters, as bits. */
enum allowance {
    ALLOW_NEWLINE = 1,
    ALLOW_BIDI = 2,
    ALLOW_CONTROLS = 4,
};

void demand_failed(const char *file, int line, const char *condition, const char *about)
{
    fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    if (about)
        fprintf(stderr, "for: %s\n", about);
    abort();
}

/* Stands in the place of mem_exhausted(), which ends the process in a way that libFuzzer does not
 * see. */
void __wrap_mem_exhausted(void) __attribute__((noreturn));
void __wrap_mem_exhausted(void)
{
    demand_failed(__FILE__, __LINE__, "there is memory", NULL);
}

/* RFC 3629, read anew: a fault in base/utf8.c would not find itself. Moves to the next character;
 * UINT32_MAX where the bytes are no UTF-8. */
static uint32_t next_code_point(const unsigned char **at)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
        int more;
    } forms[] = {{0x80, 0x00, 0, 0}, {0xe0, 0xc0, 0x80, 1}, {0xf0, 0xe0, 0x800, 2},
        {0xf8, 0xf0, 0x10000, 3}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((**at & forms[i].mask) != forms[i].lead)
            continue;
        uint32_t code = *(*at)++ & (unsigned char)~forms[i].mask;
        for (int more = forms[i].more; more > 0; more--, (*at)++) {
            if ((**at & 0xc0) != 0x80)
                return UINT32_MAX;
            code = code << 6 | (**at & 0x3f);
        }
        bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
        return code < forms[i].least || is_surrogate || code > 0x10ffff ? UINT32_MAX : code;
    }
    return UINT32_MAX;
}

static bool is_bidi(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029;
}

static void check(const char *text, size_t most, int allowed)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t count = 0;

    DEMAND(text != NULL);
    for (; *at; count++) {
        uint32_t code = next_code_point(&at);
        DEMAND_OF(code != UINT32_MAX, text);
        DEMAND_OF(!is_control(code) || allowed & ALLOW_CONTROLS ||
                      (code == '\n' && allowed & ALLOW_NEWLINE),
            text);
        DEMAND_OF(!is_bidi(code) || allowed & ALLOW_BIDI, text);
    }
    DEMAND_OF(count <= most, text);
}

void demand_line(const char *line, size_t most)
{
    check(line, most, 0);
}

void demand_text(const char *text)
{
    check(text, SIZE_MAX, ALLOW_NEWLINE);
}

void demand_utf8(const char *text)
{
    check(text, SIZE_MAX, ALLOW_CONTROLS | ALLOW_BIDI);
}

void demand_words(const char *words)
{
    check(words, SIZE_MAX, ALLOW_BIDI);
    DEMAND(*words);
}

json_t *demand_json(const char *text)
{
    json_error_t fault;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &fault);

    DEMAND_OF(value, fault.text);
    return value;
}
