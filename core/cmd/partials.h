/* A template's partials from a folder: {{>NAME}} is FOLDER/NAME.mustache, or FOLDER/NAME where that
 * is not there. A name may have slashes, but never leaves the folder. */
#ifndef TOCSIN_CMD_PARTIALS_H
#define TOCSIN_CMD_PARTIALS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct problems;
struct template;

/* One that some template names; the template is NULL where there is none, or a faulty one. */
struct partial {
    char *name;
    char *file;
    struct template *template;
};

struct partials {
    const char *folder; /* borrowed; NULL: there are none */
    struct partial *items;
    size_t count;
};

/* Loads all that the template of that file needs, partials of partials included, once each. Faults
 * in them are in problems, and a warning for each name without a file. False with the reason when a
 * file cannot be read. partials->folder is set by the caller. */
bool partials_load(struct partials *partials, const struct template *template, const char *file,
    struct problems *problems, struct error *error);
void partials_finish(struct partials *partials);

/* For struct template_scope; arg is the struct partials. */
const struct template *partials_find(const char *name, void *arg);

#endif
