/* What differs between two configurations: the receipt of a reload. */
#ifndef TOCSIN_CMD_DIFFERENCE_H
#define TOCSIN_CMD_DIFFERENCE_H

#include <jansson.h>

struct problems;
struct setup;

/* {"reloaded": true, "sinks": {"added": [NAME..], "removed": [..], "changed": [..]}, "hooks": the
 * same, "rules": the same and "reordered": bool, "settings": [KEY..], "warnings": [LINE..]}. A new
 * reference. */
json_t *difference_report(const struct setup *before, const struct setup *after);

/* The same in a line: `sinks: + duty-mail, ~ soc-chat; rules: - old`. The caller frees it. */
char *difference_words(const json_t *report);

/* Every problem as a line. A new reference. */
json_t *difference_problems(const struct problems *problems);

#endif
