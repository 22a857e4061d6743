/* `check --online`: whether the far ends of a configuration let tocsin in. Nothing is sent to them:
 * the Alert API is asked for a list, a mail server is logged in to, others are connected to. */
#ifndef TOCSIN_CMD_ONLINE_H
#define TOCSIN_CMD_ONLINE_H

#include <jansson.h>
#include <stdbool.h>

struct config;
struct setup;

/* A finding: {"what", "to", "result": "fine" | "failed" | "untried", "text", "cure", "took_ms"};
 * cure is null where there is nothing to mend. Texts hold no secrets. Takes text over. */
json_t *online_finding(
    const char *what, const char *to, const char *result, char *text, const char *cure);

typedef void (*online_told)(json_t *finding, void *arg);

/* In online_api.c: one after the other, each bounded. Takes the findings' references along. */
void online_ask_apis(const struct config *config, online_told told, void *arg);

/* All of it; false when one of them failed. Finishes the setup, which has no errors, unless a
 * thread did not come back (*is_lost): the process must then end by _exit(). */
bool online_check(struct setup *setup, online_told told, void *arg, bool *is_lost);

#endif
