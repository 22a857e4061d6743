#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    usual_width = 80,
    least_width = 40,
};

/* ECMA-48, section 8.3.117: select graphic rendition. */
static const char *const paints[] = {
    [PAINT_BAD] = "\033[1;31m",
    [PAINT_WARN] = "\033[33m",
    [PAINT_GOOD] = "\033[32m",
    [PAINT_DIM] = "\033[2m",
};

bool terminal_is(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

size_t terminal_width(FILE *stream)
{
    struct winsize size;

    if (!terminal_is(stream) || ioctl(fileno(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return usual_width;
    return size.ws_col < least_width ? least_width : size.ws_col;
}

bool terminal_has_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return terminal_is(stream) && !(no_color && *no_color) && term && *term &&
           strcmp(term, "dumb") != 0;
}

const char *paint_on(FILE *stream, enum paint paint)
{
    return terminal_has_colour(stream) ? paints[paint] : "";
}

const char *paint_off(FILE *stream)
{
    return terminal_has_colour(stream) ? "\033[0m" : "";
}
