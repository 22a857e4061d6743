/* The settings of an e-mail sink, as the option table in email.c binds them. */
#ifndef EMAIL_EMAIL_H
#define EMAIL_EMAIL_H

#include <tocsin/sink.h>

enum {
    TLS_REQUIRED,
    TLS_NONE
};
enum {
    AUTH_AUTO,
    AUTH_PLAIN,
    AUTH_LOGIN,
    AUTH_XOAUTH2
};
enum {
    FORM_SIMPLE,
    FORM_ENRICHED
};

struct email_config {
    const char *url;
    struct tocsin_choice tls;
    const char *ca;
    const char *helo;
    const char *user;
    struct tocsin_secret password;
    const char *token_file;
    struct tocsin_list token_command;
    struct tocsin_choice auth;
    const char *from;
    struct tocsin_list to;
    struct tocsin_choice form;
    const char *subject_prefix;
};

#endif
