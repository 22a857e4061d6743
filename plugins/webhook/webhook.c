/* Any URL that takes a POST with JSON: the event as tocsin knows it, or in a form of the operator's
 * own, signed so that the receiver can tell who sent it. */
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/document.h"
#include "../shared/message.h"
#include "../shared/text.h"
#include "cloudevent.h"
#include "config.h"
#include "header.h"
#include "network.h"
#include "signature.h"

enum {
    USUAL_BODY = 8192,
    MOST_MADE_HEADERS = 16, /* by the options together, and more */
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct webhook_config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    TOCSIN_WORDS(struct webhook_config, sign, 0, "none", "none standard github",
        "how to sign: Standard Webhooks, or as GitHub does"),
    TOCSIN_OPTION(struct webhook_config, secret, TOCSIN_HIDDEN, NULL,
        "what to sign with; several while they change, for sign: standard (whsec_...)"),
    TOCSIN_WORDS(struct webhook_config, cloudevents, 0, "off", "off structured binary",
        "whether to send CloudEvents 1.0, and in which mode"),
    TOCSIN_OPTION(
        struct webhook_config, headers, TOCSIN_HIDDEN, NULL, "more headers, such as Authorization"),
    TOCSIN_OPTION(struct webhook_config, body, 0, NULL,
        "a template that makes the JSON to send; without it the whole document"),
    TOCSIN_WORDS(struct webhook_config, idempotency_key, 0, "off", "off quoted plain",
        "whether to send Idempotency-Key, in quotes (as its draft says) or without"),
    TOCSIN_OPTION(struct webhook_config, allow, 0, NULL,
        "networks that may be reached beside public addresses: 10.1.0.0/16"),
};

/* The bytes of a request with the same Idempotency-Key must be the same. */
static bool is_steady(const struct webhook_config *config)
{
    return config->idempotency_key.index != IDEMPOTENCY_OFF;
}

static bool has_template(const struct webhook_config *config)
{
    return config->body && *config->body;
}

/* Without what only one attempt has. */
static void make_steady(json_t *document)
{
    json_t *marks = json_object_get(document, "marks"), *mark;
    size_t i;

    json_object_del(document, "attempt");
    json_array_foreach (marks, i, mark)
        if (strcmp(json_string_value(mark), "possible_repeat") == 0)
            json_array_remove(marks, i--);
}

/* What is sent, or the data of the CloudEvent: JSON. NULL with the reason, where the template
 * fails. */
static const char *make_data(struct tocsin_call *call, const struct webhook_config *config,
    const struct tocsin_message *message, const char *event, const char **why)
{
    auto_json json_t *document = document_create_of(call, message, event);
    struct tocsin_request whole = {0};

    if (is_steady(config))
        make_steady(document);
    json_send(call, document, USUAL_BODY, &whole);
    if (!has_template(config))
        return whole.body;
    const char *data = call->host->fill(call, config->body, whole.body, why);
    if (!data)
        *why = call->host->format(call, "body: %s", *why);
    return data;
}

/* With all that a message can have, and with as little as one can have. */
static const char *try_body(struct tocsin_call *call, const struct webhook_config *config)
{
    static const struct tocsin_fact fact = {"Status", "Pending"};
    static const struct tocsin_message bare = {.level = TOCSIN_INFO,
        .attempt = 1,
        .urgency = -1,
        .delivery = "k7-1",
        .sink = "sink",
        .type = "alert",
        .action = "",
        .title = "A title",
        .text_plain = ""};
    struct tocsin_message full = bare;
    const char *event, *why = NULL;

    if (!has_template(config))
        return NULL;
    full.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    full.level = TOCSIN_URGENT;
    full.urgency = 85;
    full.hook = full.rule = full.action = full.text_plain = full.thread = "some";
    full.link = "https://example.org/";
    full.facts = &fact;
    full.fact_count = 1;
    full.fact_stride = sizeof fact;
    while ((event = call->host->event_json(call)))
        if (!make_data(call, config, &bare, event, &why) ||
            !make_data(call, config, &full, event, &why))
            return why;
    return NULL;
}

static const char *allow_fault(struct tocsin_call *call, const struct tocsin_list *allow)
{
    for (size_t i = 0; i < allow->count; i++)
        if (*allow->items[i] && !is_network(allow->items[i]))
            return call->host->format(call,
                "allow: \"%s\" is no network; they are written 10.1.0.0/16 and fd00:1::/32, with "
                "no "
                "bit set behind the prefix",
                allow->items[i]);
    return NULL;
}

/* The first that is wrong. */
static const char *find_fault(struct tocsin_call *call, const struct webhook_config *config)
{
    const char *fault =
        is_http_url(config->url.value) ? NULL : "url: must begin with https:// or http://";

    if (!fault)
        fault = signature_fault(call, config);
    if (!fault)
        fault = headers_fault(call, config);
    if (!fault)
        fault = allow_fault(call, &config->allow);
    return fault ? fault : try_body(call, config);
}

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    *why = find_fault(call, config);
    return !*why;
}

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    (void)why;
    return (void *)config;
}

static void add_headers(struct tocsin_call *call, const struct webhook_config *config,
    const char *body, struct header_list *headers)
{
    const char *key = call->message->delivery;

    if (config->cloudevents.index == CLOUDEVENTS_STRUCTURED)
        header_add(call, headers, "Content-Type", "application/cloudevents+json; charset=utf-8");
    else if (config->cloudevents.index == CLOUDEVENTS_BINARY) {
        header_add(call, headers, "Content-Type", "application/json");
        cloudevent_add_headers(call, headers);
    }
    signature_add_headers(call, config, body, headers);
    if (config->idempotency_key.index == IDEMPOTENCY_QUOTED)
        key = call->host->format(call, "\"%s\"", key);
    if (is_steady(config))
        header_add(call, headers, "Idempotency-Key", key);
    headers_add_own(call, config, headers);
}

static const char *const *copy_allow(struct tocsin_call *call, const struct tocsin_list *allow)
{
    const char **networks = call->host->alloc(call, (allow->count + 1) * sizeof *networks);

    for (size_t i = 0, count = 0; i < allow->count; i++)
        if (*allow->items[i])
            networks[count++] = allow->items[i];
    return networks;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct webhook_config *config = instance;
    struct header_list headers = header_list_make(call, MOST_MADE_HEADERS + config->headers.count);
    const char *body =
        make_data(call, config, call->message, call->host->event_json(call), &request->refusal);

    if (!body)
        return;
    if (config->cloudevents.index == CLOUDEVENTS_STRUCTURED)
        body = cloudevent_text(call, body);
    add_headers(call, config, body, &headers);
    request->url = config->url.value;
    request->body = body;
    request->headers = headers.lines;
    request->allow = copy_allow(call, &config->allow);
}

/* No redirect is followed: Standard Webhooks and CloudEvents both say so. */
static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    const struct webhook_config *config = instance;

    if (answer->status >= 300 && answer->status < 400)
        outcome->reason = call->host->format(call,
            "HTTP %u: the URL leads elsewhere, and tocsin does not follow; configure the URL that "
            "it leads to",
            (unsigned)answer->status);
    if (answer->status == 410)
        outcome->reason = "HTTP 410: gone; the receiver wants nothing more by this URL";
    if (answer->status == 409 && is_steady(config)) {
        outcome->result = TOCSIN_RETRY;
        outcome->reason =
            "HTTP 409: an earlier attempt with this Idempotency-Key is being worked on";
    }
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "webhook",
    .version = "1.0",
    .help = "posts JSON to any URL, signed, as a CloudEvent or in a form of your own",
    TOCSIN_OPTIONS(struct webhook_config, options),
    .check = check,
    .open = open,
    .render = render,
    .judge = judge,
};
