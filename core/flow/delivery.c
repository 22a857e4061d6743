#include "flow/delivery.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "flow/tally.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "sink/attempt.h"
#include "sink/backoff.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    settle_again_ms = 1000,
    first_routing_ms = 600000, /* after its event was accepted: a later one is no first one */
    told_again_ms = 3600000,   /* a template that fails fails with every message */
};

struct delivery {
    LIST_ENTRY(delivery) link; /* flow::deliveries */
    struct flow *flow;
    struct sink *sink;
    char *id;
    struct store_settle outcome; /* its texts are owned */
    int attempt;
    int64_t created_ms, accepted_ms;
    int64_t event;       /* its number */
    bool is_told;        /* also when it goes well */
    struct event *again; /* tries to record the outcome again */
    const struct delivery_watch *watch;
    void *arg;
};

static void delivery_destroy(struct delivery *delivery)
{
    LIST_REMOVE(delivery, link);
    if (delivery->again)
        event_free(delivery->again);
    free((char *)delivery->outcome.reason);
    free((char *)delivery->outcome.reply);
    free((char *)delivery->outcome.resume);
    free((char *)delivery->outcome.receipt);
    free((char *)delivery->outcome.notification);
    free(delivery->id);
    free(delivery);
}

static void delivery_settle(struct delivery *delivery);

static void on_settle_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    delivery_settle(arg);
}

static void settle_later(struct delivery *delivery, const struct error *error)
{
    const struct timeval delay = clock_timeval(settle_again_ms);

    if (!delivery->again) {
        log_error(&delivery->sink->logger, "the outcome of %s could not be recorded, trying on: %s",
            delivery->id, error_text(error));
        delivery->again = evtimer_new(delivery->flow->parts.base, on_settle_again, delivery);
        if (!delivery->again)
            mem_exhausted();
    }
    evtimer_add(delivery->again, &delay);
}

/* Since when somebody waits for it: a replay, or an operator's retry, begins anew. */
static int64_t began_ms(const struct delivery *delivery)
{
    bool is_new = delivery->created_ms - delivery->accepted_ms < first_routing_ms;

    return is_new ? delivery->accepted_ms : delivery->created_ms;
}

static void on_settled(const struct error *error, enum store_settled settled, void *arg)
{
    struct delivery *delivery = arg;
    enum delivery_end end = DELIVERY_FINISHED;

    delivery->flow->calls--;
    if (settled == STORE_FAILED) {
        settle_later(delivery, error);
        return;
    }
    if (settled == STORE_STALE)
        log_error(&delivery->sink->logger, "the outcome of %s came too late: %s", delivery->id,
            error_text(error));
    else if (settled == STORE_SETTLED_PROMOTING)
        end = DELIVERY_PROMOTED;
    else if (delivery->outcome.result == STORE_RETRY)
        end = DELIVERY_WAITS;
    if (settled != STORE_STALE)
        tally_end(delivery->flow, delivery->sink->name, delivery->outcome.result,
            clock_steady_ms() - began_ms(delivery));
    if (settled != STORE_STALE && delivery->outcome.result == STORE_DEAD)
        alarm_about_dead(
            delivery->flow, delivery->sink->name, delivery->id, delivery->outcome.reason);
    delivery->watch->over(end, delivery->outcome.due_ms, delivery->arg);
    delivery_destroy(delivery);
}

static void delivery_settle(struct delivery *delivery)
{
    struct journal *journal = delivery->flow->parts.journal;

    delivery->flow->calls++;
    journal->ops->settle(journal, &delivery->outcome, on_settled, delivery);
}

/* When to try again. A destination that is unusable is not waited for here but at the sink's gate.
 */
static int64_t next_try_ms(const struct delivery *delivery, const struct attempt_result *result)
{
    const struct policy *policy = &delivery->sink->policy;
    int64_t now_ms = clock_steady_ms();

    if (result->result == TOCSIN_UNUSABLE)
        return now_ms;
    int64_t wait_ms = backoff_ms(delivery->attempt, policy->retry_first_ms, policy->retry_max_ms,
        (double)random() / (double)RAND_MAX);
    int64_t asked_ms = result->retry_after_ms < policy->retry_max_ms ? result->retry_after_ms
                                                                     : policy->retry_max_ms;
    return now_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
}

/* The store's word for a result; *why_dead is set where the delivery ends without having arrived.
 */
static enum store_result judge(
    const struct delivery *delivery, const struct attempt_result *result, const char **why_dead)
{
    const struct policy *policy = &delivery->sink->policy;
    int64_t age_ms = clock_steady_ms() - delivery->created_ms;

    *why_dead = NULL;
    if (result->result == TOCSIN_DELIVERED)
        return STORE_DELIVERED;
    if (result->result == TOCSIN_REJECTED)
        *why_dead = "rejected";
    else if (result->maybe_sent && !policy->resend_in_doubt)
        *why_dead = "it may have arrived, and in_doubt is dead";
    else if (age_ms > policy->give_up_ms)
        *why_dead = "given up";
    return *why_dead ? STORE_DEAD : STORE_RETRY;
}

static char *event_id(const struct delivery *delivery)
{
    struct journal *journal = delivery->flow->parts.journal;

    return text_format("%s-e%lld", journal->ops->ledger_id(journal), (long long)delivery->event);
}

static void log_outcome(
    const struct delivery *delivery, const struct attempt_result *result, const char *why_dead)
{
    bool is_delivered = delivery->outcome.result == STORE_DELIVERED;
    const char *reason = result->reason ? result->reason : "no reason given";

    if (is_delivered && !delivery->is_told)
        return;
    auto_free char *id = event_id(delivery);
    const struct logger event = logger_with(&delivery->sink->logger, "event", id);
    const struct logger logger = logger_with(&event, "delivery", delivery->id);
    if (is_delivered)
        log_info(&logger, "delivered at attempt %d in %lld ms%s%s", delivery->attempt,
            (long long)result->took_ms, result->reason ? ": " : "",
            result->reason ? result->reason : "");
    else if (delivery->outcome.result == STORE_DEAD)
        log_error(
            &logger, "dead letter after attempt %d (%s): %s", delivery->attempt, why_dead, reason);
    else
        log_warn(&logger, "attempt %d failed%s: %s", delivery->attempt,
            result->maybe_sent ? ", but may have arrived" : "", reason);
}

/* A dead letter without an attempt of this life. */
static void log_unsent(const struct delivery *delivery)
{
    auto_free char *id = event_id(delivery);
    const struct logger event = logger_with(&delivery->sink->logger, "event", id);
    const struct logger logger = logger_with(&event, "delivery", delivery->id);

    log_error(&logger, "dead letter: %s", delivery->outcome.reason);
}

static void on_attempted(const struct attempt_result *result, void *arg)
{
    struct delivery *delivery = arg;
    struct store_settle *outcome = &delivery->outcome;
    const char *why_dead;

    outcome->result = judge(delivery, result, &why_dead);
    outcome->due_ms = outcome->result == STORE_RETRY ? next_try_ms(delivery, result) : 0;
    outcome->took_ms = result->took_ms;
    outcome->status = result->status;
    outcome->maybe_sent = result->maybe_sent;
    outcome->reason = why_dead && result->reason
                          ? text_format("%s: %s", why_dead, result->reason)
                          : text_copy(result->reason ? result->reason : why_dead);
    outcome->reply = text_copy(result->reply);
    outcome->resume = text_copy(result->resume);
    outcome->receipt = text_copy(result->receipt);
    outcome->notification = text_copy(result->notification);
    log_outcome(delivery, result, why_dead);
    tally_attempt(delivery->flow, delivery->sink->name, result);
    if (result->notice) {
        log_warn(&delivery->sink->logger, "%s", result->notice);
        alarm_about_notice(delivery->flow, delivery->sink->name, result->notice);
    }
    delivery_settle(delivery);
    delivery->watch->attempted(delivery->arg);
}

static void note_trouble(const struct delivery *delivery, const struct message *message)
{
    struct phrase *culprit = message->culprit;
    int64_t now_ms = clock_mono_ms();

    if (!message->trouble)
        return;
    delivery->flow->misworded++;
    if (culprit->told_ms != 0 && now_ms - culprit->told_ms < told_again_ms)
        return;
    culprit->told_ms = now_ms;
    log_error(&delivery->sink->logger,
        "a template failed, so the default message goes out (told once an hour): %s",
        message->trouble);
}

/* What the inbox keeps is committed with its outcome: without an outcome it did not arrive there,
 * though it may have at the sink that it was moved from. */
static bool is_in_doubt(const struct sink *sink, const struct store_claimed *claimed)
{
    return claimed->in_doubt && (claimed->moved || !sink->plugin->is_inbox);
}

static struct dispatch make_dispatch(
    const struct delivery *delivery, const struct store_claimed *claimed, struct story *story)
{
    struct dispatch dispatch =
        story_dispatch(story, delivery->flow->parts.phrases, claimed->rule, delivery->sink);

    dispatch.delivery = text_copy(delivery->id);
    dispatch.resume = text_copy(claimed->resume);
    dispatch.first_receipt = text_copy(claimed->first_receipt);
    dispatch.attempt = claimed->attempt;
    dispatch.marks |= (is_in_doubt(delivery->sink, claimed) ? TOCSIN_REPEAT : 0u) |
                      (claimed->moved ? TOCSIN_FALLBACK : 0u);
    return dispatch;
}

void delivery_attempt(struct flow *flow, struct sink *sink, const struct store_claimed *claimed,
    struct story *story, const struct delivery_watch *watch, void *arg)
{
    struct journal *journal = flow->parts.journal;
    struct delivery *delivery = mem_alloc(sizeof *delivery);

    LIST_INSERT_HEAD(&flow->deliveries, delivery, link);
    delivery->flow = flow;
    delivery->sink = sink;
    delivery->id =
        text_format("%s-d%lld", journal->ops->ledger_id(journal), (long long)claimed->delivery);
    delivery->outcome.delivery = claimed->delivery;
    delivery->outcome.claim = claimed->claim;
    delivery->outcome.at_ms = clock_wall_ms();
    delivery->attempt = claimed->attempt;
    delivery->created_ms = claimed->created_ms;
    delivery->accepted_ms = story->at_ms;
    delivery->event = story->number;
    delivery->is_told = chronicle_wants(flow, story);
    delivery->watch = watch;
    delivery->arg = arg;
    if (is_in_doubt(sink, claimed) && !sink->policy.resend_in_doubt) {
        delivery->outcome.result = STORE_DEAD;
        delivery->outcome.reason =
            text_copy("an earlier attempt may have arrived, and in_doubt is dead");
        log_unsent(delivery);
        delivery_settle(delivery);
        return;
    }
    const struct dispatch dispatch = make_dispatch(delivery, claimed, story);
    note_trouble(delivery, dispatch.message);
    sink_attempt(sink, &dispatch, on_attempted, delivery);
}

bool deliveries_use(const struct flow *flow, const struct sink *sink)
{
    const struct delivery *delivery;

    LIST_FOREACH (delivery, &flow->deliveries, link)
        if (delivery->sink == sink)
            return true;
    return false;
}

void deliveries_drop(struct flow *flow)
{
    struct delivery *delivery, *next;

    for (delivery = LIST_FIRST(&flow->deliveries); delivery; delivery = next) {
        next = LIST_NEXT(delivery, link);
        delivery_destroy(delivery);
    }
}
