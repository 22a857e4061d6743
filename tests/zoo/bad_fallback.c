/* options: has a fallback that is none of its choices. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"word", TOCSIN_CHOICE, 0, offsetof(struct config, word), "blue", "red green", "a word"},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
