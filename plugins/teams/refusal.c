#include "refusal.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/reason.h"
#include "../shared/text.h"

struct refusal {
    const char *code;
    uint32_t result;
    const char *hint;
};

/* What an answer says of itself: "" where it says nothing. */
struct saying {
    const char *code, *words;
};

#define ANYONE                                                                                     \
    "the URL is not whole, or the workflow wants a sign-in: set \"Who can trigger the flow\" to "  \
    "Anyone and copy the whole URL"
#define LOST_QUERY "the URL lost its query: copy it whole, and keep it from shells and Environment="
#define CHANGED_TRIGGER                                                                            \
    "the workflow's trigger was changed: make the webhook anew from the template"

static const struct refusal *refusal_find(const char *code, uint32_t status)
{
    static const struct refusal refusals[] = {
        {"TriggerInputSchemaMismatch", TOCSIN_REJECTED, CHANGED_TRIGGER},
        {"InvalidRequestContent", TOCSIN_REJECTED, ""},
        {"WorkflowTriggerIsNotEnabled", TOCSIN_UNUSABLE,
            "the workflow is switched off, suspended or deleted"},
        {"MissingApiVersionParameter", TOCSIN_UNUSABLE, LOST_QUERY},
        {"InvalidApiVersionParameter", TOCSIN_UNUSABLE, LOST_QUERY},
        {"WorkflowNotFound", TOCSIN_UNUSABLE, "the workflow was deleted"},
        {"DirectApiAuthorizationRequired", TOCSIN_UNUSABLE, ANYONE},
        {"DirectApiInvalidAuthorizationSignature", TOCSIN_UNUSABLE, ANYONE},
        {"MisMatchingOAuthClaims", TOCSIN_UNUSABLE, ANYONE},
    };
    static const struct refusal unauthorized = {"", TOCSIN_UNUSABLE, ANYONE};
    static const struct refusal not_found = {"", TOCSIN_UNUSABLE, "the workflow was deleted"};

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcasecmp(code, refusals[i].code) == 0)
            return &refusals[i];
    if (status == 401)
        return &unauthorized;
    return status == 404 ? &not_found : NULL;
}

/* {"error": {"code", "message"}}; gateways before it leave out the outer object, or write words in
 * its place. */
static struct saying saying_of(const json_t *document)
{
    const json_t *error = json_object_get(document, "error");
    const json_t *holder = json_is_object(error) ? error : document;
    struct saying saying = {member_text(holder, "code"), member_text(holder, "message")};

    if (*saying.words == '\0')
        saying.words = member_text(document, "error");
    return saying;
}

static void on_code(struct tocsin_call *call, const struct tocsin_answer *answer, const char *url,
    struct tocsin_outcome *outcome)
{
    auto_json json_t *document = answer_object(answer);
    struct saying saying = saying_of(document);
    const struct refusal *refusal =
        outcome->result == TOCSIN_RETRY ? NULL : refusal_find(saying.code, answer->status);
    const char *hint = refusal ? refusal->hint : "";

    if (refusal)
        outcome->result = refusal->result;
    if (*saying.code == '\0' && *saying.words == '\0' && *hint == '\0')
        return;
    outcome->reason = reason_clean(call,
        call->host->format(call, "%u%s%s%s%s%s%s", (unsigned)answer->status,
            *saying.code ? " " : "", saying.code, *hint ? ": " : "", hint,
            *saying.words ? ": " : "", saying.words),
        url);
}

static bool is_success(const struct tocsin_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

/* The default table of the plugin interface, for a status that the host did not see. */
static uint32_t result_of(uint32_t status)
{
    if (status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501))
        return TOCSIN_RETRY;
    bool is_gone = status == 401 || status == 403 || status == 404 || status == 410;

    return is_gone || status == 501 ? TOCSIN_UNUSABLE : TOCSIN_REJECTED;
}

uint32_t refusal_status(struct tocsin_call *call, const struct tocsin_answer *answer)
{
    static const char failed[] = "Webhook message delivery failed", before[] = "HTTP error ";

    if (!is_success(answer))
        return answer->status;
    if (!answer->body || !memmem(answer->body, answer->body_len, failed, strlen(failed)))
        return 0;
    const char *body = call->host->format(call, "%.*s", (int)answer->body_len, answer->body);
    const char *at = strstr(body, before);
    uint32_t status = 0;

    at = at ? at + strlen(before) : "";
    for (int i = 0; i < 3 && isdigit((unsigned char)at[i]); i++)
        status = status * 10 + (uint32_t)(at[i] - '0');
    return status >= 400 && status < 600 ? status : 400;
}

void refusal_judge(struct tocsin_call *call, const struct tocsin_answer *answer, const char *url,
    struct tocsin_outcome *outcome)
{
    uint32_t status = refusal_status(call, answer);

    if (!is_success(answer)) {
        on_code(call, answer, url, outcome);
        return;
    }
    outcome->result = result_of(status);
    outcome->reason = reason_clean(call,
        call->host->format(call, "%u, but not delivered: %.*s", (unsigned)answer->status,
            (int)answer->body_len, answer->body),
        url);
}
