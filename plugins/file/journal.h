/* A file of lines that others may rename, remove, truncate and append to. It is opened anew where
 * its name leads to another file; a line stands in it whole, or not at all, or (where the machine
 * fell while it was written) alone. */
#ifndef TOCSIN_PLUGINS_FILE_JOURNAL_H
#define TOCSIN_PLUGINS_FILE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct tocsin_call;

struct journal {
    const char *path; /* borrowed */
    mode_t mode;      /* of a file that is made here */
    bool syncs;
    int fd; /* -1: not open */
};

void journal_init(struct journal *journal, const char *path, mode_t mode, bool syncs);
void journal_finish(struct journal *journal);

/* What became of a line. */
struct written {
    const char *step; /* what failed: "open", "write", ...; NULL: nothing, the line is there */
    int error;        /* errno; ETIMEDOUT at the deadline */
    bool maybe_there; /* it may be there in spite of the failure */
};

/* Appends len bytes, which end with a newline; waits for room and for the lock till the call's
 * deadline. */
struct written journal_append(
    struct journal *journal, struct tocsin_call *call, const char *line, size_t len);

#endif
