/* The sinks: how they are, an operator's pause, and drills. */
#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/parameter.h"
#include "admin/report.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/line.h"
#include "flow/operator.h"

enum {
    longest_reason = 300,
    longest_pause_days = 366,
};

void answer_sinks(const struct admin_call *call)
{
    auto_json json_t *body = json_pack("{s:o}", "sinks", report_sinks(&call->admin->parts));
    auto_free char *text = json_dumps(body, JSON_COMPACT);

    admin_reply(call, 200, text);
}

static void reply_sink(const struct admin_call *call, const struct sink *sink)
{
    auto_json json_t *body = report_sink(&call->admin->parts, sink);
    auto_free char *text = json_dumps(body, JSON_COMPACT);

    admin_reply(call, 200, text);
}

void answer_pause(const struct admin_call *call)
{
    struct sink *sink = admin_find_sink(call->admin, call->name);
    const struct parameter_context context = {admin_ledger_id(call->admin), clock_wall_ms()};
    const char *reason = "by an operator";
    int64_t for_ms = 0;
    const struct parameter table[] = {
        {"for", PARAMETER_DURATION, &for_ms}, {"reason", PARAMETER_TEXT, &reason}};
    auto_error struct error error = {0};

    if (!sink) {
        admin_refuse_sink(call, 404, call->name);
        return;
    }
    if (!parameters_read(call->body, table, 2, &context, &error)) {
        admin_refuse(call, 400, error_text(&error));
        return;
    }
    if (for_ms > longest_pause_days * (int64_t)86400000) {
        admin_refuse(call, 400, "\"for\" is over a year: leave it out to pause until `resume`");
        return;
    }
    auto_free char *line = one_line_copy(reason, longest_reason);
    if (flow_pause(call->admin->parts.flow, call->name, for_ms, line, &error))
        reply_sink(call, sink);
    else
        admin_refuse(call, 400, error_text(&error));
}

void answer_resume(const struct admin_call *call)
{
    struct sink *sink = admin_find_sink(call->admin, call->name);
    auto_error struct error error = {0};

    if (!sink)
        admin_refuse_sink(call, 404, call->name);
    else if (json_object_size(call->body) > 0)
        admin_refuse(call, 400, "to resume takes no parameters");
    else if (!flow_resume(call->admin->parts.flow, call->name, &error))
        admin_refuse(call, 409, error_text(&error));
    else
        reply_sink(call, sink);
}

static void on_drilled(const json_t *report, const char *refusal, void *arg)
{
    struct exchange *exchange = arg;

    if (!report && !refusal) {
        exchange_destroy(exchange); /* the process ends, and the server has gone already */
        return;
    }
    auto_free char *text = report ? json_dumps(report, JSON_COMPACT) : NULL;
    if (text)
        exchange_reply(exchange, 200, text);
    else
        exchange_refuse(exchange, 503, refusal);
}

/* False when the call was refused. */
static bool read_drill(const struct admin_call *call, struct flow_drill *drill)
{
    const struct parameter_context context = {admin_ledger_id(call->admin), clock_wall_ms()};
    const char *level = NULL;
    const struct parameter table[] = {
        {"level", PARAMETER_TEXT, &level}, {"by", PARAMETER_TEXT, &drill->by}};
    auto_error struct error error = {0};

    if (!parameters_read(call->body, table, 2, &context, &error)) {
        admin_refuse(call, 400, error_text(&error));
        return false;
    }
    if (level && !level_parse(level, &drill->level)) {
        admin_refuse(call, 400, "\"level\" is one of info, low, medium, high, urgent");
        return false;
    }
    return true;
}

void answer_drill(const struct admin_call *call)
{
    struct flow_drill drill = {.sink = call->name, .level = LEVEL_URGENT};
    auto_error struct error error = {0};

    if (!admin_find_sink(call->admin, call->name)) {
        admin_refuse_sink(call, 404, call->name);
        return;
    }
    if (!read_drill(call, &drill))
        return;
    struct exchange *exchange = exchange_begin(call->admin->server, call->request);
    if (!flow_drill(call->admin->parts.flow, &drill, on_drilled, exchange, &error))
        exchange_refuse(exchange, 409, error_text(&error));
}
