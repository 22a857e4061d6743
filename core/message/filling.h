/* JSON that a template makes of JSON data, for a far end that wants a form of its own. What the
 * data holds may shape the values and, by the template's sections, what there is of them; it can
 * break out of none. Pure but for what template.h says. */
#ifndef TOCSIN_MESSAGE_FILLING_H
#define TOCSIN_MESSAGE_FILLING_H

#include <stdint.h>

struct error;
struct template;

/* The template that was used last, so that it is compiled once. Zeroed: none. */
struct filling {
    char *text;
    struct template *template;
};

void filling_finish(struct filling *filling);

/* The result, which the caller frees. NULL with the reason: a fault of the template, with line and
 * column in it; a name outside of its sections that the data's object has no member of, not even a
 * null; a partial, of which there are none; a result that is no JSON, or names a member twice. */
char *filling_make(struct filling *filling, const char *template, const char *data, int64_t now_ms,
    struct error *error);

#endif
