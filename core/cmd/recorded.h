/* An event as the ledger has it (the API's events/ID): told again by today's rules, and compared
 * with what the daemon decided then. */
#ifndef TOCSIN_CMD_RECORDED_H
#define TOCSIN_CMD_RECORDED_H

#include <jansson.h>
#include <stdbool.h>

struct config;
struct error;
struct rehearsal;
struct story;

/* The event, with the object that was looked up for it then. NULL with the reason. */
struct story *recorded_story(
    const json_t *record, const struct config *config, struct error *error);

/* {"decided": bool, "same": bool, "differences": ["..."]}: whether the daemon decided already, and
 * in what it did otherwise than today's rules do. A new object. */
json_t *recorded_compare(const json_t *record, const struct rehearsal *rehearsal);

/* For people: one line, and one a difference. */
void recorded_print(const json_t *comparison);

#endif
