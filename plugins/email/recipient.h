/* Who gets the mail in this attempt, and what the server said of each. */
#ifndef EMAIL_RECIPIENT_H
#define EMAIL_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

enum fate {
    FATE_UNASKED,  /* the server was not asked, or did not answer */
    FATE_ACCEPTED, /* 2xx to RCPT: has the mail once the server has taken it */
    FATE_DEFERRED, /* 4xx */
    FATE_REFUSED   /* 5xx */
};

struct recipient {
    const char *address;
    const char *reply; /* the server's words, "" before it spoke */
    enum fate fate;
};

struct recipients {
    struct recipient *items; /* the call's */
    size_t count;
    bool is_rest;      /* of what an earlier attempt of this delivery left */
    bool some_have_it; /* that attempt, or one before it, reached others */
};

/* The configured addresses that `resume` still owes the mail to; all of them where it is NULL.
 * Nobody is left (count 0) if those owed have left the configuration. */
struct recipients recipients_create(
    struct tocsin_call *call, const char *const *addresses, size_t count, const char *resume);

/* For the next attempt: "a@x,b@y", or "+a@x,b@y" once others have the mail. Owed are all that were
 * not refused and, where the server took the mail (`taken`), not accepted. NULL if nobody is owed,
 * or all that are configured: a configuration that changes before the next attempt then counts. */
const char *recipients_resume(
    struct tocsin_call *call, const struct recipients *recipients, bool taken);

size_t recipients_with(const struct recipients *recipients, enum fate fate);

/* "a@x: 550 5.1.1 no such user; b@y: ..." of those with that fate, the first three by name. */
const char *recipients_words(
    struct tocsin_call *call, const struct recipients *recipients, enum fate fate);

#endif
