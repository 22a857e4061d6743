/* Telegram, through a bot: sendMessage of the Bot API (https://core.telegram.org/bots/api). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/reason.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "refusal.h"
#include "rich.h"
#include "story.h"

/* What an outcome leaves for the next attempt: Telegram found fault with marks or the button. */
#define PLAIN "plain"

enum {
    MAX_CHAT = 64,
    USUAL_BODY = 4096,
};

struct config {
    struct tocsin_secret token;
    const char *chat;
    int64_t topic;
    struct tocsin_choice silent_below;
    const char *api;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, token, TOCSIN_REQUIRED, NULL,
        "the bot's token, as BotFather gives it: 123456789:AA..."),
    TOCSIN_OPTION(struct config, chat, TOCSIN_REQUIRED, NULL,
        "the chat's number (a group's begins with -), or a public channel's @name"),
    TOCSIN_OPTION(struct config, topic, 0, NULL, "the topic of a group that has topics, by number"),
    /* The words stand in the order of the levels: the choice's index is one. */
    TOCSIN_WORDS(struct config, silent_below, 0, "info", "info low medium high urgent",
        "messages below that level make no sound"),
    TOCSIN_OPTION(struct config, api, TOCSIN_URL, "https://api.telegram.org",
        "the Bot API server, where it is one of your own"),
};

/* A group that becomes a supergroup gets another number: from then on that is its name. The answer
 * says so, once to each message that was sent to the old one. */
struct telegram {
    const struct config *config;
    char chat[MAX_CHAT];
};

static bool is_token(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits + 1;

    return digits > 0 && text[digits] == ':' && strlen(rest) >= 20 &&
           rest[strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
               '\0';
}

static bool is_number(const char *text)
{
    text += *text == '-';
    return *text && text[strspn(text, "0123456789")] == '\0' && strlen(text) <= 16;
}

static bool is_name(const char *text)
{
    const char *name = text + 1;

    return text[0] == '@' && strlen(name) >= 4 && strlen(name) < MAX_CHAT - 1 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] ==
               '\0';
}

static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;

    (void)call;
    if (!is_token(config->token.value))
        *why =
            "token: no bot's token; BotFather's looks like 123456789:AA... (do not write \"bot\" "
            "before it)";
    else if (!is_number(config->chat) && !is_name(config->chat))
        *why = "chat: neither a number, such as -1001234567890, nor a public channel's @name";
    else if (config->topic < 0)
        *why = "topic: below 0";
    else if (!is_http_url(config->api))
        *why = "api: must begin with https:// or http://";
    else
        return true;
    return false;
}

static void *open_sink(struct tocsin_call *call, const void *config, const char **why)
{
    struct telegram *telegram = calloc(1, sizeof *telegram);

    (void)call;
    if (!telegram) {
        *why = "out of memory";
        return NULL;
    }
    telegram->config = config;
    strncpy(telegram->chat, telegram->config->chat, sizeof telegram->chat - 1);
    return telegram;
}

static void close_sink(void *instance)
{
    free(instance);
}

static bool is_plain(const struct tocsin_call *call)
{
    const char *resume = call->message->resume;

    return resume && strcmp(resume, PLAIN) == 0;
}

static json_t *chat_id(const char *chat)
{
    return is_number(chat) ? json_integer(strtoll(chat, NULL, 10)) : json_string(chat);
}

static json_t *keyboard(struct tocsin_call *call, const char *link)
{
    return json_pack("{s:[[{s:s, s:o}]]}", "inline_keyboard", "text", words_button(call), "url",
        text_json(call, link));
}

/* The thread's first message, if it stands in this chat: "CHAT:NUMBER" is what its receipt says. */
static json_t *reply_to(const struct telegram *telegram, const struct tocsin_message *message)
{
    const char *receipt = message->first_receipt;
    size_t len = strlen(telegram->chat);

    if (!receipt || strncmp(receipt, telegram->chat, len) != 0 || receipt[len] != ':')
        return NULL;
    long long number = strtoll(receipt + len + 1, NULL, 10);
    return number > 0 ? json_pack("{s:I, s:b}", "message_id", (json_int_t)number,
                            "allow_sending_without_reply", 1)
                      : NULL;
}

static json_t *text_create(struct tocsin_call *call, json_t *payload)
{
    struct rich rich;

    rich_init(&rich, call);
    story_write(&rich);
    if (!is_plain(call) && json_array_size(rich.entities) > 0)
        json_object_set(payload, "entities", rich.entities);
    json_decref(rich.entities);
    return text_json(call, rich.text);
}

static void set(json_t *payload, const char *name, json_t *value)
{
    if (value)
        json_object_set_new_nocheck(payload, name, value);
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct telegram *telegram = instance;
    const struct config *config = telegram->config;
    const char *link = message_link(call->message);
    auto_json json_t *payload = json_object();

    set(payload, "chat_id", chat_id(telegram->chat));
    set(payload, "text", text_create(call, payload));
    set(payload, "link_preview_options", json_pack("{s:b}", "is_disabled", 1));
    set(payload, "message_thread_id", config->topic ? json_integer(config->topic) : NULL);
    if (message_level(call->message) < config->silent_below.index)
        set(payload, "disable_notification", json_true());
    if (link && !is_plain(call))
        set(payload, "reply_markup", keyboard(call, link));
    set(payload, "reply_parameters", reply_to(telegram, call->message));
    request->url = call->host->format(call, "%.*s/bot%s/sendMessage",
        (int)(strlen(config->api) - (config->api[strlen(config->api) - 1] == '/')), config->api,
        config->token.value);
    json_send(call, payload, USUAL_BODY, request);
}

static json_int_t member_number(const json_t *object, const char *parent, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(object, parent), name));
}

static void on_sent(const struct telegram *telegram, struct tocsin_call *call, const json_t *answer,
    struct tocsin_outcome *outcome)
{
    outcome->result = TOCSIN_DELIVERED;
    outcome->receipt = call->host->format(
        call, "%s:%lld", telegram->chat, (long long)member_number(answer, "result", "message_id"));
}

/* The group's old number is refused from now on, so the configuration must be changed before the
 * next start; until then the new one is known. */
static void on_migrated(struct telegram *telegram, struct tocsin_call *call, json_int_t chat,
    struct tocsin_outcome *outcome)
{
    const char *old = call->host->format(call, "%s", telegram->chat);

    strncpy(telegram->chat, call->host->format(call, "%lld", (long long)chat),
        sizeof telegram->chat - 1);
    outcome->result = TOCSIN_AGAIN;
    outcome->resume = call->message->resume;
    outcome->reason = call->host->format(call, "the group %s has become %s", old, telegram->chat);
    if (TOCSIN_HAS(outcome, struct tocsin_outcome, notice))
        outcome->notice = call->host->format(call,
            "The group %s was made a supergroup and is %s now. Its messages go there already; "
            "change `chat` in the configuration too.",
            old, telegram->chat);
}

static void on_refused(const struct telegram *telegram, struct tocsin_call *call,
    const struct tocsin_answer *answer, const char *description, struct tocsin_outcome *outcome)
{
    const struct refusal *refusal = refusal_find(description);
    const char *hint = refusal ? refusal->hint : "";

    if (outcome->result == TOCSIN_DELIVERED)
        outcome->result = TOCSIN_UNUSABLE; /* no server of Telegram's says 2xx and means no */
    if (answer->status == 401 || answer->status == 404)
        hint = "no bot has this token: copy it anew from BotFather";
    else if (refusal && (answer->status == 400 || answer->status == 403))
        outcome->result = refusal->result;
    if (outcome->result == TOCSIN_AGAIN && is_plain(call))
        outcome->result = TOCSIN_REJECTED;
    if (outcome->result == TOCSIN_AGAIN)
        outcome->resume = PLAIN;
    outcome->reason = call->host->format(call, "%u %s%s%s", (unsigned)answer->status,
        reason_clean(call, description, telegram->config->token.value), *hint ? ": " : "", hint);
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    struct telegram *telegram = instance;
    auto_json json_t *object = answer_object(answer);
    json_int_t chat = member_number(object, "parameters", "migrate_to_chat_id");
    json_int_t retry_after_s = member_number(object, "parameters", "retry_after");

    if (outcome->result == TOCSIN_DELIVERED && json_is_true(json_object_get(object, "ok"))) {
        on_sent(telegram, call, object, outcome);
    } else if (chat != 0) {
        on_migrated(telegram, call, chat, outcome);
    } else if (*member_text(object, "description")) {
        on_refused(telegram, call, answer, member_text(object, "description"), outcome);
    } else if (outcome->result == TOCSIN_DELIVERED) {
        outcome->result = TOCSIN_UNUSABLE;
        outcome->reason = call->host->format(
            call, "%u, but not a Bot API server's answer: look at `api`", (unsigned)answer->status);
    }
    if (retry_after_s > 0 && retry_after_s < 1000000)
        outcome->retry_after_ms = retry_after_s * 1000;
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "telegram",
    .version = "1.0",
    .help = "posts to a Telegram chat, as a bot",
    .flavour = TOCSIN_HTML,
    TOCSIN_OPTIONS(struct config, options),
    .rate = "20/m", /* what Telegram takes for a group */
    .concurrency = 1,
    .check = check,
    .open = open_sink,
    .render = render,
    .judge = judge,
    .close = close_sink,
    .max_text = STORY_TEXT_MAX,
};
