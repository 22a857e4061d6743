/* Microsoft Teams, through a Workflows webhook (Power Automate): one Adaptive Card a message.
 *
 * Everything that came from outside stands in TextRuns, the one text element that Teams never reads
 * as Markdown ("RichTextBlock doesn't support markdown",
 * https://adaptivecards.io/explorer/RichTextBlock.html). The flow answers 202 before it posts, and
 * a card that Teams then refuses is never heard of again: keeping to the rules here is all that
 * stands between a message and its silent loss. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/reason.h"
#include "../shared/text.h"
#include "../shared/words.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

/* What an outcome leaves for the next attempt: the gateway found the full size too large. */
#define SMALLER "smaller"

/* All in bytes of the serialised request. Teams refuses a message over 28,672 bytes as it
 * serialises it itself, and 24,453 sent were 28,897 there; what fits the budget leaves that room.
 * The fixed parts and the limits on single texts together stay under half a budget, so that there
 * is always room. */
enum {
    BUDGET = 20000,
    MAX_TITLE = 1600,
    MAX_TOAST = 300,
    MAX_FALLBACK_TEXT = 800,
    MAX_LABEL = 80,
    MAX_VALUE = 400,
    MIN_ROOM = 1000,
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

static bool is_host(const char *host, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(host, name, len) == 0;
}

static bool has_domain(const char *host, size_t len, const char *domain)
{
    size_t tail = strlen(domain);

    return len > tail && host[len - tail - 1] == '.' && is_host(host + len - tail, tail, domain);
}

static const char *url_host(const char *url, size_t *len)
{
    const char *authority = strstr(url, "://") + strlen("://");
    const char *user_end = memrchr(authority, '@', strcspn(authority, "/?#"));
    const char *host = user_end ? user_end + 1 : authority;

    *len = strcspn(host, ":/?#");
    return host;
}

/* The host is not held to a list: Microsoft changed it in November 2025, and what knew only the old
 * one broke. */
static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    const char *url = ((const struct config *)config)->url.value;
    size_t len;

    (void)call;
    if (!is_http_url(url)) {
        *why = "url: must begin with https:// or http://";
        return false;
    }
    const char *host = url_host(url, &len);
    if (has_domain(host, len, "webhook.office.com") || is_host(host, len, "outlook.office.com")) {
        *why =
            "url: this is an Office 365 connector, and Microsoft retired those in May 2026; make a "
            "webhook with the Workflows app of Teams and copy its URL";
        return false;
    }
    return true;
}

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    (void)why;
    return (void *)config;
}

/* Markdown does nothing in a TextRun, but {{DATE(...)}} is expanded there too, and a mention needs
 * only its <at> tag: both are broken up with a space that nobody sees. */
static const char *inert(struct tocsin_call *call, const char *text)
{
    if (!strstr(text, "{{") && !strcasestr(text, "<at") && !strcasestr(text, "</at"))
        return text;
    char *out = call->host->alloc(call, strlen(text) * (1 + strlen(ZERO_WIDTH_SPACE)) + 1);
    char *end = out;
    for (; *text != '\0'; text++) {
        *end++ = *text;
        if ((text[0] == '{' && text[1] == '{') || strncasecmp(text, "<at", 3) == 0 ||
            strncasecmp(text, "</at", 4) == 0)
            end = stpcpy(end, ZERO_WIDTH_SPACE);
    }
    return out;
}

/* One run of untrusted text, cut to max bytes. It is cut twice, so that what is made inert is small
 * and what has grown by it still fits. */
static json_t *run_create(struct tocsin_call *call, const char *text, size_t max)
{
    const char *harmless = inert(call, text_cut(call, text, SIZE_MAX, max));

    return json_pack("{s:s, s:o}", "type", "TextRun", "text",
        text_json(call, text_cut(call, harmless, SIZE_MAX, max)));
}

static json_t *subtle(json_t *run)
{
    json_object_set_new(run, "isSubtle", json_true());
    return run;
}

static json_t *bold(json_t *run)
{
    json_object_set_new(run, "weight", json_string("Bolder"));
    return run;
}

static json_t *sized(json_t *run, const char *size)
{
    json_object_set_new(run, "size", json_string(size));
    return run;
}

static json_t *block_create(json_t *run, const char *spacing)
{
    return json_pack(
        "{s:s, s:s, s:[o]}", "type", "RichTextBlock", "spacing", spacing, "inlines", run);
}

static const char *level_style(const struct tocsin_message *message)
{
    static const char *const styles[] = {"emphasis", "accent", "warning", "warning", "attention"};

    return styles[message_level(message)];
}

static json_t *header_create(struct tocsin_call *call)
{
    json_t *title = bold(run_create(call, call->message->title, MAX_TITLE));
    json_t *origin = subtle(run_create(call, words_origin(call), MAX_TITLE));

    return json_pack("{s:s, s:s, s:b, s:[o, o]}", "type", "Container", "style",
        level_style(call->message), "bleed", 1, "items",
        block_create(sized(title, "Large"), "None"), block_create(sized(origin, "Small"), "Small"));
}

static json_t *fact_create(
    struct tocsin_call *call, const struct tocsin_fact *fact, const char *spacing)
{
    json_t *label = block_create(subtle(run_create(call, fact->label, MAX_LABEL)), "None");
    json_t *value = block_create(run_create(call, fact->value, MAX_VALUE), "None");

    return json_pack("{s:s, s:s, s:[{s:s, s:s, s:[o]}, {s:s, s:s, s:[o]}]}", "type", "ColumnSet",
        "spacing", spacing, "columns", "type", "Column", "width", "110px", "items", label, "type",
        "Column", "width", "stretch", "items", value);
}

/* A FactSet would be shorter, but it reads its values as Markdown. *size is what the list takes. */
static json_t *facts_create(struct tocsin_call *call, size_t *size)
{
    const struct tocsin_message *message = call->message;
    json_t *facts = json_array();

    *size = strlen("[]");
    /* What is beyond the budget already is not worth making. */
    for (uint32_t i = 0; i < message->fact_count && *size < BUDGET; i++) {
        json_t *fact = fact_create(call, message_fact(message, i), i == 0 ? "Medium" : "Small");
        *size += json_size(fact) + (i > 0);
        json_array_append_new(facts, fact);
    }
    return facts;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\0';
}

/* Appends one line of text as a block of its own, since some clients swallow a newline in a run.
 * Returns the bytes that it took of room: all of them for a line that had to be cut, 0 when not
 * even its beginning fitted. */
static size_t line_append(
    struct tocsin_call *call, json_t *blocks, const char *line, const char *spacing, size_t room)
{
    json_t *block = block_create(run_create(call, line, SIZE_MAX), spacing);
    size_t size = json_size(block) + 1;

    if (size >= room) {
        size_t cost = text_cost(inert(call, line)), over = size - room + 1;
        json_decref(block);
        if (cost < over + strlen(ELLIPSIS))
            return 0;
        block = block_create(run_create(call, line, cost - over), spacing);
        size = room;
    }
    json_array_append_new(blocks, block);
    return size;
}

/* The text's lines within room bytes, a wider gap where a blank line stood. Where they do not fit,
 * the end is cut off and an ellipsis stands there. */
static json_t *text_create(struct tocsin_call *call, size_t room)
{
    json_t *blocks = json_array();
    json_t *mark = block_create(run_create(call, ELLIPSIS, SIZE_MAX), "Default");
    size_t left = room - json_size(mark) - 1;
    char *rest =
        call->host->format(call, "%s", text_cut(call, call->message->text, SIZE_MAX, room));
    const char *spacing = "Medium";

    for (char *line; left > 0 && (line = strsep(&rest, "\n")) != NULL;) {
        if (is_blank(line)) {
            spacing = "Medium";
            continue;
        }
        size_t used = line_append(call, blocks, line, spacing, left);
        if (used == 0)
            json_array_append(blocks, mark);
        left = used > 0 ? left - used : 0;
        spacing = "None";
    }
    json_decref(mark);
    return blocks;
}

/* Facts give way first, the last ones before the first, until they take half of the room; then the
 * text is cut to what they leave. */
static void content_append(struct tocsin_call *call, json_t *body, size_t room)
{
    size_t facts_size;
    auto_json json_t *facts = facts_create(call, &facts_size);
    auto_json json_t *text = text_create(call, room);
    size_t kept = json_array_size(facts), text_size = json_size(text);

    while (facts_size + text_size > room && facts_size > room / 2) {
        json_array_remove(facts, --kept);
        facts_size = json_size(facts);
    }
    if (facts_size + text_size > room) {
        json_decref(text);
        text = text_create(call, room - facts_size);
    }
    json_array_extend(body, text);
    json_array_extend(body, facts);
    if (kept < call->message->fact_count) {
        const char *left = call->host->format(
            call, ELLIPSIS " and %u more facts", (unsigned)(call->message->fact_count - kept));
        json_array_append_new(
            body, block_create(subtle(run_create(call, left, MAX_LABEL)), "Small"));
    }
}

static const char *link_title(const char *type)
{
    if (strncmp(type, "alert", 5) == 0)
        return "Open alert";
    return strcmp(type, "case") == 0 ? "Open case" : "Open";
}

/* A URL that is not absolute makes the whole card invalid, and one cannot be cut. */
static void link_append(const struct tocsin_message *message, json_t *card)
{
    const char *link = message_link(message);

    if (!link)
        return;
    json_t *action = json_pack("{s:s, s:s, s:s}", "type", "Action.OpenUrl", "title",
        link_title(message->type), "url", link);
    if (action)
        json_object_set_new(card, "actions", json_pack("[o]", action));
}

/* Version 1.4: the flow's "Post card" step shows nothing for a higher one
 * (https://github.com/microsoft/AdaptiveCards/issues/8965). */
static json_t *card_create(struct tocsin_call *call, const char *fallback_text, json_t *body)
{
    json_t *card = json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:O}", "$schema",
        "http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard", "version",
        "1.4", "fallbackText",
        text_json(call, text_cut(call, fallback_text, SIZE_MAX, MAX_FALLBACK_TEXT)), "msteams",
        "width", "Full", "body", body);

    link_append(call->message, card);
    return card;
}

/* contentUrl must be there and null, while null anywhere else is refused: the trigger holds the
 * body to its schema. The summary is the toast's text; how it is read is nowhere said, and
 * fallbackText may be Markdown, so both are escaped. */
static json_t *envelope_create(struct tocsin_call *call, json_t *body)
{
    const char *headline = text_cut(call, words_headline(call), SIZE_MAX, MAX_TITLE);
    const char *escaped = call->host->escape(call, TOCSIN_TEAMS, headline);

    return json_pack("{s:s, s:o, s:[{s:s, s:n, s:o}]}", "type", "message", "summary",
        text_json(call, text_cut(call, escaped, SIZE_MAX, MAX_TOAST)), "attachments", "contentType",
        "application/vnd.microsoft.card.adaptive", "contentUrl", "content",
        card_create(call, escaped, body));
}

static bool is_smaller(const struct tocsin_call *call)
{
    const char *resume = call->message->resume;

    return resume && strcmp(resume, SMALLER) == 0;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    const char *marks = words_marks(call);
    auto_json json_t *body = json_pack("[o]", header_create(call));
    auto_json json_t *envelope = envelope_create(call, body);

    if (*marks)
        json_array_append_new(
            body, block_create(bold(run_create(call, marks, MAX_TITLE)), "Small"));
    /* The commas that join the parts, and the line that says what was left out. */
    size_t fixed = json_size(envelope) + 3 * (size_t)MAX_LABEL;
    size_t budget = is_smaller(call) ? BUDGET / 2 : BUDGET;
    assert(fixed < budget - MIN_ROOM);
    content_append(call, body, budget - fixed);
    request->url = config->url.value;
    json_send(call, envelope, USUAL_BODY, request);
}

/* What a workflow answers when it refuses. The codes decide, since 400 stands for a bad message and
 * for a workflow that is switched off alike. */
struct refusal {
    const char *code;
    uint32_t result;
    const char *hint;
};

#define ANYONE                                                                                     \
    "the URL is not whole, or the workflow wants a sign-in: set \"Who can trigger the flow\" to "  \
    "Anyone and copy the whole URL"

static const struct refusal *refusal_find(const char *code, uint32_t status)
{
    static const struct refusal refusals[] = {
        {"TriggerInputSchemaMismatch", TOCSIN_REJECTED, ""},
        {"WorkflowTriggerIsNotEnabled", TOCSIN_UNUSABLE,
            "the workflow is switched off, suspended or deleted"},
        {"MissingApiVersionParameter", TOCSIN_UNUSABLE,
            "the URL lost its query: copy it whole, and keep it from shells and Environment="},
        {"WorkflowNotFound", TOCSIN_UNUSABLE, "the workflow was deleted"},
        {"DirectApiAuthorizationRequired", TOCSIN_UNUSABLE, ANYONE},
        {"DirectApiInvalidAuthorizationSignature", TOCSIN_UNUSABLE, ANYONE},
        {"MisMatchingOAuthClaims", TOCSIN_UNUSABLE, ANYONE},
    };
    static const struct refusal unauthorized = {"", TOCSIN_UNUSABLE, ANYONE};
    static const struct refusal not_found = {"", TOCSIN_UNUSABLE, "the workflow was deleted"};

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(code, refusals[i].code) == 0)
            return &refusals[i];
    if (status == 401)
        return &unauthorized;
    return status == 404 ? &not_found : NULL;
}

static void on_accepted(
    struct tocsin_call *call, const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    const char *run = answer->header(answer, "x-ms-workflow-run-id");

    outcome->result = TOCSIN_DELIVERED;
    if (answer->status == 202)
        outcome->reason =
            "202: queued by the workflow, which does not tell whether the card was posted";
    if (run)
        outcome->receipt = call->host->format(call, "%s", run);
}

static void on_refused(const struct config *config, struct tocsin_call *call,
    const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    auto_json json_t *document = answer_object(answer);
    const json_t *error = json_object_get(document, "error");
    const char *code = member_text(error, "code");
    const char *said = member_text(error, "message");
    const struct refusal *refusal = refusal_find(code, answer->status);
    const char *hint = refusal ? refusal->hint : "";

    if (refusal)
        outcome->result = refusal->result;
    if (*code == '\0' && *said == '\0' && *hint == '\0')
        return;
    outcome->reason = reason_clean(call,
        call->host->format(call, "%u%s%s%s%s%s%s", (unsigned)answer->status, *code ? " " : "", code,
            *hint ? ": " : "", hint, *said ? ": " : "", said),
        config->url.value);
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    if (answer->status >= 200 && answer->status < 300) {
        on_accepted(call, answer, outcome);
        return;
    }
    on_refused(instance, call, answer, outcome);
    /* Whatever the body says; the host has read Retry-After already. */
    if (answer->status == 429 || answer->status >= 500)
        outcome->result = TOCSIN_RETRY;
    if (answer->status == 413)
        outcome->result = is_smaller(call) ? TOCSIN_REJECTED : TOCSIN_AGAIN;
    if (outcome->result == TOCSIN_AGAIN || is_smaller(call))
        outcome->resume = SMALLER;
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "teams",
    .version = "1.0",
    .help = "posts a card to a Microsoft Teams channel or chat, through a Workflows webhook",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct config, options),
    .rate = "1/s",
    .concurrency = 2,
    .check = check,
    .open = open,
    .render = render,
    .judge = judge,
    .max_text = USUAL_TEXT,
};
