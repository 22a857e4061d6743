/* options: has two options of one name. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"url", TOCSIN_TEXT, 0, offsetof(struct config, word), NULL, NULL, "a word"},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
