#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/listing.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"
#include "store/journal.h"

enum {
    shown_unless_told = 50,
    most_words = STORE_STEP + 1, /* `read` and its ids */
};

struct wishes {
    const char *reader, *sink, *limit, *until;
    bool only_unread, is_long;
};

static const char *newest_id(const json_t *notifications)
{
    return json_string_value(json_object_get(json_array_get(notifications, 0), "id"));
}

static void print_listing(const struct listing *listing, const struct wishes *wishes)
{
    size_t count = json_array_size(listing->items);

    printout_notifications(listing->items, wishes->is_long);
    printf(listing->more ? "the newest %zu are shown, there are more: --limit N\n"
                         : "%zu notification%s\n",
        count, count == 1 ? "" : "s");
    if (count > 0)
        printf("mark as read: tocsin inbox read%s%s ID..., or all of these: --until %s\n",
            wishes->reader ? " --reader " : "", wishes->reader ? wishes->reader : "",
            newest_id(listing->items));
}

static int list_inbox(struct session *session, const struct wishes *wishes, size_t limit)
{
    struct listing listing = {0};
    auto_buf struct buf uri = {0};

    buf_puts(&uri, "/api/v1/inbox");
    query_add(&uri, "reader", wishes->reader);
    query_add(&uri, "sink", wishes->sink);
    query_add(&uri, "state", wishes->only_unread ? "unread" : NULL);
    int status = listing_read(session, buf_text(&uri), "notifications", limit, &listing);
    if (status == EXIT_FINE && session->is_json)
        listing_print(&listing, "notifications");
    else if (status == EXIT_FINE)
        print_listing(&listing, wishes);
    listing_finish(&listing);
    return status;
}

static int mark_read(
    struct session *session, const struct wishes *wishes, const char **ids, size_t count)
{
    auto_json json_t *body = json_object(), *answer = NULL, *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, arguments_json(ids[i]));
    if (count > 0)
        json_object_set(body, "ids", list);
    if (wishes->until)
        json_object_set_new(body, "until", arguments_json(wishes->until));
    if (wishes->reader)
        json_object_set_new(body, "reader", arguments_json(wishes->reader));
    int status = session_post(session, "/api/v1/inbox/read", body, &answer);
    if (status == EXIT_FINE && session->is_json) {
        session_print(answer);
    } else if (status == EXIT_FINE) {
        fputs("marked as read for ", stdout);
        printout_text(json_object_get(answer, "reader"));
        putchar('\n');
    }
    return status;
}

/* False after telling what does not go together. */
static bool check_wishes(
    const struct command *command, const struct wishes *wishes, bool is_reading, int ids)
{
    const char *fault = NULL;

    if (is_reading && (wishes->sink || wishes->limit || wishes->only_unread || wishes->is_long))
        fault = "`read` takes ids, or --until ID, and a --reader";
    else if (is_reading && (ids > 0) == (wishes->until != NULL))
        fault = "say which were read: ids, or all --until ID";
    else if (!is_reading && wishes->until)
        fault = "--until goes with `read`";
    else if (!is_reading && ids >= 0)
        fault = "the one word that may stand here is `read`";
    return !fault || command_usage(command, "%s", fault) == EXIT_FINE;
}

int cmd_inbox(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    struct wishes wishes = {0};
    const char *words[most_words];
    size_t limit = shown_unless_told;
    const struct argument options[] = {SESSION_ARGUMENTS(&session),
        {"--reader", &wishes.reader, NULL}, {"--sink", &wishes.sink, NULL},
        {"--limit", &wishes.limit, NULL}, {"--until", &wishes.until, NULL},
        {"--unread", NULL, &wishes.only_unread}, {"--long", NULL, &wishes.is_long}};

    int count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, words, most_words);
    bool is_reading = count > 0 && strcmp(words[0], "read") == 0;
    if (count < 0 || !check_wishes(command, &wishes, is_reading, count - 1) ||
        !listing_read_limit(command, wishes.limit, &limit))
        return EXIT_USAGE;
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = is_reading ? mark_read(&session, &wishes, words + 1, (size_t)count - 1)
                            : list_inbox(&session, &wishes, limit);
    session_close(&session);
    return status;
}
