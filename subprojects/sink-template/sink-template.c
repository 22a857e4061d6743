/* SPDX-License-Identifier: MIT-0 (do with it what you like)
 *
 * A sink for tocsin: posts each message as a small JSON object. tocsin makes the request, judges
 * the answer and tries again; what is left to say here is what the request holds. */
#include <stdio.h>
#include <string.h>

#include <tocsin/sink.h>

/* What a user may write at this sink in tocsin.yaml. tocsin reads and checks it by the table. */
struct config {
    struct tocsin_secret url;
    struct tocsin_secret token;
    const char *prefix;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    TOCSIN_OPTION(struct config, token, 0, NULL, "sent as a bearer token"),
    TOCSIN_OPTION(struct config, prefix, 0, "alert", "the first word of each message"),
};

/* An instance without a state of its own: its options are all it needs. */
static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

/* A JSON string. What comes from an alert is foreign text: it must not end the string. */
static const char *quoted(struct tocsin_call *call, const char *text)
{
    char *out = call->host->alloc(call, strlen(text) * 6 + 3), *at = out;

    *at++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            at += sprintf(at, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            at += sprintf(at, "\\u%04x", (unsigned)*text);
        else
            *at++ = *text;
    }
    *at = '"';
    return out;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    const struct tocsin_message *message = call->message;
    const char **headers = call->host->alloc(call, 2 * sizeof *headers);

    if (config->token.value)
        headers[0] = call->host->format(call, "Authorization: Bearer %s", config->token.value);
    request->url = config->url.value;
    request->headers = headers;
    request->body = call->host->format(call, "{\"title\": %s, \"text\": %s, \"link\": %s}",
        quoted(call, call->host->format(call, "%s: %s", config->prefix, message->title)),
        quoted(call, message->text), message->link ? quoted(call, message->link) : "null");
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "sink-template",
    .version = "1.0",
    .help = "posts each message as a small JSON object",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct config, options),
    .open = open,
    .render = render,
};
