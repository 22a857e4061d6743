/* Rules and events for the tests, from text. */
#ifndef TOCSIN_TESTS_RULES_H
#define TOCSIN_TESTS_RULES_H

#include <stdbool.h>

struct decision;
struct problems;
struct ruleset;
struct view;

/* Compiles a file called rules.yaml for the sinks chat, mail, siem and pager. Fails the test where
 * there is a fault. */
struct ruleset *rules_of(const char *yaml);

/* The same with the faults left to the caller. */
struct ruleset *rules_or_problems(const char *yaml, struct problems *problems);

/* An event and the alert looked up for it: JSON, NULL for no look-up, "failed" for one in vain. */
struct view *event_view(const char *text, const char *alert);

/* The same for an object that is called otherwise. It was accepted at 2026-09-10T00:26:40Z. */
struct view *event_view_with(const char *text, const char *name, const char *object);

/* "chat<first rule> mail<second>": the targets; the decision must be finished. */
char *targets_of(const struct decision *decision);

/* The targets of one event. */
char *decide(const char *yaml, const char *event, const char *alert);

#endif
