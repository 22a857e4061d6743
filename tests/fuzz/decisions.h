/* What rules decide of an event, decided in every way in which tocsin does it: the daemon by the
 * index, explain by trying every rule. */
#ifndef TOCSIN_TESTS_FUZZ_DECISIONS_H
#define TOCSIN_TESTS_FUZZ_DECISIONS_H

#include <stdint.h>

struct places;
struct problems;
struct ruleset;
struct view;

/* Demands that rules of which the review says that they can never match do not match this event
 * either. */
void decisions_demand_shadowed(
    const struct ruleset *rules, struct view *view, int64_t now_ms, const struct problems *review);

/* Demands that all ways tell the same sinks for the same rules' sake, and that the traces are whole
 * and stand in the text of the rules. */
void decisions_demand(
    const struct ruleset *rules, struct view *view, int64_t now_ms, const struct places *places);

#endif
