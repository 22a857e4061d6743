#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"

static int pause_sink(struct session *session, const char *sink, const json_t *body)
{
    auto_buf struct buf path = {0};
    auto_json json_t *answer = NULL;

    buf_puts(&path, "/api/v1/sinks/");
    query_segment(&path, sink);
    buf_puts(&path, "/pause");
    int status = session_post(session, buf_text(&path), body, &answer);
    if (status != EXIT_FINE)
        return status;
    if (session->is_json) {
        session_print(answer);
        return status;
    }
    printout_sink(answer);
    printf("what comes for it waits in order; let it go: tocsin resume %s\n", sink);
    return status;
}

int cmd_pause(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const char *sink, *length = NULL, *reason = NULL;
    int64_t length_ms;
    const struct argument options[] = {
        SESSION_ARGUMENTS(&session), {"--for", &length, NULL}, {"--reason", &reason, NULL}};

    int count =
        arguments_read(command, argc, argv, options, sizeof options / sizeof *options, &sink, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "name a sink");
    if (length && !duration_parse(length, &length_ms))
        return command_usage(command, "--for must be a duration such as 30m or 2h");
    auto_json json_t *body = json_object();
    if (length)
        json_object_set_new(body, "for", arguments_json(length));
    if (reason)
        json_object_set_new(body, "reason", arguments_json(reason));
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = pause_sink(&session, sink, body);
    session_close(&session);
    return status;
}
