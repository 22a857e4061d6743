/* Everything that is wrong with a configuration, collected so that all of it is reported at once.
 */
#ifndef TOCSIN_CONFIG_PROBLEMS_H
#define TOCSIN_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

/* A place in a file; line and column count from 1, 0 where there is none (a file that cannot be
 * read). */
struct place {
    const char *file; /* borrowed; must outlive the problems: it is the YAML document's */
    size_t line, column;
};

struct problem {
    char *file; /* owned copy */
    size_t line, column;
    bool is_warning;
    char *text; /* owned, one line: `unknown sink "soc-team"; did you mean "soc-teams"?` */
};

struct problems {
    struct problem *items; /* in order of finding; problems_sort() orders by place */
    size_t count;
    size_t error_count; /* without the warnings */
};

void problem_add(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_warn(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As people read it: `conf/rules.yaml:14:7: unknown ...`, with `warning: ` before a warning's text.
 * The caller frees it. */
char *problem_format(const struct problem *problem);

/* Orders by file and place, and drops repeats: a value that several aliases bring in is wrong
 * once. */
void problems_sort(struct problems *problems);
void problems_finish(struct problems *problems);

#define auto_problems __attribute__((cleanup(problems_finish)))

#endif
