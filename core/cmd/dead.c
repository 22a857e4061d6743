#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/listing.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"

enum {
    shown_unless_told = 100,
};

static void print_dead(const struct listing *listing)
{
    size_t count = json_array_size(listing->items);

    printout_deliveries(listing->items);
    if (count == 0) {
        puts("no dead letters");
        return;
    }
    printf(listing->more ? "the newest %zu are shown, there are more: --limit N\n"
                         : "%zu dead letter%s\n",
        count, count == 1 ? "" : "s");
    puts("send again: tocsin retry ID..., or --sink SINK --since WHEN; "
         "give up: tocsin skip --reason WORDS ID...");
}

static int list_dead(struct session *session, const char *uri, size_t limit)
{
    struct listing listing = {0};
    int status = session_open(session);

    if (status == EXIT_FINE)
        status = listing_read(session, uri, "deliveries", limit, &listing);
    if (status == EXIT_FINE && session->is_json)
        listing_print(&listing, "deliveries");
    else if (status == EXIT_FINE)
        print_dead(&listing);
    listing_finish(&listing);
    session_close(session);
    return status;
}

int cmd_dead(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const char *sink = NULL, *since = NULL, *until = NULL, *limit_text = NULL;
    const struct argument options[] = {SESSION_ARGUMENTS(&session), {"--sink", &sink, NULL},
        {"--since", &since, NULL}, {"--until", &until, NULL}, {"--limit", &limit_text, NULL}};
    size_t limit = shown_unless_told;
    auto_buf struct buf uri = {0};

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options, NULL, 0) <
            0 ||
        !arguments_check_moment(command, "--since", since) ||
        !arguments_check_moment(command, "--until", until) ||
        !listing_read_limit(command, limit_text, &limit))
        return EXIT_USAGE;
    buf_puts(&uri, "/api/v1/deliveries?state=dead");
    query_add(&uri, "sink", sink);
    query_add(&uri, "since", since);
    query_add(&uri, "until", until);
    return list_dead(&session, buf_text(&uri), limit);
}
