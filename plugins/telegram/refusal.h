/* What Telegram says when it takes no message: always JSON, and words that decide
 * (https://core.telegram.org/bots/api#making-requests). */
#ifndef TOCSIN_PLUGINS_TELEGRAM_REFUSAL_H
#define TOCSIN_PLUGINS_TELEGRAM_REFUSAL_H

#include <stdint.h>

struct refusal {
    const char *words; /* in the description, in any case of letters */
    uint32_t result;   /* TOCSIN_AGAIN: the marks were refused, the text may not be */
    const char *hint;  /* "" where the words say it all */
};

/* NULL: nothing that is known. */
const struct refusal *refusal_find(const char *description);

#endif
