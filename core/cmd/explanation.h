/* Why a rehearsed event goes where it goes: as JSON for programs, and as lines for people. */
#ifndef TOCSIN_CMD_EXPLANATION_H
#define TOCSIN_CMD_EXPLANATION_H

#include <jansson.h>

struct rehearsal;
struct setup;

/* {"event": {"id", "type", "action", "hook", "thread", "accepted"},
 *  "object": {"name", "status", "found"} or null where nothing was looked up,
 *  "alarm": true for one of tocsin's own,
 *  "rules": [as in the trace of events/ID], "not_tried": rules after a stop,
 *  "deliveries": [{"sink", "plugin", "rule", "level", "urgency", "flavour", "title", "text",
 *                  "facts": [{"label", "value"}], "link", "not_enriched", "size", "limit",
 *                  "trouble": why the rule's own words gave way to the default, or null}],
 *  "nobody": why, or null}
 * A new object. */
json_t *explanation_json(const struct rehearsal *rehearsal, const struct setup *setup);

/* One line each, or so; what came from outside is made harmless. */
void explanation_print(const json_t *explanation);

#endif
