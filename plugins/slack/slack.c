/* Slack, through an incoming webhook: the headline as a header, and an attachment for its coloured
 * bar with the text, the facts, a button and a footer. */
#include <jansson.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/reason.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "blocks.h"
#include "refusal.h"

/* What an outcome leaves for the next attempt: Slack found fault with the blocks. */
#define WITHOUT_BLOCKS "without blocks"

enum {
    MAX_TOAST = 600,       /* in UTF-16 units; devices show the first line or two */
    MAX_MENTION = 1000,    /* so that no message can be too long by it */
    MAX_PLAIN_TEXT = 3500, /* Slack advises 4,000 */
    USUAL_BODY = 4096,
};

struct config {
    struct tocsin_secret url;
    const char *mention;
    struct tocsin_choice mention_level;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "the incoming webhook, https://hooks.slack.com/services/T.../B.../..."),
    TOCSIN_OPTION(struct config, mention, 0, NULL,
        "who is called, put above the message as it is written: \"<!here>\", \"<@U012AB3CD>\""),
    /* The words stand in the order of the levels: the choice's index is one. */
    TOCSIN_WORDS(struct config, mention_level, 0, "urgent", "info low medium high urgent",
        "the lowest level that calls them"),
};

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    const char *url = ((const struct config *)config)->url.value;
    const char *mention = ((const struct config *)config)->mention;

    (void)call;
    if (!is_http_url(url))
        *why = "url: must begin with https:// or http://";
    else if (strstr(url, "hooks.slack.com/workflows/") || strstr(url, "hooks.slack.com/triggers/"))
        *why = "url: this starts a workflow, which takes variables and no messages; make an "
               "incoming webhook (https://hooks.slack.com/services/...)";
    else if (mention && text_units(mention) > MAX_MENTION)
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

/* Slack's own notifications show it, and screen readers read it; where blocks stand beside it,
 * nobody else does. */
static json_t *toast(struct tocsin_call *call)
{
    const char *headline = text_cut_units(call, words_headline(call), MAX_TOAST);

    return text_json(call, call->host->escape(call, TOCSIN_MRKDWN, headline));
}

static json_t *with_blocks(struct tocsin_call *call, const char *mention)
{
    return json_pack("{s:o, s:o, s:[{s:s, s:o}], s:b, s:b}", "text", toast(call), "blocks",
        blocks_headline(call, mention), "attachments", "color", message_color(call->message),
        "blocks", blocks_body(call), "unfurl_links", 0, "unfurl_media", 0);
}

/* Nothing that could be wrong: the headline and the text, as text. */
static json_t *without_blocks(struct tocsin_call *call, const char *mention)
{
    const struct tocsin_message *message = call->message;
    const char *marks = words_marks(call), *link = message_link(message);
    const char *text = call->host->format(
        call, "%s\n%s%s%s", words_headline(call), marks, *marks ? "\n" : "", message->text_plain);
    const char *escaped =
        call->host->escape(call, TOCSIN_MRKDWN, text_cut_units(call, text, MAX_PLAIN_TEXT));

    return json_pack("{s:o, s:b, s:b}", "text",
        text_json(call, call->host->format(call, "%s%s%s%s%s", mention ? mention : "",
                            mention ? "\n" : "", escaped, link ? "\n" : "", link ? link : "")),
        "unfurl_links", 0, "unfurl_media", 0);
}

static bool is_without_blocks(const struct tocsin_call *call)
{
    const char *resume = call->message->resume;

    return resume && strcmp(resume, WITHOUT_BLOCKS) == 0;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    bool calls_them = message_level(call->message) >= config->mention_level.index;
    const char *mention =
        calls_them && config->mention && *config->mention ? config->mention : NULL;
    auto_json json_t *payload =
        is_without_blocks(call) ? without_blocks(call, mention) : with_blocks(call, mention);

    request->url = config->url.value;
    json_send(call, payload, USUAL_BODY, request);
}

/* The word is Slack's, and none of them holds a part of the URL. */
static void on_refused(struct tocsin_call *call, const struct tocsin_answer *answer,
    const struct refusal *refusal, struct tocsin_outcome *outcome)
{
    outcome->result = refusal->result;
    outcome->reason = call->host->format(call, "%u %s%s%s", (unsigned)answer->status, refusal->word,
        *refusal->hint ? ": " : "", refusal->hint);
    if (refusal->result != TOCSIN_AGAIN)
        return;
    if (is_without_blocks(call))
        outcome->result = TOCSIN_REJECTED;
    else
        outcome->resume = WITHOUT_BLOCKS;
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    const struct refusal *refusal = refusal_find(answer);

    (void)instance;
    if (refusal) {
        on_refused(call, answer, refusal, outcome);
        return;
    }
    if (answer->status < 200 || answer->status >= 300)
        return;
    if (answer->body_len == 2 && memcmp(answer->body, "ok", 2) == 0) {
        outcome->result = TOCSIN_DELIVERED;
        return;
    }
    outcome->result = TOCSIN_UNUSABLE;
    outcome->reason = call->host->format(call,
        "%u, but not Slack's \"ok\": the URL is no incoming webhook "
        "(https://hooks.slack.com/services/...)",
        (unsigned)answer->status);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1, .name = "slack", .version = "1.0",
    .help = "posts to a Slack channel, through an incoming webhook", .flavour = TOCSIN_MRKDWN,
    TOCSIN_OPTIONS(struct config, options), .rate = "1/s", .concurrency = 2, .check = check,
    .open = open, .render = render, .judge = judge, .max_text = 5900, /* two sections */
};
