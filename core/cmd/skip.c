#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/selection.h"
#include "cmd/session.h"

int cmd_skip(const struct command *command, int argc, char **argv)
{
    static const struct change_words words = {"delivery", "deliveries", "will not be sent",
        "would not be sent", "the reason is kept with each: tocsin events ID"};
    struct session session = {0};
    struct selection selection = {0};
    const char *reason = NULL;
    const struct argument options[] = {SESSION_ARGUMENTS(&session),
        {"--sink", &selection.sink, NULL}, {"--since", &selection.since, NULL},
        {"--until", &selection.until, NULL}, {"--reason", &reason, NULL},
        {"--dry-run", NULL, &selection.dry_run}};

    selection.id_count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, selection.ids, STORE_STEP);
    if (selection.id_count < 0)
        return EXIT_USAGE;
    if (!reason || !*reason)
        return command_usage(command, "say why: --reason WORDS");
    auto_json json_t *body = selection_body(&selection, command);
    if (!body)
        return EXIT_USAGE;
    json_object_set_new(body, "reason", arguments_json(reason));
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = selection_change(&session, "/api/v1/skip", body, &words);
    session_close(&session);
    return status;
}
