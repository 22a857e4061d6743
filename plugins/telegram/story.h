/* A message as it reads in Telegram. */
#ifndef TOCSIN_PLUGINS_TELEGRAM_STORY_H
#define TOCSIN_PLUGINS_TELEGRAM_STORY_H

struct rich;

enum {
    STORY_TEXT_MAX = 2000, /* what is shown of the text, in UTF-16 units */
};

/* Headline, marks, text, facts, origin: at most 4,096 units, which is what Telegram takes. */
void story_write(struct rich *rich);

#endif
