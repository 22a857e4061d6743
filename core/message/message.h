/* The message that a sink is given: how an event reads. Pure. */
#ifndef TOCSIN_MESSAGE_MESSAGE_H
#define TOCSIN_MESSAGE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct facts;
struct view;

enum flavour {
    FLAVOUR_PLAIN,
    FLAVOUR_MARKDOWN,
    FLAVOUR_TEAMS,
    FLAVOUR_MRKDWN,
    FLAVOUR_HTML,
    FLAVOUR_URL /* parts of a link; no plugin has it */
};

struct message {
    char *title;         /* plain, one line, never empty, at most 512 code points */
    char *text;          /* in the flavour, escaped; may be "" */
    char *text_plain;    /* the same, plain */
    char *link;          /* NULL where there is none; http or https only */
    struct facts *facts; /* the view's, kept */
    uint32_t level;      /* enum view_level */
    int32_t urgency;     /* 0..100, -1 unknown */
};

/* The default message for an event of any type: alert created, updated (naming what changed:
 * status, urgency, occurrences) and deleted, alert-comment, case, content-proposal, and anything
 * else. A message of a view that is not enriched says so in its text. `rule` gives the title of
 * last resort. Facts of an alert, where known: Urgency ("85 / 100 (Urgent)"), Status, Entity,
 * Source, Target, Type (category / value), Rule (when it differs from the title), Occurrences,
 * First seen, Time, and Alert (its short id). */
struct message *message_create(const struct view *view, enum flavour flavour, const char *rule);
void message_destroy(struct message *message);

#endif
