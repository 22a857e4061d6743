#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/selection.h"
#include "cmd/session.h"

int cmd_replay(const struct command *command, int argc, char **argv)
{
    static const struct change_words words = {"event", "events",
        "will be routed again by today's rules", "would be routed again by today's rules",
        "who hears of one now: tocsin events ID"};
    struct session session = {0};
    struct selection selection = {0};
    bool missing = false;
    const struct argument options[] = {SESSION_ARGUMENTS(&session),
        {"--since", &selection.since, NULL}, {"--until", &selection.until, NULL},
        {"--type", &selection.type, NULL}, {"--hook", &selection.hook, NULL},
        {"--missing", NULL, &missing}, {"--dry-run", NULL, &selection.dry_run}};

    selection.id_count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, selection.ids, STORE_STEP);
    if (selection.id_count < 0)
        return EXIT_USAGE;
    auto_json json_t *body = selection_body(&selection, command);
    if (!body)
        return EXIT_USAGE;
    if (missing)
        json_object_set_new(body, "missing", json_true());
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = selection_change(&session, "/api/v1/replay", body, &words);
    session_close(&session);
    return status;
}
