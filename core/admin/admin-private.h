/* The admin listener from the inside: what its files share. */
#ifndef TOCSIN_ADMIN_ADMIN_PRIVATE_H
#define TOCSIN_ADMIN_ADMIN_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "admin/listener.h"

struct evhttp_request;
struct readings;
struct server;
struct streams;

struct admin_listener {
    struct admin_parts parts;
    struct server *server;
    struct readings *readings;
    struct streams *streams;
    uint64_t marks; /* notifications were marked as read so many times */
};

/* One request, for as long as its handler runs. */
struct admin_call {
    struct admin_listener *admin;
    struct evhttp_request *request;
    const char *name; /* what stands where the route has a star, decoded; "" without one */
    json_t *body;     /* of a POST: an object, {} when nothing was sent */
};

void admin_reply(const struct admin_call *call, int status, const char *json);
void admin_refuse(const struct admin_call *call, int status, const char *reason);

/* "3f9a1c". */
const char *admin_ledger_id(const struct admin_listener *admin);

/* The configured sink of that name, NULL when there is none. */
struct sink *admin_find_sink(const struct admin_listener *admin, const char *name);

/* Refuses the call, naming what may have been meant. */
void admin_refuse_sink(const struct admin_call *call, int status, const char *name);

/* In routes.c: takes every request; arg is the listener. */
void admin_route(struct evhttp_request *request, void *arg);

/* In guard.c. */

/* Shows the token, where one is configured. */
bool guard_is_authorized(const struct admin_listener *admin, struct evhttp_request *request);

/* NULL when the host is named as it may be. Without a token a name of somebody else that leads here
 * (DNS rebinding) would make his page one of this origin, which reads all; with one that name may
 * be a proxy's, and his page does not have the token. */
const char *guard_refuses_name(const struct admin_listener *admin, struct evhttp_request *request);

/* A change: NULL when it may be made, else why not. Pages of other origins cannot set X-Tocsin
 * without asking, and are told by their Origin. */
const char *guard_refuses_change(
    const struct admin_listener *admin, struct evhttp_request *request);

/* In changes.c, handlers. */
void answer_retry(const struct admin_call *call);
void answer_retry_one(const struct admin_call *call);
void answer_skip(const struct admin_call *call);
void answer_replay(const struct admin_call *call);

/* In sinks.c, handlers. */
void answer_sinks(const struct admin_call *call);
void answer_pause(const struct admin_call *call);
void answer_resume(const struct admin_call *call);
void answer_drill(const struct admin_call *call);

/* In metrics.c, a handler. */
void answer_metrics(const struct admin_call *call);

/* In inbox.c, a handler. */
void answer_inbox_read(const struct admin_call *call);

/* In rules.c, handlers. */
void answer_rules(const struct admin_call *call);
void answer_explain(const struct admin_call *call);
void answer_what_if(const struct admin_call *call);

/* In stream.c, a handler. */
void answer_stream(const struct admin_call *call);

/* In page.c, handlers. */
void answer_page(const struct admin_call *call);
void answer_page_file(const struct admin_call *call);

#endif
