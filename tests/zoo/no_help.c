/* options: has an option without help. */
#include "zoo.h"

static const struct tocsin_option table[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    {"word", TOCSIN_TEXT, 0, offsetof(struct config, word), NULL, NULL, ""},
};

ZOO_RENDER(TOCSIN_OPTIONS(struct config, table));
