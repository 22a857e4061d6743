/* Rules, compiled from YAML: who hears of an event, and why. Pure: no I/O, and time is an argument,
 * so that explain, test, what-if and the daemon run the very same code.
 *
 * All rules are tried from top to bottom and every match sends; `stop: true` ends there after a
 * match. A sink reached by several rules gets one message, the first matching rule's. A rule that
 * ends unknown (a look-up failed) sends, and its stop does not apply, unless it says
 * `if_not_enriched: skip`. */
#ifndef TOCSIN_RULE_RULESET_H
#define TOCSIN_RULE_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct rule_partials;
struct problems;
struct rule;
struct view;
struct yaml;

struct ruleset;

/* Where and how the rules stand, for those who check against sinks. All borrowed from the ruleset.
 */
struct rule_send {
    const char *sink;
    const char *rule; /* the rule's name; "unmatched" for the unmatched list */
    const char *file; /* where the sink is named */
    size_t line, column;
};

/* Compiles the documents in order (one or more files; NULL, a file that could not be read, is
 * passed over), each as partial_folder_read() leaves it. Every fault is reported to problems with
 * file:line:column; returns NULL if there is any error in problems, from loading the documents too.
 * A key or operator this version does not have is refused by name. known_sinks[0..count) are the
 * names that `send` may use. The documents may go afterwards. */
struct ruleset *ruleset_compile(const struct yaml *const *documents, size_t document_count,
    const char *const *known_sinks, size_t sink_count, struct problems *problems);

/* The same for those who look for more faults, as in the templates: never NULL. With errors in
 * problems it is what could be read, and decides nothing. */
struct ruleset *ruleset_read(const struct yaml *const *documents, size_t document_count,
    const char *const *known_sinks, size_t sink_count, struct problems *problems);
void ruleset_destroy(struct ruleset *rules);

size_t ruleset_count(const struct ruleset *rules);

/* For those who make messages by what the rules say of them (rule/rule.h). The one at
 * ruleset_count() is `unmatched`: sends alone, and no name where no file has it. */
const struct rule *ruleset_rule(const struct ruleset *rules, size_t index);

/* Of all files. */
const struct rule_partials *ruleset_partials(const struct ruleset *rules);

/* The distinct (rule, sink) pairs, for warnings such as "nobody sends to this sink". Fills at most
 * max, returns how many there are. */
size_t ruleset_sends(const struct ruleset *rules, struct rule_send *sends, size_t max);

/* True when some rule has `match: {}` or `unmatched` names a sink: every event reaches somebody. */
bool ruleset_is_total(const struct ruleset *rules);

/* Warns of rules that can never match after an earlier one (rule/shadow.h). */
void ruleset_review(const struct ruleset *rules, struct problems *problems);

enum verdict {
    VERDICT_NO,
    VERDICT_YES,
    VERDICT_UNKNOWN
};

/* One rule's verdict on one event. */
struct rule_trace {
    const char *rule; /* borrowed from the ruleset */
    const char *file;
    size_t line;      /* of the rule */
    const char *head; /* how its JSON begins, borrowed too */
    enum verdict verdict;
    bool sends;          /* it matched, or it is unknown and sends all the same */
    bool stops;          /* routing ended here */
    size_t because_line; /* the first test that was not true; 0 where all were */
    char *because;       /* owned: `urgency: gte 80 (was 30)`; NULL where all were true */
    const char
        *gave_up; /* the limit that a pattern's search of it reached: "100,000 steps"; NULL */
};

struct rule_target {
    const char *sink; /* borrowed from the ruleset */
    const char *rule; /* the first matching rule's name; "unmatched" */
};

/* What the rules say of one event. */
struct decision {
    struct rule_target *targets; /* in order of the rules, each sink once */
    size_t target_count;
    struct rule_trace *traces; /* rules tried, in order; NULL unless asked for */
    size_t trace_count;
    size_t untried;   /* rules among those with traces that the index passed over: TRACE_TRIED */
    unsigned gave_up; /* tests of which a search reached a limit, and counts as no match */
    bool matched; /* some rule sent or decided; `send: []` is a decision where it is known to match
                   */
};

enum trace_extent {
    TRACE_NONE,
    TRACE_TRIED, /* not of the rules of which the index says that they cannot match */
    TRACE_ALL
};

/* now_ms is the time of acceptance. The view's name `rule` is left as the last rule that asked for
 * it was called. */
void ruleset_decide(const struct ruleset *rules, struct view *view, int64_t now_ms,
    enum trace_extent extent, struct decision *decision);
void decision_finish(struct decision *decision);

/* Appends the traces as one JSON array: [{"rule","at":"rules.yaml:14","verdict":"yes|no|unknown",
 * "sends":bool,"stops":true?,"gave_up":"100,000
 * steps"?,"because":{"at":"rules.yaml:16","text":"..."}?}]. Past max_bytes rules that did not send
 * are left out, and counted with the untried ones in a last member
 * {"left_out":N}. */
void decision_trace_json(const struct decision *decision, size_t max_bytes, struct buf *out);

#endif
