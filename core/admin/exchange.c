#include "admin/exchange.h"

#include <event2/http.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hook/server.h"

struct exchange {
    struct server *server;
    struct evhttp_request *request; /* NULL: its connection is gone */
};

static void on_connection_closed(struct evhttp_connection *connection, void *arg)
{
    struct exchange *exchange = arg;

    (void)connection;
    if (exchange->request && evhttp_request_get_connection(exchange->request))
        exchange->request = NULL;
}

struct exchange *exchange_begin(struct server *server, struct evhttp_request *request)
{
    struct exchange *exchange = mem_alloc(sizeof *exchange);

    exchange->server = server;
    exchange->request = request;
    evhttp_connection_set_closecb(
        evhttp_request_get_connection(request), on_connection_closed, exchange);
    return exchange;
}

/* The connection outlives this exchange, which must not be called back any more. */
static struct evhttp_request *take_request(struct exchange *exchange)
{
    struct evhttp_request *request = exchange->request;
    struct evhttp_connection *connection = request ? evhttp_request_get_connection(request) : NULL;

    if (connection)
        evhttp_connection_set_closecb(connection, NULL, NULL);
    return request;
}

void exchange_reply(struct exchange *exchange, int status, const char *json)
{
    exchange_reply_as(exchange, status, "application/json", json);
}

void exchange_reply_as(struct exchange *exchange, int status, const char *type, const char *text)
{
    struct evhttp_request *request = take_request(exchange);

    if (request)
        server_reply_as(exchange->server, request, status, type, text);
    free(exchange);
}

void exchange_refuse(struct exchange *exchange, int status, const char *reason)
{
    struct evhttp_request *request = take_request(exchange);

    if (request)
        server_refuse(exchange->server, request, status, reason);
    free(exchange);
}

void exchange_destroy(struct exchange *exchange)
{
    free(exchange);
}
