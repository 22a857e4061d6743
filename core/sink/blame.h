/* Who is to blame when a plugin in this process takes it down, or holds its loop: each thread notes
 * which plugin's call it is in. A fatal signal's last line in the log names sink, file and call; so
 * does exit(). A call on the loop that does not come back is named while it goes on. Nothing can be
 * said by a process that ends by SIGKILL or _exit(). */
#ifndef TOCSIN_SINK_BLAME_H
#define TOCSIN_SINK_BLAME_H

#include <stdint.h>

struct logger;

/* A call under way, on the caller's stack; texts are borrowed until blame_leave(). */
struct blame {
    const char *sink, *file;
    const char *call; /* "render" */
    int64_t began_ms; /* set by blame_enter(), on the loop's thread */
    const struct blame *outer;
};

/* From now on the signals that end a process are told of before they do. Once is enough. */
void blame_install(void);

/* Lines have the form of that root's; it is borrowed. NULL: the default one again. */
void blame_log_as(const struct logger *root);

/* The calling thread is the loop's: a call on it that lasts is told of after a second, and again
 * whenever it has lasted twice as long. */
void blame_watch_loop(void);

void blame_enter(struct blame *blame);
void blame_leave(const struct blame *blame);

#endif
