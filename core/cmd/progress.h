/* How far work is that takes longer: one line on standard error, if that is a terminal, which goes
 * away when the work is done. */
#ifndef TOCSIN_CMD_PROGRESS_H
#define TOCSIN_CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "events compared"; borrowed */
    bool is_wanted;
    bool is_shown;
    int64_t began_ms, told_ms; /* monotonic */
};

void progress_begin(struct progress *progress, const char *what);

/* total 0: not known. Nothing is shown within the first half of a second, nor ten times a second.
 */
void progress_note(struct progress *progress, size_t done, size_t total);

/* Where only the part is known that is done, of 1. */
void progress_note_part(struct progress *progress, double part);

/* Before something else is printed, and at the end. */
void progress_clear(struct progress *progress);

#endif
