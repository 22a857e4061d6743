/* options: has an option of a type that there is not. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"word", 99, 0, offsetof(struct config, word), NULL, NULL, "a word"},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
