#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/printout.h"
#include "cmd/session.h"

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_open(const json_t *sink)
{
    const char *state = json_string_value(json_object_get(sink, "state"));

    return state && strcmp(state, "open") == 0;
}

static void print_reasons(const char *what, const json_t *reasons)
{
    const json_t *reason;
    size_t i;

    json_array_foreach (reasons, i, reason) {
        printf("! %s: ", what);
        printout_text(reason);
        putchar('\n');
    }
}

/* What a person has to know first; a count of the lines. */
static size_t print_trouble(const json_t *status)
{
    const json_t *sink, *why = json_object_get(status, "why");
    const json_t *degraded = json_object_get(status, "degraded");
    int64_t dead = number(status, "dead"), misworded = number(status, "misworded");
    size_t i,
        lines = json_array_size(why) + json_array_size(degraded) + (dead > 0) + (misworded > 0);

    print_reasons("nothing is accepted", why);
    print_reasons("degraded", degraded);
    json_array_foreach (json_object_get(status, "sinks"), i, sink) {
        if (is_open(sink))
            continue;
        printf("! ");
        printout_sink(sink);
        lines++;
    }
    if (dead > 0)
        printf("! %" PRId64 " dead letter%s: tocsin dead\n", dead, dead == 1 ? "" : "s");
    if (misworded > 0)
        printf("! %" PRId64 " message%s went out in the default words since a template failed: the "
               "log names its line\n",
            misworded, misworded == 1 ? "" : "s");
    return lines;
}

static void print_sinks(const json_t *sinks)
{
    const json_t *sink;
    size_t i;

    json_array_foreach (sinks, i, sink) {
        if (!is_open(sink))
            continue; /* told above */
        printf("  ");
        printout_text(json_object_get(sink, "name"));
        printf(" (");
        printout_text(json_object_get(sink, "plugin"));
        printf(") is open; %" PRId64 " wait, %" PRId64 " under way\n", number(sink, "queue"),
            number(sink, "in_flight"));
    }
}

static void print_status(const json_t *status)
{
    const json_t *sinks = json_object_get(status, "sinks");

    if (print_trouble(status) == 0 && sinks)
        puts("all is well");
    printf("ledger ");
    printout_text(json_object_get(status, "ledger"));
    printf(": %" PRId64 " events, %" PRId64 " to be routed; deliveries: %" PRId64 " wait, %" PRId64
           " delivered, %" PRId64 " dead, %" PRId64 " skipped\n",
        number(status, "events"), number(status, "unrouted"), number(status, "waiting"),
        number(status, "delivered"), number(status, "dead"), number(status, "skipped"));
    print_sinks(sinks);
}

int cmd_status(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const struct argument options[] = {SESSION_ARGUMENTS(&session)};
    auto_json json_t *answer = NULL;

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options, NULL, 0) < 0)
        return EXIT_USAGE;
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = session_get(&session, "/api/v1/status", &answer);
    if (status == EXIT_FINE && session.is_json)
        session_print(answer);
    else if (status == EXIT_FINE)
        print_status(answer);
    session_close(&session);
    return status;
}
