/* Where YAML bites: what was meant by a text that is no YAML, seen from the lines around the fault.
 * The parser's own complaint comes late, and is about what it made of the text by then. */
#ifndef TOCSIN_CONFIG_TRAP_H
#define TOCSIN_CONFIG_TRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problems.h"

struct source;

/* A complaint of the parser's: in bytes of the text. */
struct complaint {
    const char *words; /* what is wrong, as it says it */
    size_t at;         /* where */
    size_t begin;      /* where what it was reading began; `at` where that is not known */
    bool is_in_flow;   /* that was a map or list in braces or brackets */
};

/* Reports what was meant, where that can be seen; false where it cannot. */
bool trap_report(
    const struct source *source, const struct complaint *complaint, struct problems *problems);

#endif
