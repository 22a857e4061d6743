#include "cmd/selection.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/printout.h"
#include "cmd/session.h"

static void set_text(json_t *body, const char *name, const char *value)
{
    if (value)
        json_object_set_new(body, name, arguments_json(value));
}

json_t *selection_body(const struct selection *selection, const struct command *command)
{
    bool has_filter = selection->sink || selection->hook || selection->type || selection->since ||
                      selection->until;

    if (selection->id_count && has_filter) {
        command_usage(command, "name ids, or what they have in common, not both");
        return NULL;
    }
    if (!selection->id_count && !selection->sink && !selection->since) {
        command_usage(command, "say which ones");
        return NULL;
    }
    if (!arguments_check_moment(command, "--since", selection->since) ||
        !arguments_check_moment(command, "--until", selection->until))
        return NULL;
    json_t *body = json_object(), *ids = json_array();
    for (int i = 0; i < selection->id_count; i++)
        json_array_append_new(ids, arguments_json(selection->ids[i]));
    if (selection->id_count)
        json_object_set(body, "ids", ids);
    json_decref(ids);
    set_text(body, "sink", selection->sink);
    set_text(body, "hook", selection->hook);
    set_text(body, "type", selection->type);
    set_text(body, "since", selection->since);
    set_text(body, "until", selection->until);
    if (selection->dry_run)
        json_object_set_new(body, "dry_run", json_true());
    return body;
}

static void print_counts(const json_t *answer, const struct change_words *words)
{
    int64_t changed = json_integer_value(json_object_get(answer, "changed"));
    int64_t refused = json_integer_value(json_object_get(answer, "refused"));
    bool dry_run = json_is_true(json_object_get(answer, "dry_run"));

    if (changed + refused == 0) {
        printf("no %s is of that kind: nothing was done\n", words->thing);
        return;
    }
    printf("%" PRId64 " %s %s", changed, changed == 1 ? words->thing : words->things,
        dry_run ? words->would : words->will);
    if (refused)
        printf(", %" PRId64 " refused", refused);
    puts(dry_run ? "; nothing was changed" : "");
    if (changed && !dry_run)
        puts(words->next);
}

int selection_change(
    struct session *session, const char *path, const json_t *body, const struct change_words *words)
{
    auto_json json_t *answer = NULL;
    int status = session_post(session, path, body, &answer);
    const json_t *changed = json_object_get(answer, "changed");

    if (!changed)
        return status;
    if (session->is_json) {
        session_print(answer);
    } else {
        printout_changes(answer);
        print_counts(answer, words);
    }
    if (status != EXIT_FINE)
        return status;
    return json_integer_value(changed) > 0 &&
                   !json_integer_value(json_object_get(answer, "refused"))
               ? EXIT_FINE
               : EXIT_NO;
}
