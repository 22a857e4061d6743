/* Every HTTP status with odd bodies, as a judging plugin takes them. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/options.h"
#include "config/yaml.h"
#include "sink/plugin.h"
#include "probe/probe.h"
#include "probe/values.h"
#include "probe/specimen.h"
#include "sink/verdict.h"

enum {
    first_status = 200,
    last_status = 599,
    answer_kept = 8192,
    most_agains = 4,
    asked_ms = 7000, /* of Retry-After */
};

struct odd_body {
    const char *name;
    const char *bytes;
    size_t len;
};

struct court {
    struct probe *probe;
    const struct probe_config *config;
    const struct specimen *specimen;
    void *instance;
    struct odd_body bodies[12];
    size_t body_count;
    bool some_was_delivered; /* at status 200 */
};

static const char *no_header(const struct tocsin_answer *answer, const char *name)
{
    (void)answer, (void)name;
    return NULL;
}

static void add_body(struct court *court, const char *name, const char *bytes, size_t len)
{
    court->bodies[court->body_count++] = (struct odd_body){name, bytes, len};
}

/* Far ends quote what they were sent, credentials too. The caller frees it. */
static char *make_echo(const struct probe_config *config)
{
    struct buf text = {0};

    buf_puts(&text, "{\"error\": {\"code\": \"odd\", \"message\": \"cannot POST");
    for (size_t i = 0; i < config->table->count; i++) {
        const struct tocsin_option *option = option_at(config->table, i);
        const void *member = (const char *)config->config + option->offset;
        const char *secret =
            option->type == TOCSIN_SECRET ? ((const struct tocsin_secret *)member)->value : NULL;
        if (secret)
            buf_printf(&text, " %s", secret);
    }
    buf_puts(
        &text, "\"}, \"description\": \"Bad\\nRequest\\u0007\", \"message\": \"two\\nlines\"}");
    return buf_take(&text);
}

static void default_outcome(
    struct probe_call *call, const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    *outcome = (struct tocsin_outcome){.size = sizeof *outcome,
        .result = verdict_of_status((int)answer->status),
        .retry_after_ms = answer->retry_after_ms};
    if (outcome->result != TOCSIN_DELIVERED)
        outcome->reason = call->base.face.host->format(
            &call->base.face, "the far end answered HTTP %u", answer->status);
}

/* As the host does it: `again` renders once more, with what the outcome left. */
static void judge(const struct court *court, struct probe_call *call,
    const struct tocsin_answer *answer, struct tocsin_outcome *outcome)
{
    struct tocsin_request request;

    for (int agains = 0;; agains++) {
        default_outcome(call, answer, outcome);
        probe_judge(call, court->instance, answer, outcome);
        if (outcome->result != TOCSIN_AGAIN || agains == most_agains)
            return;
        call->message.resume = outcome->resume;
        probe_render(call, court->instance, &request);
    }
}

/* Rules that hold whatever service it is. NULL: the result is fine. */
static const char *result_fault(
    const struct tocsin_answer *answer, const struct tocsin_outcome *outcome)
{
    uint32_t status = answer->status, result = outcome->result;

    if (result == TOCSIN_AGAIN)
        return "again, for ever: after some tries say another result";
    if (status >= 300 && result == TOCSIN_DELIVERED)
        return "delivered: whatever the body says, only 2xx is";
    if (status >= 500 && status != 501 && result != TOCSIN_RETRY)
        return "not to be tried again: a far end in trouble takes the message later";
    if (status == 429 && result != TOCSIN_RETRY)
        return "not to be tried again: the far end asks for patience, not for an end";
    if (status == 429 && outcome->retry_after_ms <= 0)
        return "to be tried again at once: keep the retry_after_ms that the host read";
    return NULL;
}

static bool try_answer(struct court *court, uint32_t status, const struct odd_body *body)
{
    const struct tocsin_answer answer = {.size = sizeof answer,
        .status = status,
        .retry_after_ms = asked_ms,
        .body = body->bytes,
        .body_len = body->len,
        .header = no_header};
    auto_free char *function = text_format("judge` of status %u with body `%s", status, body->name);
    struct tocsin_outcome outcome;
    struct probe_call call;

    probe_call_init(&call, court->probe, court->config, court->specimen);
    judge(court, &call, &answer, &outcome);
    call.with = "";
    const char *fault = result_fault(&answer, &outcome);
    bool is_fine = !fault;
    if (fault)
        probe_find(&call, CHECK_STATUSES, function, "says that it is %s", fault);
    else
        is_fine = probe_outcome(&call, CHECK_STATUSES, function, &outcome, true);
    court->some_was_delivered |= status == 200 && outcome.result == TOCSIN_DELIVERED;
    probe_call_finish(&call);
    return is_fine;
}

/* A body's first fault is told, and no other of it. */
static void try_all(struct court *court)
{
    for (size_t i = 0; i < court->body_count; i++)
        for (uint32_t status = first_status; status <= last_status; status++)
            if (!try_answer(court, status, &court->bodies[i]))
                break;
    if (!court->some_was_delivered && probe_board_count(court->probe->board, CHECK_STATUSES) == 0)
        probe_board_find(court->probe->board, CHECK_STATUSES,
            "`judge` of status 200 never says that it is delivered, also not with the bodies ok, "
            "1, {} and {\"ok\":true}: an answer of the far end must be able to say so");
}

static void fill_bodies(struct court *court, const char *echo, const char *huge)
{
    static const char odd_bytes[] = "o\0k\r\n\x1b[31m \xff\xfe\xc3";
    static const char done[] = "{\"ok\":true,\"result\":{\"message_id\":7}}";
    static const char html[] = "<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1>\r\n</body>";

    add_body(court, "empty", "", 0);
    add_body(court, "ok", "ok", 2);
    add_body(court, "1", "1", 1);
    add_body(court, "{}", "{}", 2);
    add_body(court, "{\"ok\":true}", done, sizeof done - 1);
    add_body(court, "HTML", html, sizeof html - 1);
    add_body(court, "half of JSON", "{\"error\": [", 11);
    add_body(court, "of NUL and other bytes", odd_bytes, sizeof odd_bytes - 1);
    add_body(court, "huge", huge, answer_kept);
    add_body(court, "that repeats secrets", echo, strlen(echo));
    add_body(court, "null", "null", 4);
}

static void hold(struct court *court)
{
    auto_free char *echo = make_echo(court->config);
    auto_free char *huge = mem_alloc(answer_kept + 1);

    memset(huge, '[', answer_kept);
    fill_bodies(court, echo, huge);
    court->instance = probe_open_instance(court->probe, court->config);
    if (!court->instance)
        return;
    try_all(court);
    probe_close(court->probe, court->config, court->instance);
    probe_board_pass(court->probe->board, CHECK_STATUSES, "%d statuses with %zu odd bodies each",
        last_status - first_status + 1, court->body_count);
}

void probe_statuses(struct probe *probe)
{
    struct specimens specimens;

    probe->check = CHECK_STATUSES;
    if (!probe->plugin->descriptor.judge) {
        probe_board_excuse(probe->board, CHECK_STATUSES,
            plugin_blocks(probe->plugin) ? "it makes no requests: deliver judges by itself"
                                         : "it has no judge, so the host's table counts");
        return;
    }
    struct probe_config *config =
        probe_config_create(probe->values, 0, probe->board->ports[PEER_REFUSES], NULL);
    specimens_init(&specimens, (enum flavour)probe->plugin->descriptor.flavour);
    struct court court = {.probe = probe, .config = config, .specimen = &specimens.items[0]};
    if (config)
        hold(&court);
    specimens_finish(&specimens);
    probe_config_destroy(config);
}
