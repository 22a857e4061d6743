/* Events as they come, for trying templates before the first real one does: alerts created (looked
 * up, and in vain), updated and deleted, a comment, cases, a content proposal, and a type that is
 * not known. They stand in samples.json, which is compiled in. */
#ifndef TOCSIN_MESSAGE_SAMPLE_H
#define TOCSIN_MESSAGE_SAMPLE_H

#include <stddef.h>

struct view;
struct view_context;

struct sample {
    char *name; /* "an alert, created" */
    struct view *view;
};

struct samples {
    struct sample *items; /* owned */
    size_t count;
};

void samples_init(struct samples *samples, const struct view_context *context);
/* One of them as plugins get an event (event_export()), the caller's to free; NULL beyond the last.
 */
char *sample_export(size_t index);

void samples_finish(struct samples *samples);

#endif
