#include "sink/attempt-private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "lane/worker.h"
#include "message/escape.h"
#include "message/message.h"
#include "sink/face.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    reason_kept = 500,
    reply_kept = 2000,
    receipt_kept = 500,
    longest_resume = 16384, /* it cannot be cut: half a list of recipients would lose the rest */
    child_grace_ms = 5000,  /* and what runs in a child is over then: it was killed */
};

static void dispatch_finish(struct dispatch *dispatch)
{
    char *texts[] = {dispatch->delivery, dispatch->event, dispatch->rule, dispatch->type,
        dispatch->action, dispatch->hook, dispatch->thread, dispatch->resume,
        dispatch->first_receipt};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    message_destroy(dispatch->message);
    if (dispatch->release)
        dispatch->release(dispatch->source);
}

void attempt_drop(struct attempt *attempt)
{
    LIST_REMOVE(attempt, link);
    call_finish(&attempt->call);
    dispatch_finish(&attempt->dispatch);
    free(attempt);
}

static void fill_message(struct attempt *attempt)
{
    const struct dispatch *dispatch = &attempt->dispatch;

    attempt->message = (struct tocsin_message){
        .attempt = (uint32_t)dispatch->attempt,
        .marks = dispatch->marks,
        .delivery = dispatch->delivery,
        .event = dispatch->event,
        .sink = attempt->sink->name,
        .rule = dispatch->rule,
        .type = dispatch->type,
        .action = dispatch->action,
        .hook = dispatch->hook,
        .thread = dispatch->thread,
        .resume = dispatch->resume,
        .first_receipt = dispatch->first_receipt,
        .time_ms = dispatch->time_ms,
        .now_ms = clock_wall_ms(),
    };
    face_fill(&attempt->message, attempt->facts, dispatch->message);
}

/* Words from outside, made fit for logs and the ledger: valid UTF-8, one line, without secrets. */
static char *fit_text(const struct sink *sink, const char *text, size_t max, bool is_cut)
{
    auto_buf struct buf line = {0};

    if (!text || !*text)
        return NULL;
    auto_free char *clean =
        is_cut ? secrets_redact_cut(sink->secrets, text) : secrets_redact(sink->secrets, text);
    size_t len = 0;
    auto_free char *valid = utf8_repair(clean, strlen(clean), &len);
    one_line_append(&line, valid, utf8_cut(valid, len, max));
    return buf_take(&line);
}

static char *fit_resume(const struct sink *sink, const char *resume)
{
    if (!resume)
        return NULL;
    if (strlen(resume) <= longest_resume)
        return secrets_redact(sink->secrets, resume);
    log_warn(&sink->logger, "plugin %s: its resume text is over %d bytes and is dropped",
        sink->plugin->descriptor.name, longest_resume);
    return NULL;
}

void attempt_end(struct attempt *attempt, int status, const char *reply, bool keep_memory)
{
    struct sink *sink = attempt->sink;
    const struct tocsin_outcome *outcome = &attempt->outcome;
    auto_free char *reason = fit_text(sink, outcome->reason, reason_kept, false);
    auto_free char *kept_reply = fit_text(sink, reply, reply_kept, attempt->reply_is_cut);
    auto_free char *receipt = fit_text(sink, outcome->receipt, receipt_kept, false);
    auto_free char *resume = fit_resume(sink, outcome->resume);
    auto_free char *notice =
        fit_text(sink, outcome->notice ? outcome->notice : attempt->notice, reason_kept, false);
    bool is_known = outcome->result >= TOCSIN_DELIVERED && outcome->result <= TOCSIN_UNUSABLE;
    const struct attempt_result result = {
        .result = is_known ? outcome->result : TOCSIN_RETRY,
        .retry_after_ms = outcome->retry_after_ms > 0 ? outcome->retry_after_ms : 0,
        .maybe_sent = outcome->maybe_sent,
        .status = status,
        .took_ms = clock_mono_ms() - attempt->began_ms,
        .reason = is_known ? reason : "the plugin gave no outcome",
        .reply = kept_reply,
        .receipt = receipt,
        .resume = resume,
        .notice = notice,
        .notification = attempt->notification,
    };

    assert(sink->in_flight > 0);
    sink->in_flight--;
    if (attempt->keeps_worker)
        worker_lane_let_go(sink->workers, attempt);
    if (attempt->dispatch.is_drill)
        sink_learn_of_drill(sink, &result);
    else
        sink_learn(sink, &result);
    attempt->done(&result, attempt->arg);
    if (!keep_memory)
        attempt_drop(attempt);
}

void attempt_end_as(struct attempt *attempt, uint32_t result, const char *reason)
{
    attempt->outcome = (struct tocsin_outcome){
        .size = sizeof attempt->outcome, .result = result, .reason = reason};
    attempt_end(attempt, 0, NULL, false);
}

void attempt_hand_over(struct attempt *attempt, enum attempt_step step)
{
    struct sink *sink = attempt->sink;
    int64_t grace_ms = ATTEMPT_GRACE_MS + (sink->plugin->is_isolated ? child_grace_ms : 0);

    attempt->step = step;
    worker_lane_run(sink->workers, attempt, sink->policy.timeout_ms, grace_ms);
}

void sink_attempt(struct sink *sink, const struct dispatch *dispatch, attempt_done done, void *arg)
{
    struct attempt *attempt = mem_alloc(sizeof *attempt);

    LIST_INSERT_HEAD(&sink->attempts, attempt, link);
    attempt->sink = sink;
    attempt->dispatch = *dispatch;
    attempt->done = done;
    attempt->arg = arg;
    attempt->began_ms = clock_mono_ms();
    attempt->outcome.size = sizeof attempt->outcome;
    call_init(&attempt->call, &sink->logger);
    attempt->call.make_event_json = dispatch->make_event_json;
    attempt->call.source = dispatch->source;
    fill_message(attempt);
    attempt->call.face.message = &attempt->message;
    sink->in_flight++;
    if (!dispatch->is_drill)
        gate_attempt_begins(&sink->gate);
    budget_spend(&sink->budget, 1);
    if (sink->workers && worker_lane_room(sink->workers) == 0)
        /* A thread was lost after this place had been promised. */
        attempt_end_as(attempt, TOCSIN_RETRY, "no worker is left for this sink");
    else if (plugin_blocks(sink->plugin))
        attempt_hand_over(attempt, ATTEMPT_DELIVER);
    else
        attempt_render(attempt);
}

void attempts_drop(struct sink *sink)
{
    struct attempt *attempt, *next;

    for (attempt = LIST_FIRST(&sink->attempts); attempt; attempt = next) {
        next = LIST_NEXT(attempt, link);
        attempt_drop(attempt);
    }
}
