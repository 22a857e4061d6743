/* Mattermost, through an incoming webhook: one message attachment a message.
 *
 * Members that are not used are left out, never null: since 10.4 the clients hide the whole body of
 * an attachment of which one member has a wrong JSON type. Rules of the server that shaped this
 * file are in server/channels/web/webhook.go and server/channels/app/webhook.go of
 * https://github.com/mattermost/mattermost. */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/reason.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "markdown.h"
#include "plain.h"
#include "refusal.h"

/* The server takes 300,000 bytes by default (MaximumPayloadSizeBytes) and 16,383 code points of
 * text; administrators lower the former. Whatever the message, these add up to less than 100,000
 * bytes. */
enum {
    MAX_TEXT_RUNES = 16000,
    MAX_TITLE_RUNES = 512,
    MAX_TITLE = 4000,
    MAX_LABEL_RUNES = 80,
    MAX_VALUE_RUNES = 1000,
    MAX_VALUE = 4000,
    MAX_FOOTER_RUNES = 300, /* the clients cut there themselves */
    MAX_MENTION = 1000,     /* so that no message can be too long by it */
    SHORT_VALUE = 40,
    MAX_ID = 100,
    USUAL_BODY = 2048,
};

struct limits {
    size_t text_runes, text, fields; /* of the text, and the bytes of both in the document */
};

static const struct limits whole = {MAX_TEXT_RUNES, 60000, 20000};
/* For a server that refused the whole: under 10,000 bytes in all. */
static const struct limits shortened = {1000, 4000, 2000};

/* What an outcome leaves for the next attempt. */
#define SHORTENED "shortened"

enum {
    PRIORITY_STANDARD,
    PRIORITY_IMPORTANT,
    PRIORITY_URGENT,
    PRIORITY_AUTO
};

struct config {
    struct tocsin_secret url;
    const char *channel;
    const char *username;
    const char *icon_url;
    struct tocsin_choice priority;
    const char *mention;
    struct tocsin_choice mention_level;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "the incoming webhook, https://HOST/hooks/ID"),
    TOCSIN_OPTION(struct config, channel, 0, NULL,
        "the channel's name (town-square) or @user, instead of the webhook's own"),
    TOCSIN_OPTION(
        struct config, username, 0, NULL, "the name to post as, where the server lets it"),
    TOCSIN_OPTION(struct config, icon_url, TOCSIN_URL, NULL,
        "the picture to post with, where the server lets it"),
    TOCSIN_WORDS(struct config, priority, 0, "standard", "standard important urgent auto",
        "the message's priority label; auto follows the level"),
    TOCSIN_OPTION(struct config, mention, 0, NULL,
        "who is called, put above the message as it is written: \"@channel\", \"@oncall\""),
    /* The words stand in the order of the levels: the choice's index is one. */
    TOCSIN_WORDS(struct config, mention_level, 0, "urgent", "info low medium high urgent",
        "the lowest level that calls them"),
};

/* Names of channels are in lower case; those of users may be written in any. */
static bool is_channel_name(const char *name)
{
    if (name[0] == '@')
        return name[1] != '\0' && !strpbrk(name, " ");
    name += name[0] == '#';
    return *name != '\0' && name[strcspn(name, " ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static bool is_said(const char *text)
{
    return text && *text;
}

static bool check(struct tocsin_call *call, const void *data, const char **why)
{
    const struct config *config = data;

    (void)call;
    if (!is_http_url(config->url.value))
        *why = "url: must begin with https:// or http://";
    else if (is_said(config->icon_url) && !is_http_url(config->icon_url))
        *why = "icon_url: must begin with https:// or http://";
    else if (is_said(config->channel) && !is_channel_name(config->channel))
        *why = "channel: must be the name in the channel's URL, in lower case (town-square), or "
               "@user";
    else if (config->mention && text_units(config->mention) > MAX_MENTION)
        *why = "mention: longer than 1,000 characters";
    else
        return true;
    return false;
}

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    (void)why;
    return (void *)config;
}

static void text_set(struct tocsin_call *call, json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new_nocheck(object, name, text_json(call, text));
}

/* A title that is a link is shown as it is; in one that is not, the web client makes Markdown links
 * into links (message_attachment.tsx). */
static const char *title_text(struct tocsin_call *call, const char *headline, const char *link)
{
    return link ? headline : call->host->escape(call, TOCSIN_MARKDOWN, headline);
}

/* A label is shown as it is, a value is Markdown. Two short fields share a line. *size grows by
 * what the field takes in the document. */
static json_t *field_create(struct tocsin_call *call, const struct tocsin_fact *fact, size_t *size)
{
    static const char frame[] = "{\"title\":\"\",\"value\":\"\",\"short\":false},";
    const char *label = text_cut(call, fact->label, MAX_LABEL_RUNES, SIZE_MAX);
    const char *value = text_cut(call, fact->value, MAX_VALUE_RUNES, MAX_VALUE);
    const char *title = plain_label(call, label);
    const char *escaped = call->host->escape(call, TOCSIN_MARKDOWN, value);
    json_t *field = json_object();

    json_object_set_new_nocheck(field, "title", text_json(call, title));
    json_object_set_new_nocheck(field, "value", text_json(call, escaped));
    json_object_set_new_nocheck(field, "short", json_boolean(strlen(value) <= SHORT_VALUE));
    *size += sizeof frame - 1 + text_cost(title) + text_cost(escaped);
    return field;
}

/* As many fields as their limit takes, the first ones first. */
static json_t *fields_create(struct tocsin_call *call, size_t max)
{
    const struct tocsin_message *message = call->message;
    json_t *fields = json_array();
    size_t size = 0;

    for (uint32_t i = 0; i < message->fact_count; i++) {
        json_t *field = field_create(call, message_fact(message, i), &size);
        if (size > max) {
            json_decref(field);
            break;
        }
        json_array_append_new(fields, field);
    }
    return fields;
}

/* Plain text, and the first thing that the clients cut: what the reader must know comes first. */
static const char *footer_text(struct tocsin_call *call, size_t left_out)
{
    const char *marks = words_marks(call), *more = "";

    if (left_out > 0)
        more = call->host->format(call, "%zu more facts" DOT, left_out);
    const char *line =
        call->host->format(call, "%s%s%s%s", marks, *marks ? DOT : "", more, words_origin(call));
    return text_cut(call, plain_unmentioned(call, line), MAX_FOOTER_RUNES, SIZE_MAX);
}

static bool is_shortened(const struct tocsin_call *call)
{
    const char *resume = call->message->resume;

    return resume && strcmp(resume, SHORTENED) == 0;
}

static json_t *attachment_create(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    const char *headline = text_cut(call, words_headline(call), MAX_TITLE_RUNES, MAX_TITLE);
    const char *link = message_link(message);
    const struct limits *limits = is_shortened(call) ? &shortened : &whole;
    json_t *attachment = json_object(), *fields = fields_create(call, limits->fields);
    size_t left_out = message->fact_count - json_array_size(fields);

    headline = plain_unmentioned(call, headline);
    text_set(call, attachment, "fallback", headline);
    text_set(call, attachment, "color", message_color(message));
    text_set(call, attachment, "title", title_text(call, headline, link));
    text_set(call, attachment, "title_link", link);
    text_set(call, attachment, "text",
        markdown_cut(call, message->text, limits->text_runes, limits->text));
    if (json_array_size(fields) > 0)
        json_object_set(attachment, "fields", fields);
    json_decref(fields);
    text_set(call, attachment, "footer", footer_text(call, left_out));
    return attachment;
}

/* A standard message has no label: nothing is sent for it, also since a server that switched labels
 * off might refuse one. */
static void priority_set(const struct config *config, uint32_t level, json_t *payload)
{
    uint32_t priority = config->priority.index;

    if (priority == PRIORITY_AUTO && level == TOCSIN_URGENT)
        priority = PRIORITY_URGENT;
    else if (priority == PRIORITY_AUTO)
        priority = level == TOCSIN_HIGH ? PRIORITY_IMPORTANT : PRIORITY_STANDARD;
    if (priority != PRIORITY_STANDARD)
        json_object_set_new(payload, "priority",
            json_pack("{s:s}", "priority", priority == PRIORITY_URGENT ? "urgent" : "important"));
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    uint32_t level = message_level(call->message);
    auto_json json_t *payload = json_pack("{s:[o]}", "attachments", attachment_create(call));

    text_set(call, payload, "channel", config->channel);
    text_set(call, payload, "username", config->username);
    text_set(call, payload, "icon_url", config->icon_url);
    /* Apart from the attachment, so that nothing from outside can stand beside a mention. */
    if (level >= config->mention_level.index)
        text_set(call, payload, "text", config->mention);
    priority_set(config, level, payload);
    request->url = config->url.value;
    json_send(call, payload, USUAL_BODY, request);
}

/* Ids are safe to show; anything else in their place is not theirs. */
static const char *shown_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return text[len] == '\0' && len <= MAX_ID ? text : "";
}

/* The error's message is never read: it holds the webhook's id, which is the credential. */
static void on_refused(const struct config *config, struct tocsin_call *call,
    const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    auto_json json_t *error = answer_object(answer);
    const char *id = shown_id(member_text(error, "id"));
    const char *request = shown_id(member_text(error, "request_id"));
    const struct refusal *refusal = refusal_find(id, answer->status);
    const char *hint = refusal ? refusal->hint : "";

    if (refusal && answer->status == 400)
        outcome->result = refusal->result;
    if (*id == '\0')
        return;
    if (*request)
        request = call->host->format(call, " (request %s)", request);
    outcome->reason = reason_clean(call,
        call->host->format(
            call, "%u %s%s%s%s", (unsigned)answer->status, id, request, *hint ? ": " : "", hint),
        config->url.value);
}

/* Once, and less of the message: a server, or a proxy before it, may be set to little. */
static void on_too_large(const struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    outcome->result = is_shortened(call) ? TOCSIN_REJECTED : TOCSIN_AGAIN;
    outcome->resume = is_shortened(call) ? NULL : SHORTENED;
}

/* A GET, and so many a proxy, is answered 200 with a page: only the body tells. */
static void on_success(
    struct tocsin_call *call, const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    const char *request = answer->header(answer, "X-Request-Id");

    if (answer->status != 200 || answer->body_len != 2 || memcmp(answer->body, "ok", 2) != 0) {
        outcome->result = TOCSIN_UNUSABLE;
        outcome->reason = call->host->format(call,
            "%u, but not Mattermost's \"ok\": the URL is no incoming webhook "
            "(https://HOST/hooks/ID)",
            (unsigned)answer->status);
        return;
    }
    outcome->result = TOCSIN_DELIVERED;
    if (request && *shown_id(request))
        outcome->receipt = call->host->format(call, "%s", request);
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    if (answer->status >= 200 && answer->status < 300) {
        on_success(call, answer, outcome);
        return;
    }
    on_refused(instance, call, answer, outcome);
    if (answer->status == 413 || outcome->result == TOCSIN_AGAIN)
        on_too_large(call, outcome);
    /* 501 is how the server says that webhooks are switched off. */
    if (answer->status == 501)
        outcome->result = TOCSIN_UNUSABLE;
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "mattermost",
    .version = "1.0",
    .help = "posts to a Mattermost channel, through an incoming webhook",
    .flavour = TOCSIN_MARKDOWN,
    TOCSIN_OPTIONS(struct config, options),
    .rate = "10/s",
    .concurrency = 4,
    .check = check,
    .open = open,
    .render = render,
    .judge = judge,
    .max_text = MAX_TEXT_RUNES,
};
