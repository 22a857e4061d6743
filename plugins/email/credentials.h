/* What proves to the server who we are. */
#ifndef EMAIL_CREDENTIALS_H
#define EMAIL_CREDENTIALS_H

#include <stdbool.h>
#include <tocsin/sink.h>

struct email_config;

/* The first line of the file, read anew for each mail since tokens live an hour; the call's. On
 * failure *why names the file. */
bool token_read(struct tocsin_call *call, const char *path, const char **token, const char **why);

/* Every form in which password and token go over the wire; NULL-terminated, the call's. */
const char *const *credentials_secrets(
    struct tocsin_call *call, const struct email_config *config, const char *token);

#endif
