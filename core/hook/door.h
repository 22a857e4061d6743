/* What stands between a sender who knows a hook's path and the hook: where he may be (allow), what
 * he has to show (auth), how often he may come (rate). */
#ifndef TOCSIN_HOOK_DOOR_H
#define TOCSIN_HOOK_DOOR_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_hook;
struct doors;
struct evhttp_request;

/* Why a request is not let in. */
struct denial {
    int status;
    const char *why; /* a constant word for the metrics (counts.h) */
    const char
        *reason;     /* a constant for the answer: it tells nothing that the sender may not know */
    char *told;      /* for the log, NULL: nothing; owned */
    char *challenge; /* of a 401; owned */
    int retry_after_s; /* of a 429 */
};

void denial_finish(struct denial *denial);

/* Of all hooks; what they know of the last seconds goes over a reload. */
struct doors *doors_create(const struct config *config);
void doors_reload(struct doors *doors, const struct config *config);
void doors_destroy(struct doors *doors);

/* Whether the request comes from where the hook's senders are. If not, it is answered as if there
 * were no such hook. */
bool door_admits_origin(struct doors *doors, const struct config_hook *hook,
    struct evhttp_request *request, struct denial *denial);

/* The same for what it shows; it must have its whole body. */
bool door_admits_credentials(struct doors *doors, const struct config_hook *hook,

    struct evhttp_request *request, struct denial *denial);

/* The same for when it comes, for a request that is taken otherwise: it is counted. */
bool door_admits_now(struct doors *doors, const struct config_hook *hook, struct denial *denial);

#define auto_denial __attribute__((cleanup(denial_finish)))

#endif
