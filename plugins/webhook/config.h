/* The options of the webhook sink. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_CONFIG_H
#define TOCSIN_PLUGINS_WEBHOOK_CONFIG_H

#include <tocsin/sink.h>

enum {
    SIGN_NONE,
    SIGN_STANDARD,
    SIGN_GITHUB
};
enum {
    CLOUDEVENTS_OFF,
    CLOUDEVENTS_STRUCTURED,
    CLOUDEVENTS_BINARY
};
enum {
    IDEMPOTENCY_OFF,
    IDEMPOTENCY_QUOTED,
    IDEMPOTENCY_PLAIN
};

struct webhook_config {
    struct tocsin_secret url;
    struct tocsin_choice sign, cloudevents, idempotency_key;
    struct tocsin_list secret; /* empty ones count for nothing: `${OLD_SECRET:-}` */
    struct tocsin_map headers; /* likewise */
    struct tocsin_list allow;  /* likewise */
    const char *body;          /* NULL or "": the document itself */
};

#endif
