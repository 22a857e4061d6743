/* What was said in one SMTP transaction (RFC 5321), overheard from libcurl: it tells neither which
 * recipients were refused, nor how far it came, nor that it went on without AUTH. */
#ifndef EMAIL_DIALOGUE_H
#define EMAIL_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "recipient.h"
#include "text.h"

/* The command that was sent last, or what the server was to speak to. */
enum stage {
    STAGE_CONNECT, /* the greeting */
    STAGE_HELLO,
    STAGE_STARTTLS,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_BODY /* after the 354: the mail, and the reply to its final dot */
};

struct dialogue {
    struct tocsin_call *call;
    struct recipients *recipients;
    const char *const *secrets; /* never repeated from a reply; NULL-terminated */
    bool needs_starttls;        /* the connection is to become encrypted before anything else */
    bool needs_auth;

    enum stage stage;
    int code;          /* of the whole reply to that stage, 0 while there is none */
    const char *reply; /* its words: "550 5.7.1 relaying denied"; "" while there is none */
    bool is_new;       /* the connection was made in this transaction */
    bool is_encrypted;
    bool has_auth;       /* the last EHLO's reply offered AUTH */
    bool lacks_auth;     /* given up: it would have gone on without authentication */
    bool is_over;        /* QUIT was sent; stage, code and reply are of what went before */
    size_t asked;        /* recipients so far */
    struct text reading; /* the lines of a reply so far */
};

/* A line that libcurl sends. */
void dialogue_command(struct dialogue *dialogue, const char *line, size_t len);

/* A line that the server sends. False: go no further. */
bool dialogue_reply(struct dialogue *dialogue, const char *line, size_t len);

const char *stage_name(enum stage stage);

#endif
