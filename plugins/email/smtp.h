/* The SMTP connection of one worker, kept between mails: libcurl, blocking. */
#ifndef EMAIL_SMTP_H
#define EMAIL_SMTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

struct dialogue;
struct email_config;

struct smtp;

/* NULL if there is no memory or libcurl speaks no SMTP; *why says which. Nothing is connected yet.
 */
struct smtp *smtp_create(const struct email_config *config, const char **why);

/* Says goodbye without waiting for an answer. */
void smtp_destroy(struct smtp *smtp);

struct smtp_mail {
    const char *from;  /* the envelope's */
    const char *token; /* for XOAUTH2, else NULL */
    const char *data;
    size_t len;
};

/* What libcurl makes of the transaction; the dialogue knows better. */
struct smtp_result {
    CURLcode code;
    const char *error; /* libcurl's words; the call's */
    bool sent_all;     /* the whole mail went out: the server may have taken it */
};

/* Sends the mail to the dialogue's recipients, over the connection of the mail before if it still
 * stands. Obeys the call's deadline; a connection on which anything went wrong is given up, since
 * a late reply on it would be taken for the next command's. */
struct smtp_result smtp_send(struct smtp *smtp, struct tocsin_call *call,
    const struct smtp_mail *mail, struct dialogue *dialogue);

/* The same connection, encryption and login, and no MAIL after them. The connection is a new one,
 * and is given up. */
struct smtp_result smtp_log_in(
    struct smtp *smtp, struct tocsin_call *call, const char *token, struct dialogue *dialogue);

#endif
