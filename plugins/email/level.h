/* How loud a mail is: the level in words, colours and priority. */
#ifndef EMAIL_LEVEL_H
#define EMAIL_LEVEL_H

#include <tocsin/sink.h>

struct level {
    const char *word;       /* lower case */
    const char *shout;      /* upper case */
    const char *colour;     /* #rrggbb of the bar and the badge */
    const char *ink;        /* readable on that colour */
    const char *importance; /* of the Importance header (RFC 2156 5.3.4); NULL: none is sent */
    int priority;           /* of X-Priority, 1..5 */
};

const struct level *level_of(const struct tocsin_message *message);

/* "URGENT 85"; the number is left out where it is unknown. */
const char *level_tag(struct tocsin_call *call);

#endif
