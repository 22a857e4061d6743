/* What became of an attempt to open a channel or to send on it. */
#ifndef SYSLOG_SENT_H
#define SYSLOG_SENT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <tocsin/sink.h>

struct sent {
    int error;           /* an errno, 0 if all bytes were handed to the system */
    const char *failure; /* what was attempted, and why it failed, in words; the call's */
    bool is_late;        /* the deadline has passed, or the daemon stops */
    bool is_lasting;     /* trying again does not help until somebody mends it */
    size_t len;          /* how much went out */
};

static inline struct sent sent_failed(struct tocsin_call *call, const char *what, int error)
{
    return (struct sent){
        .error = error, .failure = call->host->format(call, "%s: %s", what, strerror(error))};
}

/* error: an errno that stands for these words. */
static inline struct sent sent_refused(
    struct tocsin_call *call, const char *what, int error, const char *words)
{
    return (struct sent){
        .error = error, .failure = call->host->format(call, "%s: %s", what, words)};
}

static inline struct sent sent_late(struct tocsin_call *call, const char *what, int error)
{
    struct sent sent =
        sent_refused(call, what, error, "broken off: the deadline has passed or the daemon stops");

    sent.is_late = true;
    return sent;
}

#endif
