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

/* What the events have in common; NULL where it does not matter. */
struct filter {
    const char *type, *action, *hook, *sink, *rule, *state, *words;
};

#define FILTER_ARGUMENTS(filter)                                                                   \
    {"--type", &(filter)->type, NULL}, {"--action", &(filter)->action, NULL},                      \
        {"--hook", &(filter)->hook, NULL}, {"--sink", &(filter)->sink, NULL},                      \
        {"--rule", &(filter)->rule, NULL}, {"--state", &(filter)->state, NULL},                    \
    {                                                                                              \
        "--search", &(filter)->words, NULL                                                         \
    }

static bool has_filter(const struct filter *filter)
{
    return filter->type || filter->action || filter->hook || filter->sink || filter->rule ||
           filter->state || filter->words;
}

static void add_filter(struct buf *uri, const struct filter *filter)
{
    query_add(uri, "type", filter->type);
    query_add(uri, "action", filter->action);
    query_add(uri, "hook", filter->hook);
    query_add(uri, "sink", filter->sink);
    query_add(uri, "rule", filter->rule);
    query_add(uri, "state", filter->state);
    query_add(uri, "q", filter->words);
}

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
    const char *since = NULL, *until = NULL, *limit_text = NULL, *id;
    struct filter filter = {0};
    const struct argument options[] = {SESSION_ARGUMENTS(&session), {"--since", &since, NULL},
        {"--until", &until, NULL}, FILTER_ARGUMENTS(&filter), {"--limit", &limit_text, NULL},
        {"--follow", NULL, &follows}, {"-f", NULL, &follows}};
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
    if (count == 1 && (since || until || has_filter(&filter) || limit_text))
        return command_usage(command, "name one event, or what they have in common, not both");
    buf_puts(&uri, "/api/v1/events");
    query_add(&uri, "since", since);
    query_add(&uri, "until", until);
    add_filter(&uri, &filter);
    int status = session_open(&session);
    if (status == EXIT_FINE && count == 1)
        status = tell_event(&session, id);
    else if (status == EXIT_FINE && follows)
        status = follow_events(
            &session, buf_text(&uri), filter.sink || filter.rule || filter.state, limit);
    else if (status == EXIT_FINE)
        status = list_events(&session, buf_text(&uri), limit);
    session_close(&session);
    return status;
}
