/* What a shared object declares, read from its file without loading it: the symbols that it
 * exports, the libraries that it needs. Source: System V Application Binary Interface, chapters 4
 * and 5 (ELF). */
#ifndef TOCSIN_PROBE_EXPORTS_H
#define TOCSIN_PROBE_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct exports {
    char **names; /* owned, each too: what other objects can see */
    size_t count;
    char **needs; /* likewise: "libjansson.so.4" */
    size_t need_count;
    size_t bytes;           /* of the file */
    size_t descriptor_size; /* of tocsin_sink_plugin; 0: there is none */
};

enum exports_end {
    EXPORTS_READ,
    EXPORTS_NO_FILE,   /* it cannot be read */
    EXPORTS_NO_OBJECT, /* it is no shared object of this machine, or a damaged one */
};

/* The reason names the file. exports_finish() in any case. */
enum exports_end exports_read(struct exports *exports, const char *path, struct error *error);
void exports_finish(struct exports *exports);

#endif
