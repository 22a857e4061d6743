/* What proves to the server who we are, as it must not be repeated. */
#ifndef EMAIL_CREDENTIALS_H
#define EMAIL_CREDENTIALS_H

#include <tocsin/sink.h>

struct email_config;

/* Every form in which password and token go over the wire; NULL-terminated, the call's. */
const char *const *credentials_secrets(
    struct tocsin_call *call, const struct email_config *config, const char *token);

#endif
