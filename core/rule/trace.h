/* How a trace is written. */
#ifndef TOCSIN_RULE_TRACE_H
#define TOCSIN_RULE_TRACE_H

struct rule;

/* What the JSON of all traces of a rule has in common: `{"rule":"wake","at":"rules.yaml:14"`. The
 * caller frees it. */
char *trace_head(const struct rule *rule);

#endif
