/* The card that `tocsin plugin check` prints: what a plugin is, does and passed. */
#ifndef TOCSIN_CMD_PLUGIN_CHECK_CARD_H
#define TOCSIN_CMD_PLUGIN_CHECK_CARD_H

#include <jansson.h>
#include <stdbool.h>

struct exports;
struct probe_board;

/* {"file", "bytes", "needs", "plugin": {...} or null, "checks": [{"name", "result", "note",
 * "reasons"}], "passed"}. Results are "ok", "failed", "not applicable" and "not finished". The
 * caller drops it. */
json_t *card_create(
    const char *file, const struct exports *exports, const struct probe_board *board);

/* For people. */
void card_print(const json_t *card);

bool card_is_passed(const json_t *card);

#endif
