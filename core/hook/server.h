/* What both evhttp servers need: binding with a readable address, limits on connections and slow
 * senders (crowd.h), refusing what could hide another request (framing.h), JSON answers. evhttp
 * 2.1.12 spins when descriptors run out. */
#ifndef TOCSIN_HOOK_SERVER_H
#define TOCSIN_HOOK_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "hook/tls.h"

struct config_address;
struct error;
struct event_base;
struct evhttp;
struct evhttp_request;
struct server;

struct server_limits {
    size_t connections;  /* above them the one that was idle for the longest has to go */
    int request_seconds; /* for a whole request, however it drips, and for an idle connection */
    size_t header_bytes;
    size_t body_bytes; /* evhttp's own limit, which answers in HTML: set it above ours */
    bool goes_last;    /* what goes out is handled first (base/loop.h) */
    /* A request was refused by server.c (framing.h), for a reason; may be NULL. */
    void (*on_doubt)(struct evhttp_request *, const char *reason, void *arg);
    struct tls_ear ear; /* for handshakes that fail, where there is TLS */
};

/* Calls on_request for every request. NULL with the address and the reason. */
struct server *server_create(struct event_base *base, const struct config_address *address,
    const struct server_limits *limits, void (*on_request)(struct evhttp_request *, void *),
    void *arg, struct error *error);

/* Frees every connection, and with them the requests that were not answered. */
void server_destroy(struct server *server);

/* New connections speak TLS with this certificate, or none (NULL); those that are there go on as
 * they began. It is the server's from now on. */
void server_set_tls(struct server *server, struct tls *tls);
const struct tls *server_tls(const struct server *server);

/* Another limit for bodies, from the next connection on. */
void server_limit_bodies(struct server *server, size_t bytes);

/* Takes no more connections. */
void server_stop(struct server *server);

/* "127.0.0.1:8080", "[::1]:8080". */
const char *server_address(const struct server *server);

/* Answers with a body of JSON text. The time of the connection's next request begins. */
void server_reply(
    struct server *server, struct evhttp_request *request, int status, const char *json);

/* The same with a text of another type. */
void server_reply_as(struct server *server, struct evhttp_request *request, int status,
    const char *type, const char *text);

/* The same with {"error": reason}. */
void server_refuse(
    struct server *server, struct evhttp_request *request, int status, const char *reason);

/* The sender's connection is closed after the answer: what follows on it cannot be trusted. */
void server_close_after(struct evhttp_request *request);

#endif
