#include "credentials.h"

#include <string.h>

#include "email.h"
#include "text.h"

static const char *encoded(struct tocsin_call *call, const char *bytes, size_t len)
{
    struct text text = {.call = call};

    text_base64(&text, bytes, len, 0);
    return text_string(&text);
}

/* AUTH PLAIN (RFC 4616): NUL user NUL password. */
static const char *plain_blob(
    struct tocsin_call *call, const struct email_config *config, const char *password)
{
    struct text blob = {.call = call};

    text_putc(&blob, '\0');
    text_puts(&blob, config->user);
    text_putc(&blob, '\0');
    text_puts(&blob, password);
    return encoded(call, text_string(&blob), blob.len);
}

const char *const *credentials_secrets(
    struct tocsin_call *call, const struct email_config *config, const char *token)
{
    const char **secrets = call->host->alloc(call, 6 * sizeof *secrets);
    size_t count = 0;
    const char *password = config->password.value;

    if (config->user && password && *password) {
        /* The encoded forms first: the password may happen to stand inside one of them. */
        secrets[count++] = plain_blob(call, config, password);
        secrets[count++] = encoded(call, password, strlen(password));
        secrets[count++] = password;
    }
    if (config->user && token) {
        const char *blob =
            call->host->format(call, "user=%s\1auth=Bearer %s\1\1", config->user, token);
        secrets[count++] = encoded(call, blob, strlen(blob));
        secrets[count++] = token;
    }
    return secrets;
}
