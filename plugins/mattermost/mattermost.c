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

/* The server takes 300,000 bytes by default (MaximumPayloadSizeBytes) and 16,383 code points of
 * text; administrators lower the former. Whatever the message, these add up to less than 100,000
 * bytes. */
enum {
    MAX_TITLE_RUNES = 512,
    MAX_TITLE = 4000,
    MAX_TEXT_RUNES = 16000,
    MAX_TEXT = 60000,
    MAX_LABEL_RUNES = 80,
    MAX_VALUE_RUNES = 1000,
    MAX_VALUE = 4000,
    MAX_FIELDS = 20000,
    MAX_FOOTER_RUNES = 300, /* the clients cut there themselves */
    SHORT_VALUE = 40,
    MAX_ID = 100,
    USUAL_BODY = 2048,
};

enum {
    PRIORITY_STANDARD,
    PRIORITY_IMPORTANT,
    PRIORITY_URGENT,
    PRIORITY_AUTO
};

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

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

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    if (is_http_url(((const struct config *)config)->url.value))
        return true;
    *why = "url: must begin with https:// or http://";
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

/* Plain text in which @channel and <!channel> stand with a space that nobody sees. Mattermost looks
 * for mentions in Markdown only, and that the host escapes; titles, labels and footers are spared
 * for the day on which it looks there too. */
static const char *unmentioned(struct tocsin_call *call, const char *text)
{
    if (!strchr(text, '@') && !strstr(text, "<!"))
        return text;
    char *out = call->host->alloc(call, strlen(text) * (1 + strlen(ZERO_WIDTH_SPACE)) + 1);
    char *end = out;

    for (; *text != '\0'; text++) {
        *end++ = *text;
        if (text[0] == '@' || (text[0] == '<' && text[1] == '!'))
            end = stpcpy(end, ZERO_WIDTH_SPACE);
    }
    return out;
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
    const char *title = unmentioned(call, label);
    const char *escaped = call->host->escape(call, TOCSIN_MARKDOWN, value);
    json_t *field = json_object();

    json_object_set_new_nocheck(field, "title", text_json(call, title));
    json_object_set_new_nocheck(field, "value", text_json(call, escaped));
    json_object_set_new_nocheck(field, "short", json_boolean(strlen(value) <= SHORT_VALUE));
    *size += sizeof frame - 1 + text_cost(title) + text_cost(escaped);
    return field;
}

/* As many fields as their limit takes, the first ones first. */
static json_t *fields_create(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    json_t *fields = json_array();
    size_t size = 0;

    for (uint32_t i = 0; i < message->fact_count; i++) {
        json_t *field = field_create(call, message_fact(message, i), &size);
        if (size > MAX_FIELDS) {
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
    return text_cut(call, unmentioned(call, line), MAX_FOOTER_RUNES, SIZE_MAX);
}

static json_t *attachment_create(struct tocsin_call *call)
{
    static const char *const colors[] = {"#607D8B", "#1976D2", "#FBC02D", "#F57C00", "#D32F2F"};
    const struct tocsin_message *message = call->message;
    const char *headline = text_cut(call, words_headline(call), MAX_TITLE_RUNES, MAX_TITLE);
    const char *link = message_link(message);
    json_t *attachment = json_object(), *fields = fields_create(call);
    size_t left_out = message->fact_count - json_array_size(fields);

    headline = unmentioned(call, headline);
    text_set(call, attachment, "fallback", headline);
    text_set(call, attachment, "color", colors[message_level(message)]);
    text_set(call, attachment, "title", title_text(call, headline, link));
    text_set(call, attachment, "title_link", link);
    text_set(call, attachment, "text", text_cut(call, message->text, MAX_TEXT_RUNES, MAX_TEXT));
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

/* Why the server said 400. Since 10.4 it wraps nearly every cause into `general`: a deleted
 * webhook, an unknown user, an empty message. The messages made here are never empty, too long or
 * of a wrong type (those would be `decode` anyway), so `general` speaks of the webhook: holding the
 * sink and telling the operator beats a dead letter for each event until somebody looks. */
struct refusal {
    const char *id;
    uint32_t result;
    const char *hint;
};

static const struct refusal *refusal_find(const char *id)
{
    static const struct refusal refusals[] = {
        {"web.incoming_webhook.general.app_error", TOCSIN_UNUSABLE,
            "most likely the webhook was deleted, or may not post to the channel; the server's log "
            "says more under this request"},
        {"web.incoming_webhook.invalid.app_error", TOCSIN_UNUSABLE,
            "there is no such webhook: it was deleted, or the URL is not whole"},
        {"web.incoming_webhook.channel.app_error", TOCSIN_UNUSABLE, "there is no such channel"},
        {"web.incoming_webhook.channel_locked.app_error", TOCSIN_UNUSABLE,
            "the webhook is locked to its own channel: leave `channel` out"},
        {"web.incoming_webhook.permissions.app_error", TOCSIN_UNUSABLE,
            "the webhook's owner may not post to the channel"},
        {"web.incoming_webhook.user.app_error", TOCSIN_UNUSABLE, "there is no such user"},
        {"web.incoming_webhook.disabled.app_error", TOCSIN_UNUSABLE,
            "incoming webhooks are switched off on the server"},
        {"web.incoming_webhook.decode.app_error", TOCSIN_REJECTED, ""},
        {"web.incoming_webhook.parse.app_error", TOCSIN_REJECTED, ""},
        {"web.incoming_webhook.text.app_error", TOCSIN_REJECTED, ""},
        {"web.incoming_webhook.split_props_length.app_error", TOCSIN_REJECTED, ""},
        {"api.context.request_body_too_large.app_error", TOCSIN_REJECTED,
            "MaximumPayloadSizeBytes of the server is below what a message needs"},
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(id, refusals[i].id) == 0)
            return &refusals[i];
    return NULL;
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
    const struct refusal *refusal = refusal_find(id);
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
