#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/follow.h"
#include "cmd/listing.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"

enum {
    shown_unless_told = 50,
    shown_before_following = 10,
};

static int tell_event(struct session *session, const char *id)
{
    auto_buf struct buf uri = {0};
    auto_json json_t *story = NULL;

    buf_puts(&uri, "/api/v1/events/");
    query_segment(&uri, id);
    int status = session_get(session, buf_text(&uri), &story);
    if (status == EXIT_FINE && session->is_json)
        session_print(story);
    else if (status == EXIT_FINE)
        printout_story(story);
    return status;
}

static int list_events(struct session *session, const char *uri, size_t limit)
{
    struct listing listing = {0};
    int status = listing_read(session, uri, "events", limit, &listing);

    if (status == EXIT_FINE && session->is_json) {
        listing_print(&listing, "events");
    } else if (status == EXIT_FINE) {
        size_t count = json_array_size(listing.items);
        printout_events(listing.items);
        printf(listing.more ? "the newest %zu are shown, there are more: --limit N\n"
                            : "%zu event%s; the story of one: tocsin events ID\n",
            count, count == 1 ? "" : "s");
    }
    listing_finish(&listing);
    return status;
}

int cmd_events(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    bool follows = false;
    const char *since = NULL, *until = NULL, *type = NULL, *hook = NULL, *limit_text = NULL, *id;
    const struct argument options[] = {SESSION_ARGUMENTS(&session), {"--since", &since, NULL},
        {"--until", &until, NULL}, {"--type", &type, NULL}, {"--hook", &hook, NULL},
        {"--limit", &limit_text, NULL}, {"--follow", NULL, &follows}, {"-f", NULL, &follows}};
    size_t limit = shown_unless_told;
    auto_buf struct buf uri = {0};

    int count =
        arguments_read(command, argc, argv, options, sizeof options / sizeof *options, &id, 1);
    if (count < 0 || !arguments_check_moment(command, "--since", since) ||
        !arguments_check_moment(command, "--until", until) ||
        !listing_read_limit(command, limit_text, &limit))
        return EXIT_USAGE;
    if (follows && (count == 1 || until))
        return command_usage(command, "--follow goes on without an end, and follows all events");
    if (follows && !limit_text && !since)
        limit = shown_before_following;
    if (count == 1 && (since || until || type || hook || limit_text))
        return command_usage(command, "name one event, or what they have in common, not both");
    buf_puts(&uri, "/api/v1/events");
    query_add(&uri, "since", since);
    query_add(&uri, "until", until);
    query_add(&uri, "type", type);
    query_add(&uri, "hook", hook);
    int status = session_open(&session);
    if (status == EXIT_FINE && count == 1)
        status = tell_event(&session, id);
    else if (status == EXIT_FINE && follows)
        status = follow_events(&session, buf_text(&uri), limit);
    else if (status == EXIT_FINE)
        status = list_events(&session, buf_text(&uri), limit);
    session_close(&session);
    return status;
}
