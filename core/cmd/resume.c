#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"

static int resume_sink(struct session *session, const char *sink)
{
    auto_buf struct buf path = {0};
    auto_json json_t *answer = NULL, *body = json_object();

    buf_puts(&path, "/api/v1/sinks/");
    query_segment(&path, sink);
    buf_puts(&path, "/resume");
    int status = session_post(session, buf_text(&path), body, &answer);
    if (status != EXIT_FINE)
        return status;
    if (session->is_json) {
        session_print(answer);
        return status;
    }
    printout_sink(answer);
    puts("one delivery tries it, the others follow: tocsin status");
    return status;
}

int cmd_resume(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const char *sink;
    const struct argument options[] = {SESSION_ARGUMENTS(&session)};

    int count =
        arguments_read(command, argc, argv, options, sizeof options / sizeof *options, &sink, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "name a sink");
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = resume_sink(&session, sink);
    session_close(&session);
    return status;
}
