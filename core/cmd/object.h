/* The object behind an event, where no daemon looks it up: as somebody says it is, as the API says
 * it is now, or missing. Each is what the daemon would make of it. */
#ifndef TOCSIN_CMD_OBJECT_H
#define TOCSIN_CMD_OBJECT_H

#include <stddef.h>

struct config;
struct error;
struct event;
struct looked_up;

/* The references are the caller's. */

/* A look-up that failed, and why. */
struct looked_up *object_failed(const struct config *config, const char *type, const char *why);

/* The object in those bytes: the API's answer as received, or the object alone. NULL with the
 * reason where there is none. */
struct looked_up *object_given(const struct config *config, const char *type, const void *bytes,
    size_t len, struct error *error);

/* Asks now, as configured, and waits until the answer or the deadline. NULL where events like this
 * one are not looked up, or, with the reason, where nothing could be asked. */
struct looked_up *object_look_up(
    const struct config *config, const struct event *event, struct error *error);

#endif
