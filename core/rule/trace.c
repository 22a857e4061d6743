#include "rule/ruleset.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

static json_t *place_json(const char *file, size_t line)
{
    auto_free char *place = text_format("%s:%zu", file, line);

    return json_string(place);
}

static const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"no", "yes", "unknown"};

    return names[verdict];
}

static json_t *trace_json(const struct rule_trace *trace)
{
    json_t *object = json_object();

    json_object_set_new(object, "rule", json_string(trace->rule));
    json_object_set_new(object, "at", place_json(trace->file, trace->line));
    json_object_set_new(object, "verdict", json_string(verdict_name(trace->verdict)));
    json_object_set_new(object, "sends", json_boolean(trace->sends));
    if (trace->stops)
        json_object_set_new(object, "stops", json_true());
    if (trace->because) {
        json_t *because = json_object();
        json_object_set_new(because, "at", place_json(trace->file, trace->because_line));
        json_object_set_new(because, "text", json_string(trace->because));
        json_object_set_new(object, "because", because);
    }
    return object;
}

/* A comma before all but the first member. */
static void append_member(struct buf *out, size_t start, const char *text)
{
    if (out->len > start)
        buf_putc(out, ',');
    buf_puts(out, text);
}

void decision_trace_json(const struct decision *decision, size_t max_bytes, struct buf *out)
{
    size_t left_out = decision->untried;

    buf_putc(out, '[');
    size_t start = out->len;
    for (size_t i = 0; i < decision->trace_count; i++) {
        auto_json json_t *object = trace_json(&decision->traces[i]);
        auto_free char *text = json_dumps(object, JSON_COMPACT);
        if (!decision->traces[i].sends && out->len - start + strlen(text) > max_bytes)
            left_out++;
        else
            append_member(out, start, text);
    }
    if (left_out > 0) {
        auto_free char *text = text_format("{\"left_out\":%zu}", left_out);
        append_member(out, start, text);
    }
    buf_putc(out, ']');
}
