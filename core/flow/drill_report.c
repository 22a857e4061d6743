#include "flow/drill_report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <tocsin/sink.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "config/locator.h"
#include "event/facts.h"
#include "event/view.h"
#include "lane/http.h"
#include "message/message.h"
#include "sink/attempt.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    body_shown = 65536,
    line_shown = 2000,
};

static char *redact(const struct secrets *secrets, const char *text, bool is_cut)
{
    return is_cut ? secrets_redact_cut(secrets, text) : secrets_redact(secrets, text);
}

/* Valid UTF-8 without a secret, the caller's to free. is_cut: it went on. */
static char *clean(const struct drill_report *report, const char *text, size_t len, bool is_cut)
{
    auto_free char *valid = utf8_repair(text, len, NULL);
    auto_free char *once = redact(report->sink->secrets, valid, is_cut);

    return redact(report->sent, once, is_cut);
}

static json_t *shown(
    const struct drill_report *report, const char *text, size_t len, bool is_cut, size_t most)
{
    auto_free char *fit = clean(report, text, len, is_cut);

    return json_stringn(fit, utf8_cut(fit, strlen(fit), most));
}

/* NULL is left out. */
static void set_text(
    const struct drill_report *report, json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, shown(report, text, strlen(text), false, body_shown));
}

/* Of a URL that is a secret, what is not: where it leads. */
static char *far_end_of(const char *url)
{
    struct locator locator;

    if (locator_split(url, &locator) || locator.host.len == 0)
        return text_copy("***");
    bool is_v6 = memchr(locator.host.start, ':', locator.host.len) != NULL;
    return text_format("%.*s://%s%.*s%s%s%.*s/***", (int)locator.scheme.len, locator.scheme.start,
        is_v6 ? "[" : "", (int)locator.host.len, locator.host.start, is_v6 ? "]" : "",
        locator.port.len ? ":" : "", (int)locator.port.len, locator.port.start);
}

static void set_url(
    const struct drill_report *report, json_t *object, const char *key, const char *url)
{
    auto_free char *fit = clean(report, url, strlen(url), false);
    auto_free char *far_end = strstr(fit, "***") ? far_end_of(url) : text_copy(url);

    set_text(report, object, key, far_end);
}

/* The option that says where a blocking sink delivers to; NULL where none does. */
static const char *configured_url(const struct sink *sink)
{
    for (size_t i = 0; i < sink->plugin->options.count; i++) {
        const struct tocsin_option *option = option_at(&sink->plugin->options, i);
        const void *member = (const char *)sink->config + option->offset;
        const char *url = NULL;
        if (option->flags & TOCSIN_URL && option->type == TOCSIN_TEXT)
            url = *(const char *const *)member;
        else if (option->flags & TOCSIN_URL && option->type == TOCSIN_SECRET)
            url = ((const struct tocsin_secret *)member)->value;
        if (url && *url)
            return url;
    }
    return NULL;
}

static json_t *report_message(const struct drill_report *report, const struct dispatch *dispatch)
{
    const struct message *message = dispatch->message;
    json_t *object = json_object(), *facts = json_array();

    set_text(report, object, "delivery", dispatch->delivery);
    set_text(report, object, "event", dispatch->event);
    set_text(report, object, "level", level_name((enum view_level)message->level));
    set_text(report, object, "title", message->title);
    set_text(report, object, "text", message->text_plain);
    set_text(report, object, "link", message->link);
    for (size_t i = 0; i < message->facts->count; i++) {
        json_t *fact = json_object();
        set_text(report, fact, "label", message->facts->items[i].label);
        set_text(report, fact, "value", message->facts->items[i].value);
        json_array_append_new(facts, fact);
    }
    json_object_set_new(object, "facts", facts);
    return object;
}

void drill_report_begin(
    struct drill_report *report, const struct sink *sink, const struct dispatch *dispatch)
{
    report->root = json_object();
    report->sink = sink;
    report->sent = secrets_create();
    set_text(report, report->root, "sink", sink->name);
    set_text(report, report->root, "plugin", sink->plugin->descriptor.name);
    if (configured_url(sink))
        set_url(report, report->root, "to", configured_url(sink));
    json_object_set_new(report->root, "message", report_message(report, dispatch));
    if (!plugin_blocks(sink->plugin))
        json_object_set_new(report->root, "exchanges", json_array());
}

/* Headers in which programs show who they are, whatever their value. */
static bool is_credential(const char *header)
{
    static const char *const words[] = {
        "auth", "cookie", "token", "secret", "password", "api-key", "apikey", "access-key"};
    size_t len = strcspn(header, ":");
    auto_free char *name = text_copy_n(header, len);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* "Authorization: Bearer abc": the far end may repeat all of it, or what comes after the scheme. */
static void remember_credential(struct drill_report *report, const char *header)
{
    const char *colon = strchr(header, ':');
    const char *value = colon ? colon + 1 + strspn(colon + 1, " \t") : "";
    const char *blank = strchr(value, ' ');

    secrets_add(report->sent, value);
    if (blank)
        secrets_add(report->sent, blank + 1);
}

static void add_header(const struct drill_report *report, json_t *headers, const char *header)
{
    auto_free char *hidden = is_credential(header)
                                 ? text_format("%.*s: ***", (int)strcspn(header, ":"), header)
                                 : text_copy(header);

    json_array_append_new(headers, shown(report, hidden, strlen(hidden), false, line_shown));
}

static json_t *report_headers(struct drill_report *report, const char *const *headers)
{
    json_t *list = json_array();

    for (size_t i = 0; headers && headers[i]; i++)
        if (is_credential(headers[i]))
            remember_credential(report, headers[i]);
    for (size_t i = 0; headers && headers[i]; i++)
        add_header(report, list, headers[i]);
    return list;
}

void drill_report_request(struct drill_report *report, const struct http_request *request)
{
    json_t *object = json_object(), *exchange = json_object();

    json_object_set_new(object, "headers", report_headers(report, request->headers));
    set_text(report, object, "method", request->method);
    set_url(report, object, "url", request->url);
    json_object_set_new(
        object, "body", shown(report, request->body, request->body_len, false, body_shown));
    json_object_set_new(object, "body_bytes", json_integer((json_int_t)request->body_len));
    json_object_set_new(exchange, "request", object);
    json_array_append_new(json_object_get(report->root, "exchanges"), exchange);
}

/* Headers that tell why, and by which id the far end's operators find it again. */
static bool is_telling(const char *header)
{
    static const char *const names[] = {"content-type", "retry-after", "location",
        "www-authenticate", "server", "date", "request-id", "x-request-id", "x-correlation-id",
        "x-ms-request-id", "x-ms-correlation-id", "x-ms-workflow-run-id", "x-ms-failure-cause",
        "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"};
    size_t len = strcspn(header, ":");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], header, len) == 0)
            return true;
    return false;
}

/* Where an answer leads elsewhere, the query there may be a key to it. */
static void add_answer_header(
    const struct drill_report *report, json_t *headers, const char *header)
{
    static const char location[] = "Location: ";

    if (strncasecmp(header, location, sizeof location - 1) == 0 && strchr(header, '?')) {
        auto_free char *far_end = far_end_of(header + sizeof location - 1);
        auto_free char *line = text_format("%s%s", location, far_end);
        json_array_append_new(headers, shown(report, line, strlen(line), false, line_shown));
    } else if (is_telling(header)) {
        json_array_append_new(headers, shown(report, header, strlen(header), false, line_shown));
    }
}

void drill_report_answer(struct drill_report *report, const struct http_answer *answer)
{
    const json_t *exchanges = json_object_get(report->root, "exchanges");
    json_t *exchange = json_array_get(exchanges, json_array_size(exchanges) - 1);
    json_t *object = json_object(), *headers = json_array();

    if (answer->status) {
        json_object_set_new(object, "status", json_integer(answer->status));
        for (const char *line = answer->headers; *line; line += strlen(line) + 1)
            add_answer_header(report, headers, line);
        json_object_set_new(object, "headers", headers);
        json_object_set_new(object, "body",
            shown(report, answer->body, answer->body_len, answer->is_cut, body_shown));
        json_object_set_new(object, "body_bytes", json_integer((json_int_t)answer->body_len));
        json_object_set_new(object, "body_is_cut", json_boolean(answer->is_cut));
    } else {
        json_decref(headers);
        set_text(report, object, "failure", answer->failure);
    }
    json_object_set_new(object, "took_ms", json_integer((json_int_t)answer->took_ms));
    json_object_set_new(exchange, "answer", object);
}

static const char *result_name(uint32_t result)
{
    static const char *const names[] = {[TOCSIN_DELIVERED] = "delivered",
        [TOCSIN_RETRY] = "retry",
        [TOCSIN_REJECTED] = "rejected",
        [TOCSIN_UNUSABLE] = "unusable"};

    return names[result];
}

static const char *next_step(const struct sink *sink, const struct attempt_result *result)
{
    if (sink->plugin->is_inbox)
        return "a drill is not kept; messages are: `tocsin inbox` lists them";
    switch (result->result) {
    case TOCSIN_DELIVERED:
        return "look whether it is there, and looks as it should: delivered means that the far end "
               "took it over";
    case TOCSIN_REJECTED:
        return "the far end is there and takes no such message: the reason names what it did not "
               "like; change the sink's options, or ask its operator, and drill again";
    case TOCSIN_UNUSABLE:
        return "nothing gets through until somebody mends it: look at the sink's URL, credentials "
               "and permissions, and drill again";
    default:
        return result->status
                   ? "the far end is busy or in trouble: drill again later; a message would be "
                     "tried again by itself"
                   : "look at the address, the network and whether the far end runs, and drill "
                     "again; a message would be tried again by itself";
    }
}

void drill_report_outcome(struct drill_report *report, const struct attempt_result *result)
{
    json_t *outcome = json_object();

    set_text(report, outcome, "result", result_name(result->result));
    set_text(report, outcome, "reason", result->reason);
    set_text(report, outcome, "receipt", result->receipt);
    set_text(report, outcome, "notice", result->notice);
    if (result->retry_after_ms > 0)
        json_object_set_new(outcome, "retry_after_ms", json_integer(result->retry_after_ms));
    json_object_set_new(outcome, "may_have_arrived",
        json_boolean(result->maybe_sent && result->result != TOCSIN_DELIVERED));
    json_object_set_new(outcome, "took_ms", json_integer((json_int_t)result->took_ms));
    set_text(report, outcome, "next", next_step(report->sink, result));
    json_object_set_new(report->root, "outcome", outcome);
}

void drill_report_finish(struct drill_report *report)
{
    json_decref(report->root);
    secrets_destroy(report->sent);
    *report = (struct drill_report){0};
}
