#include "cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/terminal.h"

enum {
    patience_ms = 500,
    between_ms = 100,
};

/* A terminal that obeys nothing cannot take a line back. */
static bool can_erase(void)
{
    const char *term = getenv("TERM");

    return term && *term && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *progress, const char *what)
{
    *progress = (struct progress){
        .what = what, .is_wanted = terminal_is(stderr) && can_erase(), .began_ms = clock_mono_ms()};
}

/* Whether it is time for another line. */
static bool is_due(struct progress *progress)
{
    int64_t now_ms = clock_mono_ms();

    if (!progress->is_wanted || now_ms - progress->began_ms < patience_ms ||
        now_ms - progress->told_ms < between_ms)
        return false;
    progress->told_ms = now_ms;
    progress->is_shown = true;
    fflush(stdout);
    return true;
}

void progress_note_part(struct progress *progress, double part)
{
    if (!is_due(progress))
        return;
    fprintf(stderr, "\r%.0f %% of the %s\033[K", part * 100, progress->what);
    fflush(stderr);
}

void progress_note(struct progress *progress, size_t done, size_t total)
{
    if (!is_due(progress))
        return;
    if (total)
        fprintf(stderr, "\r%zu of %zu %s (%zu %%)\033[K", done, total, progress->what,
            done * 100 / total);
    else
        fprintf(stderr, "\r%s: %lld s\033[K", progress->what,
            (long long)(progress->told_ms - progress->began_ms) / 1000);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (!progress->is_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->is_shown = false;
}
