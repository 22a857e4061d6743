#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/selection.h"
#include "cmd/session.h"

int cmd_retry(const struct command *command, int argc, char **argv)
{
    static const struct change_words words = {"delivery", "deliveries", "will be sent again",
        "would be sent again", "what becomes of them: tocsin status; of one: tocsin events ID"};
    struct session session = {0};
    struct selection selection = {0};
    const char *to = NULL;
    const struct argument options[] = {SESSION_ARGUMENTS(&session),
        {"--sink", &selection.sink, NULL}, {"--since", &selection.since, NULL},
        {"--until", &selection.until, NULL}, {"--to", &to, NULL},
        {"--dry-run", NULL, &selection.dry_run}};

    selection.id_count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, selection.ids, STORE_STEP);
    if (selection.id_count < 0)
        return EXIT_USAGE;
    auto_json json_t *body = selection_body(&selection, command);
    if (!body)
        return EXIT_USAGE;
    if (to)
        json_object_set_new(body, "to", arguments_json(to));
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = selection_change(&session, "/api/v1/retry", body, &words);
    session_close(&session);
    return status;
}
