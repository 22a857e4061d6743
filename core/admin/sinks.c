/* The sinks: how they are, and an operator's pause. */
#include "admin/admin-private.h"
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
