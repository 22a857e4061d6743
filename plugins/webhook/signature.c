#include "signature.h"

#include <stdio.h>
#include <string.h>

#include <tocsin/sink.h>

#include "base64.h"
#include "config.h"
#include "header.h"

#define PREFIX "whsec_"

enum {
    LEAST_KEY = 24,
    MOST_KEY = 64,
    HMAC_SIZE = 32,
    MAX_EVENT_NAME = 60,
};

struct key {
    uint8_t bytes[MOST_KEY];
    size_t len;
};

static bool read_key(const char *secret, struct key *key)
{
    return strncmp(secret, PREFIX, strlen(PREFIX)) == 0 &&
           base64_decode(secret + strlen(PREFIX), key->bytes, MOST_KEY, &key->len) &&
           key->len >= LEAST_KEY;
}

static size_t count_secrets(const struct webhook_config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->secret.count; i++)
        count += *config->secret.items[i] != '\0';
    return count;
}

static const char *standard_fault(const struct webhook_config *config)
{
    struct key key;

    for (size_t i = 0; i < config->secret.count; i++) {
        const char *secret = config->secret.items[i];
        if (strncmp(secret, "whsk_", strlen("whsk_")) == 0)
            return "secret: this is a private key for signatures by ed25519, which are not made; "
                   "\"sign: standard\" wants whsec_...";
        if (*secret && !read_key(secret, &key))
            return "secret: \"sign: standard\" wants whsec_ and then 24 to 64 bytes in base64: "
                   "echo whsec_$(openssl rand -base64 32)";
    }
    explicit_bzero(&key, sizeof key);
    return NULL;
}

const char *signature_fault(struct tocsin_call *call, const struct webhook_config *config)
{
    size_t count = count_secrets(config);

    if (config->sign.index == SIGN_NONE)
        return count > 0 ? "secret: signs nothing without \"sign: standard\" or \"sign: github\""
                         : NULL;
    if (!call->host->hmac_sha256)
        return "sign: this tocsin was built without OpenSSL, and cannot sign";
    if (count == 0)
        return "sign: needs \"secret\"";
    if (config->sign.index == SIGN_STANDARD)
        return standard_fault(config);
    return count > 1 ? "secret: \"sign: github\" takes one: its header has one signature" : NULL;
}

/* "v1,<base64>", one for each secret, divided by blanks: who knows any of them is content. */
static const char *standard_signatures(
    struct tocsin_call *call, const struct webhook_config *config, const char *content)
{
    const char *signatures = "";

    for (size_t i = 0; i < config->secret.count; i++) {
        struct key key;
        uint8_t hmac[HMAC_SIZE];
        char text[(HMAC_SIZE + 2) / 3 * 4 + 1];
        if (!read_key(config->secret.items[i], &key))
            continue; /* an empty one: the others were looked at */
        call->host->hmac_sha256(key.bytes, key.len, content, strlen(content), hmac);
        explicit_bzero(&key, sizeof key);
        base64_encode(hmac, sizeof hmac, text);
        signatures =
            call->host->format(call, "%s%sv1,%s", signatures, *signatures ? " " : "", text);
    }
    return signatures;
}

static void add_standard(struct tocsin_call *call, const struct webhook_config *config,
    const char *body, struct header_list *headers)
{
    const char *id = call->message->delivery;
    const char *timestamp =
        call->host->format(call, "%lld", (long long)(call->message->now_ms / 1000));
    const char *content = call->host->format(call, "%s.%s.%s", id, timestamp, body);

    header_add(call, headers, "webhook-id", id);
    header_add(call, headers, "webhook-timestamp", timestamp);
    header_add(call, headers, "webhook-signature", standard_signatures(call, config, content));
}

/* The type, in the letters that GitHub's have. */
static const char *event_name(struct tocsin_call *call)
{
    char *name = call->host->format(call, "%.*s", MAX_EVENT_NAME, call->message->type);

    for (char *byte = name; *byte; byte++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", *byte))
            *byte = '_';
    return name;
}

static void add_github(struct tocsin_call *call, const struct webhook_config *config,
    const char *body, struct header_list *headers)
{
    uint8_t hmac[HMAC_SIZE];
    char text[2 * HMAC_SIZE + 1] = "";
    size_t which = 0;

    while (!*config->secret.items[which])
        which++;
    const char *secret = config->secret.items[which];
    call->host->hmac_sha256(secret, strlen(secret), body, strlen(body), hmac);
    for (size_t i = 0; i < sizeof hmac; i++)
        snprintf(text + 2 * i, 3, "%02x", hmac[i]);
    header_add(call, headers, "X-GitHub-Event", event_name(call));
    header_add(call, headers, "X-GitHub-Delivery", call->message->delivery);
    header_add(call, headers, "X-Hub-Signature-256", call->host->format(call, "sha256=%s", text));
}

void signature_add_headers(struct tocsin_call *call, const struct webhook_config *config,
    const char *body, struct header_list *headers)
{
    if (config->sign.index == SIGN_STANDARD)
        add_standard(call, config, body, headers);
    else if (config->sign.index == SIGN_GITHUB)
        add_github(call, config, body, headers);
}
