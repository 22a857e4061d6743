#include "rule/trace.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "event/value.h"
#include "rule/rule.h"
#include "rule/ruleset.h"

static const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"no", "yes", "unknown"};

    return names[verdict];
}

/* A file's name may be any bytes. */
static json_t *place_json(const char *file, size_t line)
{
    auto_free char *place = text_format("%s:%zu", file, line);

    return value_of_text(place);
}

/* {"at":"file:line","text":"..."} */
static char *because_json(const struct rule_trace *trace)
{
    auto_json json_t *because = json_pack(
        "{s:o,s:s}", "at", place_json(trace->file, trace->because_line), "text", trace->because);

    return json_dumps(because, JSON_COMPACT);
}

char *trace_head(const struct rule *rule)
{
    assert(rule->name); /* rules with a fault are not kept */
    auto_json json_t *object =
        json_pack("{s:s,s:o}", "rule", rule->name, "at", place_json(rule->file, rule->line));
    char *text = json_dumps(object, JSON_COMPACT);

    if (!text)
        mem_exhausted();
    text[strlen(text) - 1] = '\0'; /* more members follow */
    return text;
}

static void append_trace(struct buf *out, const struct rule_trace *trace)
{
    buf_puts(out, trace->head);
    buf_printf(out, ",\"verdict\":\"%s\",\"sends\":%s%s", verdict_name(trace->verdict),
        trace->sends ? "true" : "false", trace->stops ? ",\"stops\":true" : "");
    if (trace->gave_up)
        buf_printf(out, ",\"gave_up\":\"%s\"", trace->gave_up);
    if (trace->because) {
        auto_free char *because = because_json(trace);
        buf_printf(out, ",\"because\":%s", because ? because : "null");
    }
    buf_putc(out, '}');
}

/* A comma before all but the first member. */
static void begin_member(struct buf *out, size_t start)
{
    if (out->len > start)
        buf_putc(out, ',');
}

void decision_trace_json(const struct decision *decision, size_t max_bytes, struct buf *out)
{
    size_t left_out = decision->untried;

    buf_putc(out, '[');
    size_t start = out->len;
    for (size_t i = 0; i < decision->trace_count; i++) {
        size_t before = out->len;
        begin_member(out, start);
        append_trace(out, &decision->traces[i]);
        if (!decision->traces[i].sends && out->len - start > max_bytes) {
            out->len = before;
            left_out++;
        }
    }
    if (left_out > 0) {
        begin_member(out, start);
        buf_printf(out, "{\"left_out\":%zu}", left_out);
    }
    buf_putc(out, ']');
}
