/* Microsoft Teams, through a Workflows webhook (Power Automate): one Adaptive Card a message.
 *
 * All texts stand in TextRuns, the one text element that Teams never reads as Markdown
 * ("RichTextBlock doesn't support markdown", https://adaptivecards.io/explorer/RichTextBlock.html):
 * escaping does not hold in all of its clients. What the template's author wrote as Markdown
 * becomes the looks of runs here. The flow answers 202 before it posts, and a card that Teams then
 * refuses is never heard of again: keeping to the rules here is all that stands between a message
 * and its silent loss. */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/reason.h"
#include "../shared/text.h"
#include "card.h"
#include "refusal.h"
#include "webhook.h"

/* What an outcome leaves for the next attempt: the gateway found the full size too large. */
#define SMALLER "smaller"

/* All in bytes of the serialised request. Teams refuses a message over 28,672 bytes as it
 * serialises it itself, and 24,453 sent were 28,897 there; what fits the budget leaves that room.
 */
enum {
    BUDGET = 20000,
    USUAL_TEXT =
        BUDGET / 2, /* of one in ASCII and few lines so much is shown, beside usual facts */
    USUAL_BODY = 8192,
};

struct config {
    struct tocsin_secret url;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "the whole URL that the Workflows app shows, with its query"),
};

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    const char *fault = webhook_fault(((const struct config *)config)->url.value);

    if (fault)
        *why = call->host->format(call, "url: %s", fault);
    return !fault;
}

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    (void)why;
    return (void *)config;
}

static bool is_smaller(const struct tocsin_call *call)
{
    const char *resume = call->message->resume;

    return resume && strcmp(resume, SMALLER) == 0;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    auto_json json_t *envelope = card_envelope(call, is_smaller(call) ? BUDGET / 2 : BUDGET);

    request->url = config->url.value;
    json_send(call, envelope, USUAL_BODY, request);
}

static void on_accepted(const struct config *config, struct tocsin_call *call,
    const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    const char *run = answer->header(answer, "x-ms-workflow-run-id");

    outcome->result = TOCSIN_DELIVERED;
    if (answer->status == 202)
        outcome->reason =
            "202: queued by the workflow, which does not tell whether the card was posted";
    if (run)
        outcome->receipt = reason_clean(call, run, config->url.value);
}

/* Half the size, once. */
static void on_too_large(struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    outcome->result = is_smaller(call) ? TOCSIN_REJECTED : TOCSIN_AGAIN;
    if (outcome->result == TOCSIN_AGAIN)
        outcome->resume = SMALLER;
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    const struct config *config = instance;
    uint32_t status = refusal_status(call, answer);

    if (status == 0) {
        on_accepted(config, call, answer, outcome);
        return;
    }
    refusal_judge(call, answer, config->url.value, outcome);
    if (is_smaller(call))
        outcome->resume = SMALLER;
    if (status == 413)
        on_too_large(call, outcome);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "teams",
    .version = "1.0",
    .help = "posts a card to a Microsoft Teams channel or chat, through a Workflows webhook",
    .flavour = TOCSIN_TEAMS,
    TOCSIN_OPTIONS(struct config, options),
    .rate = "1/s",
    .concurrency = 2,
    .check = check,
    .open = open,
    .render = render,
    .judge = judge,
    .max_text = USUAL_TEXT,
};
