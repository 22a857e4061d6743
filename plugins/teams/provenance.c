#include "provenance.h"

#include <stdbool.h>
#include <string.h>

#include <tocsin/sink.h>

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define FIXED_BLANK "\xc2\xa0"

struct reading {
    const char *flavoured, *plain; /* where they stand */
    const char *end;               /* of the plain text */
    uint8_t *flags;                /* of the byte at plain */
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static size_t code_point_length(const char *text)
{
    size_t len = 1;

    while (len < 4 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static size_t zero_width_run(const char *text, size_t max)
{
    size_t len = 0;

    while (len < max && begins(text + len, ZERO_WIDTH_SPACE))
        len += strlen(ZERO_WIDTH_SPACE);
    return len;
}

/* The empty lines that begin the flavoured text: of the plain one the host has cut them off, since
 * it saw them to be empty. */
static const char *skip_empty_lines(const char *text)
{
    for (const char *at = text;;) {
        if (*at == ' ')
            at++;
        else if (begins(at, FIXED_BLANK))
            at += strlen(FIXED_BLANK);
        else if (*at == '\n')
            text = ++at;
        else
            return text;
    }
}

/* Of a run of spaces without width some may be the value's own; that any were added is enough. */
static bool take_spaces(struct reading *reading)
{
    size_t shown = zero_width_run(reading->plain, (size_t)(reading->end - reading->plain));
    size_t run = zero_width_run(reading->flavoured, SIZE_MAX);

    if (run < shown)
        return false;
    if (run > shown) {
        reading->flags[-1] |= PARTED_AFTER;
        reading->flags[shown] |= PARTED_BEFORE;
    }
    reading->flavoured += run;
    reading->plain += shown;
    reading->flags += shown;
    return true;
}

static bool take_character(struct reading *reading)
{
    static const struct {
        char byte;
        const char *instead;
    } swaps[] = {{'*', "\xe2\x88\x97"}, {'`', "\xcb\x8b"}, {' ', FIXED_BLANK}};
    size_t len = code_point_length(reading->plain), taken = 0;

    if (strncmp(reading->flavoured, reading->plain, len) == 0)
        taken = len;
    for (size_t i = 0; taken == 0 && i < sizeof swaps / sizeof *swaps; i++) {
        if (*reading->plain != swaps[i].byte || !begins(reading->flavoured, swaps[i].instead))
            continue;
        taken = strlen(swaps[i].instead);
        *reading->flags |= SWAPPED;
    }
    reading->flavoured += taken;
    reading->plain += len;
    reading->flags += len;
    return taken > 0;
}

uint8_t *provenance_read(
    struct tocsin_call *call, const char *flavoured, const char *plain, size_t len)
{
    /* One before the first byte and one behind the last, so that each has neighbours. */
    uint8_t *flags = (uint8_t *)call->host->alloc(call, len + 2) + 1;
    struct reading reading = {skip_empty_lines(flavoured), plain, plain + len, flags};

    while (reading.plain < reading.end) {
        uint8_t *here = reading.flags;
        if (!take_spaces(&reading) || (reading.plain < reading.end && !take_character(&reading))) {
            memset(here, FOREIGN, (size_t)(flags + len - here));
            break;
        }
    }
    if (reading.plain == reading.end && begins(reading.flavoured, ZERO_WIDTH_SPACE))
        reading.flags[-1] |= PARTED_AFTER;
    return flags;
}
