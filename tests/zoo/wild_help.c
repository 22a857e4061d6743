/* options: has an option whose help is nowhere. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"word", TOCSIN_TEXT, 0, offsetof(struct config, word), NULL, NULL, (const char *)16},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
