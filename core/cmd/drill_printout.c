#include "cmd/drill_printout.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/json_layout.h"
#include "event/line.h"

enum {
    body_printed = 12000, /* bytes, set out in lines */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* One harmless line, under a heading in the margin ("" under the one above). */
static void print_line(const char *heading, const char *text, size_t len)
{
    auto_buf struct buf line = {0};

    one_line_append(&line, text, len);
    if (*heading || line.len > 0)
        printf("  %-8s  %s\n", heading, buf_text(&line));
    else
        putchar('\n');
}

static void print_text(const char *heading, const char *text)
{
    print_line(heading, text, strlen(text));
}

static void print_lines(const char *text, size_t len)
{
    for (size_t at = 0, line; at < len; at += line + 1) {
        const char *end = memchr(text + at, '\n', len - at);
        line = end ? (size_t)(end - text) - at : len - at;
        print_line("", text + at, line);
    }
}

static void print_formatted(const char *heading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print_formatted(const char *heading, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = text_vformat(format, args);
    va_end(args);
    print_text(heading, text);
}

static void print_message(const json_t *message)
{
    const json_t *fact;
    size_t i;

    print_text("message", text_of(message, "title"));
    print_lines(text_of(message, "text"), strlen(text_of(message, "text")));
    json_array_foreach (json_object_get(message, "facts"), i, fact)
        print_formatted("", "%s: %s", text_of(fact, "label"), text_of(fact, "value"));
    if (*text_of(message, "link"))
        print_formatted("", "link: %s", text_of(message, "link"));
    print_formatted("", "delivery: %s", text_of(message, "delivery"));
}

/* JSON is set out in lines; anything else is shown as it is. */
static void print_body(const json_t *part)
{
    const char *body = text_of(part, "body");
    int64_t bytes = number_of(part, "body_bytes");
    auto_json json_t *document = json_loads(body, 0, NULL);
    auto_buf struct buf text = {0};

    if (bytes == 0)
        return;
    if (document)
        json_layout(document, &text);
    else
        buf_puts(&text, body);
    size_t printed = utf8_cut(buf_text(&text), text.len, body_printed);
    putchar('\n');
    print_lines(buf_text(&text), printed);
    if (printed < text.len)
        print_formatted("", "... the rest of %" PRId64 " bytes: --json", bytes);
    else if (json_is_true(json_object_get(part, "body_is_cut")))
        print_formatted("", "... and more than the %" PRId64 " bytes that are kept", bytes);
}

static void print_headers(const json_t *part)
{
    const json_t *header;
    size_t i;

    json_array_foreach (json_object_get(part, "headers"), i, header)
        print_text("", json_string_value(header));
}

static void print_request(const json_t *request)
{
    print_formatted("request", "%s %s, %" PRId64 " bytes", text_of(request, "method"),
        text_of(request, "url"), number_of(request, "body_bytes"));
    print_headers(request);
    print_body(request);
}

static void print_answer(const json_t *answer)
{
    int64_t status = number_of(answer, "status"), took_ms = number_of(answer, "took_ms");

    if (status == 0) {
        print_formatted(
            "answer", "none after %" PRId64 " ms: %s", took_ms, text_of(answer, "failure"));
        return;
    }
    print_formatted("answer", "HTTP %" PRId64 " after %" PRId64 " ms", status, took_ms);
    print_headers(answer);
    print_body(answer);
}

static void print_exchanges(const json_t *exchanges)
{
    const json_t *exchange;
    size_t i;

    json_array_foreach (exchanges, i, exchange) {
        print_request(json_object_get(exchange, "request"));
        if (json_object_get(exchange, "answer"))
            print_answer(json_object_get(exchange, "answer"));
    }
}

static void print_outcome(const json_t *outcome)
{
    const char *reason = text_of(outcome, "reason"), *receipt = text_of(outcome, "receipt");

    print_formatted("outcome", "%s after %" PRId64 " ms%s%s", text_of(outcome, "result"),
        number_of(outcome, "took_ms"), *reason ? ": " : "", reason);
    if (json_is_true(json_object_get(outcome, "may_have_arrived")))
        print_text("", "it may have arrived all the same");
    if (number_of(outcome, "retry_after_ms"))
        print_formatted("", "the far end asks for %" PRId64 " ms of silence",
            number_of(outcome, "retry_after_ms"));
    if (*receipt)
        print_formatted("", "receipt: %s", receipt);
    if (*text_of(outcome, "notice"))
        print_text("notice", text_of(outcome, "notice"));
    print_text("next", text_of(outcome, "next"));
}

void drill_printout(const json_t *report, bool is_first)
{
    const char *to = text_of(report, "to");

    printf("%s%s (%s%s%s)\n", is_first ? "" : "\n", text_of(report, "sink"),
        text_of(report, "plugin"), *to ? ", " : "", to);
    print_message(json_object_get(report, "message"));
    print_exchanges(json_object_get(report, "exchanges"));
    print_outcome(json_object_get(report, "outcome"));
    fflush(stdout);
}

bool drill_is_delivered(const json_t *report)
{
    return strcmp(text_of(json_object_get(report, "outcome"), "result"), "delivered") == 0;
}
