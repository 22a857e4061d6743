/* A text with entities, as Telegram has it (https://core.telegram.org/bots/api#messageentity):
 * marks are places in the text and no part of it, so nothing has to be escaped. What Telegram would
 * make a link or a mention of by itself is parted with a space that nobody sees. All of it lives in
 * the host's memory. */
#ifndef TOCSIN_PLUGINS_TELEGRAM_RICH_H
#define TOCSIN_PLUGINS_TELEGRAM_RICH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct tocsin_call;

enum {
    RICH_DEPTH = 16, /* of marks within marks */
    RICH_TAG_MAX = 15,
};

struct rich_mark {
    char tag[RICH_TAG_MAX + 1]; /* of HTML; "" where the mark was not HTML's */
    const char *type;           /* NULL: none that Telegram knows */
    const char *url;            /* of a text_link */
    size_t begins;              /* in UTF-16 units */
};

struct rich {
    struct tocsin_call *call;
    char *text;
    size_t len, room;
    size_t units, max_units; /* UTF-16 */
    bool is_full;            /* an ellipsis ends it; what is added goes nowhere */
    json_t *entities;        /* the caller drops it */
    struct rich_mark open[RICH_DEPTH];
    size_t depth;
};

void rich_init(struct rich *rich, struct tocsin_call *call);

/* What comes from now on may take that many units more. Where an earlier limit was reached, adding
 * goes on. */
void rich_limit(struct rich *rich, size_t max_units);

/* Plain text. */
void rich_puts(struct rich *rich, const char *text);

/* Plain text with one mark: "bold", "italic", "code", ... */
void rich_marked(struct rich *rich, const char *type, const char *text);

/* HTML: b i u s code pre blockquote a and their synonyms are marks, br p li are line ends; of other
 * tags the content is left. Every mark is closed at the end. */
void rich_html(struct rich *rich, const char *html);

#endif
