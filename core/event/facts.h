/* The facts of an event, as people read them beside its title: one line each, bounded. */
#ifndef TOCSIN_EVENT_FACTS_H
#define TOCSIN_EVENT_FACTS_H

#include <jansson.h>

struct names;
struct view;

/* A new list of {label, value}. The view has its level, urgency and time already. */
json_t *facts_create(const struct names *names, const struct view *view);

#endif
