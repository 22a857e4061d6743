#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "dialogue.h"
#include "smtp.h"

enum {
    RECEIPT_MAX = 200,
};

/* The server has the mail for those whom it accepted; who was deferred is owed it. */
static void on_taken(const struct dialogue *dialogue, struct tocsin_outcome *outcome)
{
    struct tocsin_call *call = dialogue->call;
    const struct recipients *recipients = dialogue->recipients;
    const char *refused = recipients_words(call, recipients, FATE_REFUSED);

    outcome->receipt = call->host->format(call, "%.*s", RECEIPT_MAX, dialogue->reply);
    outcome->resume = recipients_resume(call, recipients, true);
    if (outcome->resume) {
        outcome->result = TOCSIN_RETRY;
        outcome->reason = call->host->format(call, "%zu of %zu recipients have it; put off: %s%s%s",
            recipients_with(recipients, FATE_ACCEPTED), recipients->count,
            recipients_words(call, recipients, FATE_DEFERRED), *refused ? "; refused: " : "",
            refused);
        return;
    }
    outcome->result = TOCSIN_DELIVERED;
    if (*refused)
        outcome->reason = call->host->format(call, "%zu of %zu recipients were refused: %s",
            recipients_with(recipients, FATE_REFUSED), recipients->count, refused);
}

/* A mail too large: about this mail, whereas other refusals of MAIL are about the sender. */
static bool is_too_large(const char *reply)
{
    return strncmp(reply, "552", 3) == 0 || strstr(reply, " 5.3.4");
}

/* RFC 4954 6. */
static bool is_about_login(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

/* Each recipient was refused for want of a login or by a policy (RFC 3463 x.7.x, relaying for one):
 * nobody gets a mail this way until somebody mends it. */
static bool is_shut_out(const struct recipients *recipients)
{
    for (size_t i = 0; i < recipients->count; i++) {
        const char *reply = recipients->items[i].reply;
        if (!is_about_login((int)strtol(reply, NULL, 10)) && !strstr(reply, " 5.7."))
            return false;
    }
    return true;
}

static void on_nobody_accepted(const struct dialogue *dialogue, struct tocsin_outcome *outcome)
{
    struct tocsin_call *call = dialogue->call;
    const struct recipients *recipients = dialogue->recipients;
    const char *refused = recipients_words(call, recipients, FATE_REFUSED);
    const char *deferred = recipients_words(call, recipients, FATE_DEFERRED);

    if (recipients_with(recipients, FATE_REFUSED) < recipients->count) {
        outcome->resume = recipients_resume(call, recipients, false);
        outcome->result = TOCSIN_RETRY;
    } else if (recipients->some_have_it) {
        outcome->result = TOCSIN_DELIVERED;
    } else {
        outcome->result = is_shut_out(recipients) ? TOCSIN_UNUSABLE : TOCSIN_REJECTED;
    }
    outcome->reason = call->host->format(call, "no recipient was accepted: %s%s%s", refused,
        *refused && *deferred ? "; " : "", deferred);
}

static bool is_nobody_accepted(const struct dialogue *dialogue)
{
    return dialogue->stage == STAGE_RCPT && dialogue->code / 100 >= 4 &&
           recipients_with(dialogue->recipients, FATE_ACCEPTED) == 0;
}

/* 5xx to a command other than RCPT. */
static uint32_t refusal(const struct dialogue *dialogue)
{
    switch (dialogue->stage) {
    case STAGE_MAIL:
        return is_too_large(dialogue->reply) ? TOCSIN_REJECTED : TOCSIN_UNUSABLE;
    case STAGE_DATA:
    case STAGE_BODY:
        /* Even a policy may be about this content (spam), which the next mail does not share. */
        return is_about_login(dialogue->code) ? TOCSIN_UNUSABLE : TOCSIN_REJECTED;
    default:
        return TOCSIN_UNUSABLE;
    }
}

static void on_refused(
    const struct dialogue *dialogue, const char *server, struct tocsin_outcome *outcome)
{
    struct tocsin_call *call = dialogue->call;

    outcome->result = dialogue->code / 100 == 5 ? refusal(dialogue) : TOCSIN_RETRY;
    if (outcome->result != TOCSIN_REJECTED)
        outcome->resume = recipients_resume(call, dialogue->recipients, false);
    outcome->reason = call->host->format(
        call, "%s: %s: %s", server, stage_name(dialogue->stage), dialogue->reply);
}

/* Nothing gets through until somebody mends it. */
static bool is_lasting(CURLcode code)
{
    switch (code) {
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_LOGIN_DENIED:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return true;
    default:
        return false;
    }
}

static const char *broken_words(const struct dialogue *dialogue, const struct smtp_result *result)
{
    if (dialogue->lacks_auth)
        return "the server offers no AUTH, and a user is configured: nothing was sent";
    if (result->code == CURLE_USE_SSL_FAILED)
        return "the server offers no STARTTLS, and tls is required: nothing was sent";
    if (result->code == CURLE_LOGIN_DENIED && dialogue->stage == STAGE_AUTH)
        return "the server refuses the token, or the user that it is for";
    if (result->code == CURLE_LOGIN_DENIED)
        return "the server offers no way of AUTH that is configured";
    if (result->code == CURLE_ABORTED_BY_CALLBACK)
        return "broken off: the deadline has passed or the daemon stops";
    return result->error;
}

/* No reply, or one that libcurl could not go on from. */
static void on_broken(const struct dialogue *dialogue, const struct smtp_result *result,
    const char *server, struct tocsin_outcome *outcome)
{
    struct tocsin_call *call = dialogue->call;
    bool in_doubt = dialogue->stage == STAGE_BODY && result->sent_all;

    outcome->result =
        dialogue->lacks_auth || is_lasting(result->code) ? TOCSIN_UNUSABLE : TOCSIN_RETRY;
    outcome->maybe_sent = in_doubt;
    outcome->resume = recipients_resume(call, dialogue->recipients, false);
    outcome->reason = call->host->format(call, "%s: %s: %s%s", server, stage_name(dialogue->stage),
        in_doubt ? "no answer to the whole mail: " : "", broken_words(dialogue, result));
}

void verdict(const struct dialogue *dialogue, const struct smtp_result *result, const char *server,
    struct tocsin_outcome *outcome)
{
    if (dialogue->stage == STAGE_BODY && dialogue->code / 100 == 2)
        on_taken(dialogue, outcome);
    else if (is_nobody_accepted(dialogue))
        on_nobody_accepted(dialogue, outcome);
    else if (dialogue->code / 100 >= 4 && dialogue->stage != STAGE_RCPT)
        on_refused(dialogue, server, outcome);
    else
        on_broken(dialogue, result, server, outcome);
}
