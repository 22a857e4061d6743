/* The message that a sink is given: how an event reads. Pure. */
#ifndef TOCSIN_MESSAGE_MESSAGE_H
#define TOCSIN_MESSAGE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct facts;
struct phrase;
struct phrases;
struct view;

enum flavour {
    FLAVOUR_PLAIN,
    FLAVOUR_MARKDOWN,
    FLAVOUR_TEAMS,
    FLAVOUR_MRKDWN,
    FLAVOUR_HTML,
    FLAVOUR_URL, /* parts of a link; no plugin has it */
    FLAVOUR_JSON /* values of a JSON text; nor this */
};

struct message {
    char *title;         /* plain, one line, never empty, at most 512 code points */
    char *text;          /* in the flavour, escaped; may be "" */
    char *text_plain;    /* the same, plain */
    char *link;          /* NULL where there is none; http or https only */
    struct facts *facts; /* the view's, or its own; kept */
    uint32_t level;      /* enum view_level */
    int32_t urgency;     /* 0..100, -1 unknown */
    char *trouble;       /* why the rule's own words gave way to the default message, on one line:
                            "rules.yaml:14:7: text: ..."; NULL where they did not */
    struct phrase *culprit; /* the template that failed, borrowed from the phrasebook */
};

/* What a message is made of, besides the event. */
struct message_order {
    enum flavour flavour;          /* of the sink's text */
    const char *rule;              /* the title of last resort; may be NULL */
    const struct phrases *phrases; /* the rule's own words; NULL: the default message */
    int64_t now_ms;                /* for `|ago` */
};

/* The default message for an event of any type: alert created, updated (naming what changed:
 * status, urgency, occurrences) and deleted, alert-comment, case, content-proposal, and anything
 * else. A message of a view that is not enriched says so in its text. `rule` gives the title of
 * last resort. Facts of an alert, where known: Urgency ("85 / 100 (Urgent)"), Status, Entity,
 * Source, Target, Type (category / value), Rule (when it differs from the title), Occurrences,
 * First seen, Time, and Alert (its short id).
 *
 * What the phrases say takes the place of the default's: the title made one line (the default where
 * it is empty), the text rendered in the flavour and once more plain, facts of which empty ones are
 * left out, a link (none where it is empty), a level (the event's where it is none). Where a
 * template fails, or the link is no URL, and where the rule is gone, the message is the default
 * one, and its last paragraph says why. */
struct message *message_create(const struct view *view, const struct message_order *order);
void message_destroy(struct message *message);

/* How long the text is as a plugin's max_text counts it: in code points. */
size_t message_text_length(const struct message *message);

#endif
