#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/difference.h"
#include "cmd/printout.h"
#include "cmd/session.h"

static void print_lines(FILE *out, const json_t *lines)
{
    const json_t *line;
    size_t i;

    json_array_foreach (lines, i, line)
        fprintf(out, "%s\n", json_string_value(line));
}

static int reload(struct session *session)
{
    auto_json json_t *answer = NULL, *body = json_object();
    int status = session_post(session, "/api/v1/reload", body, &answer);

    if (session->is_json && answer) {
        session_print(answer);
        return status;
    }
    print_lines(stderr, json_object_get(answer, "problems"));
    print_lines(stderr, json_object_get(answer, "warnings"));
    if (status == EXIT_FINE) {
        auto_free char *words = difference_words(answer);
        printf("the configuration is taken over: %s\n", words);
    }
    return status;
}

int cmd_reload(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const struct argument options[] = {SESSION_ARGUMENTS(&session)};

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options, NULL, 0) < 0)
        return EXIT_USAGE;
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = reload(&session);
    session_close(&session);
    return status;
}
