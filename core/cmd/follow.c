#include "cmd/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/printout.h"
#include "cmd/query.h"
#include "cmd/session.h"

enum {
    look_ms = 1000,
    page = 1000,
    most_pages = 50, /* at one look; whoever reads as many lines in a second reads none of them */
    looked_back = 2000, /* events before the newest that may come to match */
};

static volatile sig_atomic_t is_ended;

struct following {
    struct session *session;
    const char *uri;
    char *ledger;   /* of the last event that was shown; NULL: none was */
    int64_t newest; /* that was shown */
    int64_t floor;  /* up to there nothing is new any more */
    int64_t window; /* so far below the newest one is looked */
    json_t *shown;  /* above the floor, by id */
    bool was_away;  /* the daemon, at the last look */
};

static void on_end(int number)
{
    (void)number;
    is_ended = 1;
}

/* The reader that goes away is found by the write that fails. */
static void watch_signals(void)
{
    const struct sigaction end = {.sa_handler = on_end}; /* ends a wait: no SA_RESTART */

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* "3f9a1c-e17" is the 17th of 3f9a1c. */
static int64_t id_split(const json_t *event, size_t *ledger_len)
{
    const char *id = json_string_value(json_object_get(event, "id"));
    const char *mark = id ? strstr(id, "-e") : NULL;

    *ledger_len = mark ? (size_t)(mark - id) : 0;
    return mark ? strtoll(mark + 2, NULL, 10) : 0;
}

static bool is_of_ledger(const struct following *following, const json_t *event, size_t len)
{
    return following->ledger && strlen(following->ledger) == len &&
           strncmp(json_string_value(json_object_get(event, "id")), following->ledger, len) == 0;
}

static bool is_below_floor(const struct following *following, const json_t *event)
{
    size_t len;
    int64_t number = id_split(event, &len);

    return len == 0 || (is_of_ledger(following, event, len) && number <= following->floor);
}

static const char *id_of(const json_t *event)
{
    return json_string_value(json_object_get(event, "id"));
}

static int read_page(struct following *following, size_t limit, const char *before, json_t **answer)
{
    auto_buf struct buf uri = {0};
    auto_free char *count = text_format("%zu", limit);

    buf_puts(&uri, following->uri);
    query_add(&uri, "limit", count);
    query_add(&uri, "before", before);
    int status = session_get(following->session, buf_text(&uri), answer);
    return status == EXIT_FINE && !json_is_array(json_object_get(*answer, "events")) ? EXIT_UNDONE
                                                                                     : status;
}

/* Adds what is new of a page that has the newest first; false where nothing below can be. */
static bool take_new(const struct following *following, const json_t *events, json_t *fresh)
{
    json_t *event;
    size_t i;

    json_array_foreach (events, i, event) {
        if (is_below_floor(following, event))
            return false;
        if (!json_object_get(following->shown, id_of(event)))
            json_array_append(fresh, event);
    }
    return true;
}

/* What is new, the newest first. */
static int find_new(struct following *following, size_t most, json_t *fresh)
{
    auto_free char *before = NULL;

    for (int pages = 0; pages < most_pages && json_array_size(fresh) < most; pages++) {
        auto_json json_t *answer = NULL;
        size_t missing = most - json_array_size(fresh);
        int status = read_page(following, missing < page ? missing : page, before, &answer);
        if (status != EXIT_FINE)
            return status;
        const char *next = json_string_value(json_object_get(answer, "before"));
        if (!take_new(following, json_object_get(answer, "events"), fresh) || !next ||
            !json_is_true(json_object_get(answer, "more")))
            return EXIT_FINE;
        free(before);
        before = text_copy(next);
    }
    return EXIT_FINE;
}

/* Another ledger counts anew. */
static void note_ledger(struct following *following, const json_t *event)
{
    size_t len;

    id_split(event, &len);
    if (is_of_ledger(following, event, len))
        return;
    free(following->ledger);
    following->ledger = text_copy_n(id_of(event), len);
    following->newest = following->floor = 0;
    json_object_clear(following->shown);
}

static void raise_floor(struct following *following, int64_t floor)
{
    const char *id;
    json_t *number;
    void *next;

    if (floor <= following->floor)
        return;
    following->floor = floor;
    json_object_foreach_safe (following->shown, next, id, number)
        if (json_integer_value(number) <= floor)
            json_object_del(following->shown, id);
}

static void note_shown(struct following *following, const json_t *fresh)
{
    const json_t *event;
    size_t i, len;

    json_array_foreach (fresh, i, event) {
        int64_t number = id_split(event, &len);
        json_object_set_new(following->shown, id_of(event), json_integer(number));
        if (number > following->newest)
            following->newest = number;
    }
    raise_floor(following, following->newest - following->window);
}

static void show(struct following *following, const json_t *fresh)
{
    auto_json json_t *ordered = json_array();
    json_t *event;
    size_t i;

    for (i = json_array_size(fresh); i > 0; i--)
        json_array_append(ordered, json_array_get(fresh, i - 1));
    if (following->session->is_json)
        json_array_foreach (ordered, i, event)
            session_print(event);
    else
        printout_events(ordered);
    if (json_array_size(fresh) > 0)
        note_ledger(following, json_array_get(fresh, 0));
    note_shown(following, fresh);
}

/* Once for each time that it goes and comes, where a program reads standard output too. */
static void note_presence(struct following *following, bool is_away)
{
    if (is_away && !following->was_away && following->session->is_quiet)
        fprintf(stderr,
            "tocsin: no daemon answers at %s any more; going on by itself when one "
            "does\n",
            following->session->address);
    else if (!is_away && following->was_away)
        fprintf(stderr, "tocsin: the daemon at %s answers\n", following->session->address);
    following->was_away = is_away;
}

static int look(struct following *following, size_t most)
{
    auto_json json_t *fresh = json_array();

    session_ask_again(following->session);
    int status = find_new(following, most, fresh);
    note_presence(following, status != EXIT_FINE || following->session->archive);
    if (status == EXIT_FINE)
        show(following, fresh);
    /* Those before the ones that are shown first are not new. */
    size_t len, count = json_array_size(fresh);
    if (count > 0 && count == most)
        raise_floor(following, id_split(json_array_get(fresh, count - 1), &len) - 1);
    return status;
}

/* False when nobody reads any more. */
static bool wait_for_more(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    if (fflush(stdout) != 0 || ferror(stdout))
        return false;
    return poll(&out, 1, look_ms) <= 0 || !(out.revents & (POLLERR | POLLHUP));
}

int follow_events(struct session *session, const char *uri, bool may_match_later, size_t earlier)
{
    struct following following = {.session = session,
        .uri = uri,
        .window = may_match_later ? looked_back : 0,
        .shown = json_object()};

    watch_signals();
    int status = look(&following, earlier);
    session->is_quiet = true;
    while (status == EXIT_FINE && !is_ended && wait_for_more())
        look(&following, SIZE_MAX);
    free(following.ledger);
    json_decref(following.shown);
    return status;
}
