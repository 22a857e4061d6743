/* A request that is answered later than its handler returns. evhttp frees a request with its
 * connection, so a closing connection must make it forgotten; one that has lost its connection
 * already is ours to answer, into nothing. */
#ifndef TOCSIN_ADMIN_EXCHANGE_H
#define TOCSIN_ADMIN_EXCHANGE_H

struct evhttp_request;
struct exchange;
struct server;

/* From the request's handler. */
struct exchange *exchange_begin(struct server *server, struct evhttp_request *request);

/* Answers, if anybody is there still, and frees the exchange. */
void exchange_reply(struct exchange *exchange, int status, const char *json);
void exchange_reply_as(struct exchange *exchange, int status, const char *type, const char *text);
void exchange_refuse(struct exchange *exchange, int status, const char *reason);

/* Frees the exchange when its server is gone. */
void exchange_destroy(struct exchange *exchange);

#endif
