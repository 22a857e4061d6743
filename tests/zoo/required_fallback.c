/* options: has an option that is required and has a fallback. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"word", TOCSIN_TEXT, TOCSIN_REQUIRED, offsetof(struct config, word), "x", NULL, "a word"},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
