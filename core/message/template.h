/* Templates: Mustache as https://github.com/mustache/spec publishes it (comments, delimiters,
 * interpolation, inverted, partials, sections), with formats behind a name (message/format.h):
 * `{{#alert}}{{title}} since {{first_seen_at|time:Europe/Paris}}{{/alert}}`. Pure but for the
 * reading of time zones at compilation. Its limits are for data from outside: a template is the
 * operator's, what it is rendered with is not.
 *
 * Names are dotted paths as rules write them (event/path.h): `\.` is a dot in a name, a number an
 * index of a list. A name that begins with a dot is looked for in the innermost section alone.
 * False to a section are false, null, what is absent, an empty list and an empty text; 0 is true,
 * being a number to show. A list or an object where a text belongs is shown as JSON. */
#ifndef TOCSIN_MESSAGE_TEMPLATE_H
#define TOCSIN_MESSAGE_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/message.h"

struct buf;
struct template;

/* Line and column count from 1, within the template's text, in characters (a byte-order mark is
 * none). */
struct template_fault {
    size_t line, column;
    char *reason; /* owned */
};

void template_fault_finish(struct template_fault *fault);

/* Compiles a copy of the text. NULL with the fault: a tag or section that is not closed, a wrong
 * name, an unknown format or zone, sections nested deeper than 64, text that is no UTF-8. What is
 * compiled never changes: any thread may use it. */
struct template *template_compile(const char *text, size_t len, struct template_fault *fault);
void template_destroy(struct template *template);

/* Tells every fault of a text, in the order in which they are found, without what only follows from
 * another one: template_compile() gives the first. True when there is none. */
typedef void (*template_fault_visitor)(const struct template_fault *fault, void *arg);
bool template_check(const char *text, size_t len, template_fault_visitor visit, void *arg);

/* What a template refers to, for checks, in the order of the text. Between MENTION_SECTION and its
 * MENTION_END names are looked for in the section's own value first. */
enum template_mention {
    MENTION_NAME,
    MENTION_SECTION,
    MENTION_INVERTED,
    MENTION_END, /* of a section, inverted or not; the name is the section's */
    MENTION_PARTIAL
};

/* name: as written, without formats. */
typedef void (*template_visitor)(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg);
void template_visit(const struct template *template, template_visitor visit, void *arg);

struct template_scope {
    const json_t *root; /* the names, borrowed: any JSON value, or NULL */
    /* The partial of that name, borrowed; NULL: there is none, which is an empty text. The function
     * may be NULL: there are no partials at all. */
    const struct template *(*partial)(const char *name, void *arg);
    void *arg;
    /* How the value of {{x}} is escaped; {{{x}}} and {{&x}} are not. Of JSON all are made values
     * (message/json_slot.h): then {{x|json}} is no text either where a value belongs. */
    enum flavour flavour;
    int64_t now_ms; /* for |ago */
};

/* Appends the result. False, with the fault and nothing appended, when partials nest deeper than
 * 32, sections and partials together deeper than 256, the result grows beyond 256 KiB, or the work
 * beyond what such a result can need, or where a tag of a JSON text stands
 * behind a back-slash. A fault in a partial has the place of the outermost partial's
 * tag; the reason names the partial, and the place in it. */
bool template_render(const struct template *template, const struct template_scope *scope,
    struct buf *out, struct template_fault *fault);

#endif
