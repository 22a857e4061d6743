/* Render sinks: the plugin says what request to make, the host makes it, and the plugin may judge
 * the answer. What the inbox renders is kept instead. All of it on the loop, but for a plugin in a
 * child: that is asked by a worker's thread, and the loop goes on with what it said. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/error.h"
#include "lane/guard.h"
#include "lane/http.h"
#include "sink/attempt-private.h"
#include "sink/blame.h"
#include "sink/plugin.h"
#include "sink/request.h"
#include "sink/sink.h"
#include "sink/verdict.h"

enum {
    answer_kept = 8192,
    most_agains = 4,
    slow_render_ms = 100,
};

/* The answer as a plugin sees it, with what finds its headers behind it. */
struct judged_answer {
    struct tocsin_answer face;
    const struct http_answer *http;
};

static const char *answer_header(const struct tocsin_answer *answer, const char *name)
{
    return http_answer_header(((const struct judged_answer *)answer)->http, name);
}

/* Nobody mends a refusal by waiting. */
static void refused_outcome(struct attempt *attempt, const struct http_answer *answer)
{
    attempt->outcome.result = TOCSIN_UNUSABLE;
    attempt->outcome.reason = attempt->call.face.host->format(&attempt->call.face,
        "the address %s: where that is meant, name its network in \"allow\"", answer->failure);
}

static void default_outcome(struct attempt *attempt, const struct http_answer *answer)
{
    struct tocsin_outcome *outcome = &attempt->outcome;

    *outcome = (struct tocsin_outcome){.size = sizeof *outcome};
    if (answer->is_refused) {
        refused_outcome(attempt, answer);
        return;
    }
    if (answer->status == 0) {
        outcome->result = TOCSIN_RETRY;
        outcome->maybe_sent = answer->maybe_sent;
        outcome->reason = answer->failure;
        return;
    }
    outcome->result = verdict_of_status(answer->status);
    outcome->retry_after_ms = answer->retry_after_ms;
    if (outcome->result != TOCSIN_DELIVERED)
        outcome->reason = attempt->call.face.host->format(
            &attempt->call.face, "the far end answered HTTP %d", answer->status);
}

static void judge(struct attempt *attempt, const struct http_answer *answer)
{
    const struct plugin *plugin = attempt->sink->plugin;
    struct judged_answer seen = {
        .face = {.size = sizeof seen.face,
            .status = (uint32_t)answer->status,
            .retry_after_ms = answer->retry_after_ms,
            .body = answer->body,
            .body_len = answer->body_len,
            .header = answer_header},
        .http = answer,
    };

    struct blame blame = {.sink = attempt->sink->name, .file = plugin->path, .call = "judge"};
    blame_enter(&blame);
    plugin->descriptor.judge(
        attempt->sink->instance, &attempt->call.face, &seen.face, &attempt->outcome);
    blame_leave(&blame);
}

void attempt_conclude(struct attempt *attempt, const struct http_answer *answer)
{
    if (attempt->outcome.notice)
        attempt->notice = attempt->outcome.notice;
    if (attempt->outcome.result == TOCSIN_AGAIN) {
        if (attempt->agains++ < most_agains) {
            attempt->message.resume = attempt->outcome.resume;
            attempt_render(attempt);
            return;
        }
        attempt->outcome.result = TOCSIN_RETRY;
        attempt->outcome.reason = "the plugin wanted to try again at once more than four times";
    }
    attempt_end(attempt, answer->status,
        attempt->outcome.result == TOCSIN_DELIVERED ? NULL : answer->body, false);
}

/* The answer lives for its call only. */
static void judge_elsewhere(struct attempt *attempt, const struct http_answer *answer)
{
    attempt->answer = *answer;
    attempt->answer.failure = NULL;
    attempt->answer.body = call_keep(&attempt->call, answer->body, answer->body_len);
    attempt->answer.headers =
        call_keep(&attempt->call, answer->headers, http_headers_len(answer->headers));
    attempt_hand_over(attempt, ATTEMPT_JUDGE);
}

static void on_answer(const struct http_answer *answer, void *arg)
{
    struct attempt *attempt = arg;
    const struct attempt_witness *witness = attempt->dispatch.witness;

    crash_point(CRASH_HTTP_AFTER);
    if (witness)
        witness->answered(answer, attempt->arg);
    attempt->reply_is_cut = answer->is_cut;
    if (attempt->dispatch.is_probe && !answer->failure) {
        attempt_end_as(attempt, TOCSIN_DELIVERED, NULL);
        return;
    }
    default_outcome(attempt, answer);
    if (answer->status != 0 && attempt->sink->plugin->judges) {
        if (attempt->sink->workers) {
            judge_elsewhere(attempt, answer);
            return;
        }
        judge(attempt, answer);
    }
    attempt_conclude(attempt, answer);
}

/* The plugin's headers, and a content type where it names none. */
static const char *const *full_headers(struct attempt *attempt, const char *const *given)
{
    const char *missing = request_missing_type(given);
    size_t count = 0;

    if (!missing)
        return given;
    while (given && given[count])
        count++;
    const char **headers = call_alloc(&attempt->call, (count + 2) * sizeof *headers);
    for (size_t i = 0; i < count; i++)
        headers[i] = given[i];
    headers[count] = missing;
    return headers;
}

/* NULL where the plugin wants none. */
static bool make_guard(struct attempt *attempt, const char *const *allow, const struct guard **made,
    struct error *error)
{
    size_t count = 0;

    *made = NULL;
    if (!allow)
        return true;
    while (allow[count])
        count++;
    struct guard *guard = call_alloc(&attempt->call, sizeof *guard);
    struct network *networks = call_alloc(&attempt->call, count * sizeof *networks);
    *guard = (struct guard){networks, count};
    for (size_t i = 0; i < count; i++)
        if (!network_parse(allow[i], &networks[i], error))
            return false;
    *made = guard;
    return true;
}

static void attempt_send(
    struct attempt *attempt, const struct tocsin_request *request, const struct guard *guard)
{
    const struct policy *policy = &attempt->sink->policy;
    const struct attempt_witness *witness = attempt->dispatch.witness;
    const struct http_request http = {
        .method = request->method ? request->method : "POST",
        .url = request->url,
        .headers = full_headers(attempt, request->headers),
        .body = request->body ? request->body : "",
        .body_len = request->body_len ? request->body_len
                    : request->body   ? strlen(request->body)
                                      : 0,
        .timeout_ms = policy->timeout_ms,
        .max_answer = answer_kept,
        .proxy = policy->proxy,
        .ca = policy->ca,
        .guard = guard,
        .only_connects = attempt->dispatch.is_probe,
    };

    crash_point(CRASH_HTTP_BEFORE);
    if (witness)
        witness->asked(&http, attempt->arg);
    http_lane_send(attempt->sink->http, &http, on_answer, attempt);
}

static bool open_instance(struct attempt *attempt)
{
    struct sink *sink = attempt->sink;
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "open"};
    const char *why = NULL;

    if (sink->instance)
        return true;
    blame_enter(&blame);
    sink->instance = sink->plugin->descriptor.open(&attempt->call.face, sink->config, &why);
    blame_leave(&blame);
    if (!sink->instance)
        attempt->open_failure = why ? why : "the plugin does not open, and does not say why";
    return sink->instance != NULL;
}

/* The ledger takes it with the outcome. */
static void attempt_keep(struct attempt *attempt, const struct tocsin_request *request)
{
    attempt->notification = request->body;
    attempt_end_as(attempt, TOCSIN_DELIVERED, NULL);
}

void attempt_take_request(struct attempt *attempt, const struct tocsin_request *request)
{
    auto_error struct error error = {0};
    const struct guard *guard;

    if (attempt->sink->plugin->is_inbox)
        attempt_keep(attempt, request);
    else if (!request->url || request->refusal)
        attempt_end_as(attempt, TOCSIN_REJECTED,
            request->refusal ? request->refusal : "the plugin made no request");
    else if (make_guard(attempt, request->allow, &guard, &error))
        attempt_send(attempt, request, guard);
    else
        attempt_end_as(attempt, TOCSIN_UNUSABLE, error_text(&error));
}

static void render_here(struct attempt *attempt)
{
    struct sink *sink = attempt->sink;
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "render"};
    struct tocsin_request request = {.size = sizeof request};
    int64_t before_ms = clock_mono_ms();

    attempt->call.filling = &sink->filling;
    if (!open_instance(attempt)) {
        attempt_end_as(attempt, TOCSIN_UNUSABLE, attempt->open_failure);
        return;
    }
    blame_enter(&blame);
    sink->plugin->descriptor.render(sink->instance, &attempt->call.face, &request);
    blame_leave(&blame);
    int64_t took_ms = clock_mono_ms() - before_ms;
    if (took_ms > slow_render_ms)
        log_warn(&sink->logger, "plugin %s held the loop for %lld ms in render",
            sink->plugin->descriptor.name, (long long)took_ms);
    attempt_take_request(attempt, &request);
}

void attempt_render(struct attempt *attempt)
{
    if (attempt->sink->workers)
        attempt_hand_over(attempt, ATTEMPT_RENDER);
    else
        render_here(attempt);
}
