/* A command of tocsin's own that the daemon has another process run: what would take the loop's
 * time, or more memory than the daemon should ever have. It is nice to the daemon, reads a text on
 * its standard input, and is killed when it takes too long. Belongs to the loop's thread. */
#ifndef TOCSIN_CMD_ERRAND_H
#define TOCSIN_CMD_ERRAND_H

#include <stddef.h>

struct errand;
struct error;
struct event_base;

struct errand_order {
    const char *const *words; /* "what-if", "--json", ..., NULL */
    const char *folder;       /* it works there; NULL: where the daemon does */
    const char *input;
    size_t input_len;
    int timeout_ms;
};

/* How it ended. Texts are lent for the call. */
struct errand_end {
    int status;              /* its exit status; negative: it was killed, or a signal ended it */
    const char *out, *error; /* what it wrote to standard output and to standard error */
};
typedef void (*errand_done)(const struct errand_end *end, void *arg);

/* NULL with the reason when it cannot be started; else done is called once, unless errand_destroy()
 * comes first. The errand is gone when done returns. */
struct errand *errand_start(struct event_base *base, const struct errand_order *order,
    errand_done done, void *arg, struct error *error);

/* Kills it. NULL is fine. */
void errand_destroy(struct errand *errand);

#endif
