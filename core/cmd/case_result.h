/* What came of a test of the rules file. */
#ifndef TOCSIN_CMD_CASE_RESULT_H
#define TOCSIN_CMD_CASE_RESULT_H

#include <jansson.h>

struct rehearsal;
struct rule_case;
struct setup;

/* {"name", "at": "rules.yaml:31", "ok": bool, "expected": ["siem"],
 *  "came": [{"sink", "rule", "title", "text"}],
 *  "faults": [{"sink", "fault": "missing" | "extra" | "title" | "text" | "words", "why": ["..."]}],
 *  "note": what is odd about the event, or null}
 * A new object. */
json_t *case_result(
    const struct rule_case *test, const struct rehearsal *rehearsal, const struct setup *setup);

/* For people: one line, and what is wrong below it. */
void case_result_print(const json_t *result);

/* "soc-teams is missing", and the like; the caller frees it. */
char *case_fault_text(const json_t *fault);

/* The sinks of "expected" or "came", "siem, soc-teams", or "nobody"; the caller frees it. */
char *case_sinks_text(const json_t *sinks);

#endif
