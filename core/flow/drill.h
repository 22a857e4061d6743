/* A drill: one message to one sink, to see whether it works. It says that it is one, goes the way
 * of every message through the plugin and its lane, once, and leaves no trace in the ledger: it is
 * about no event, is never tried again, and nobody else takes it over. Belongs to the loop's
 * thread. */
#ifndef TOCSIN_FLOW_DRILL_H
#define TOCSIN_FLOW_DRILL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "event/view.h"

struct config;
struct drill;
struct sink;

struct drill_order {
    const struct config *config;
    enum view_level level;
    const char *by; /* who sends it: letters, digits and .-_@ of it are shown; NULL: not known */
    bool is_probe;  /* it only tries how far the far end lets in: dispatch::is_probe */
};

/* The report (drill_report.h) is borrowed. NULL: there is none, and `refusal` says why the drill
 * was not begun; without that either, the process ends and nobody waits any more. */
typedef void (*drill_done)(const json_t *report, const char *refusal, void *arg);

/* The order is borrowed for the call. One of the two that follow comes next, and takes it over. */
struct drill *drill_create(
    const struct sink *sink, const struct drill_order *order, drill_done done, void *arg);

/* The sink has a place (sink_places). Its gate and rate do not count: a person asks now, and may
 * ask just since they are shut. Done is called once, perhaps from inside this call. */
void drill_begin(struct drill *drill, struct sink *sink);
void drill_refuse(struct drill *drill, const char *refusal);

/* Drills that wait for a place, in order. */
TAILQ_HEAD(drills, drill);

void drills_add(struct drills *drills, struct drill *drill);

/* Begins as many as have one. */
void drills_begin(struct drills *drills, struct sink *sink);
void drills_refuse(struct drills *drills, const char *refusal);

#endif
