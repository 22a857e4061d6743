/* The facts of an event, as people read them beside its title: one line each, bounded. */
#ifndef TOCSIN_EVENT_FACTS_H
#define TOCSIN_EVENT_FACTS_H

#include <jansson.h>
#include <stddef.h>

struct names;
struct view;

enum {
    FACTS_MOST = 12,
};

struct fact {
    char *label, *value; /* owned, plain text, one line each */
};

/* Shared by a view and the messages that are made of it. Its references are the loop's. */
struct facts {
    int references;
    size_t count;
    struct fact items[FACTS_MOST];
};

/* An empty list, for facts_add(); one reference, the caller's. */
struct facts *facts_begin(void);

/* Adds a fact, of which label and value are made one line and cut; none where one of them is NULL
 * or blank. There may be FACTS_MOST. */
void facts_add(struct facts *facts, const char *label, const char *value);

/* The view has its level, urgency and time already. */
struct facts *facts_create(const struct names *names, const struct view *view);
struct facts *facts_keep(struct facts *facts);
void facts_release(struct facts *facts);

/* A new list of {label, value}: how rules and templates see them. */
json_t *facts_json(const struct facts *facts);

#endif
