/* The way out by HTTP: libcurl's multi interface on the loop. No curl type leaves this file's .c.
 * curl keeps its connections; the waiting is the caller's: give it only what may start now, since
 * its own waiting list is rescanned at every completion. Everything here belongs to the loop's
 * thread. */
#ifndef TOCSIN_LANE_HTTP_H
#define TOCSIN_LANE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct error;
struct guard;
struct http_lane;
struct http_transfer;

/* All of it is borrowed until the transfer is done or cancelled. */
struct http_request {
    const char *method; /* "GET", "POST", ... */
    const char *url;
    const char *const *headers; /* "Name: value", NULL at the end; may be NULL */
    const char *body;           /* may be NULL */
    size_t body_len;
    int64_t timeout_ms; /* for all of it, connecting too */
    size_t max_answer;  /* bytes of the answer's body that are kept */
    bool refuse_longer; /* a longer body is a failure; else it is cut, and drained a while */
    const char *proxy;  /* NULL: none, whatever the environment says */
    const char *ca;     /* a file of certificates to trust instead of the system's; NULL */
    bool only_connects; /* name, connection and TLS, and then an answer without a status or failure
                         */
    /* Which addresses may be connected to; NULL: any. A proxy's own may be any: it looks up names
     * where nobody here sees it, so only an address that the URL names is judged then. */
    const struct guard *guard;
};

struct http_answer {
    int status;             /* 0: no answer came, failure says why */
    const char *failure;    /* NULL, or one line */
    bool is_too_long;       /* the failure is a body over max_answer */
    bool is_refused;        /* the failure is that the guard refused every address */
    bool maybe_sent;        /* with a failure: the far end may have got the whole request */
    int64_t retry_after_ms; /* Retry-After in either form; 0 when there is none */
    int64_t took_ms;
    const char *body; /* ends with NUL */
    size_t body_len;
    bool is_cut;         /* the body went on */
    const char *headers; /* each a "Name: value" that ends with NUL; an empty one is the last */
};

/* The answer lives for the call. */
typedef void (*http_done)(const struct http_answer *answer, void *arg);

struct http_lane *http_lane_create(struct event_base *base, struct error *error);

/* Transfers that are under way are dropped without their done. */
void http_lane_destroy(struct http_lane *lane);

/* Starts a transfer; done is called exactly once, never from inside this call. */
struct http_transfer *http_lane_send(
    struct http_lane *lane, const struct http_request *request, http_done done, void *arg);

/* Drops a transfer without its done. */
void http_transfer_cancel(struct http_transfer *transfer);

/* Bytes of an answer's headers, with the empty one at the end; 0 for NULL. */
size_t http_headers_len(const char *headers);

/* The first header of that name, whatever its case; NULL when there is none. */
const char *http_answer_header(const struct http_answer *answer, const char *name);

#endif
