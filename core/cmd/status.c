/* What is wrong, and how it is mended, on a screen of 80 by 24. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/paragraph.h"
#include "cmd/session.h"
#include "cmd/terminal.h"
#include "cmd/trouble.h"
#include "event/line.h"

enum {
    screen_lines = 23,  /* of 24: the prompt comes after them */
    first_lines = 5,    /* that the worst may take, and its cure as many less one */
    other_troubles = 6, /* that are shown, a line each */
};

/* A screen that fills. */
struct screen {
    size_t width, lines;
};

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "-";
}

/* mark: two columns. */
static void print_lines(
    struct screen *screen, const char *mark, enum paint paint, const char *text, size_t most)
{
    auto_buf struct buf out = {0};

    screen->lines += paragraph_append(&out, text, screen->width, strlen(mark), most);
    printf("%s%s%s%s", paint_on(stdout, paint), mark, buf_text(&out), paint_off(stdout));
}

static void print_troubles(struct screen *screen, const struct troubles *troubles)
{
    const struct trouble *first = troubles->items;
    size_t shown = troubles->count > other_troubles ? other_troubles : troubles->count;

    print_lines(screen, "! ", PAINT_BAD, first->what, first_lines);
    print_lines(screen, "  ", PAINT_GOOD, first->cure, first_lines - 1);
    for (size_t i = 1; i < shown; i++)
        print_lines(screen, "! ", PAINT_WARN, troubles->items[i].what, 1);
    if (troubles->count > shown) {
        printf("  ... and %zu more things: tocsin status --json\n", troubles->count - shown);
        screen->lines++;
    }
}

static void print_ledger(struct screen *screen, const json_t *status)
{
    auto_buf struct buf line = {0};

    buf_puts(&line, "ledger ");
    one_line_append(&line, word(status, "ledger"), strlen(word(status, "ledger")));
    buf_printf(&line,
        ": %" PRId64 " events, %" PRId64 " to be routed; deliveries: %" PRId64 " wait, %" PRId64
        " delivered, %" PRId64 " dead, %" PRId64 " skipped",
        number(status, "events"), number(status, "unrouted"), number(status, "waiting"),
        number(status, "delivered"), number(status, "dead"), number(status, "skipped"));
    print_lines(screen, "  ", PAINT_DIM, buf_text(&line), 3);
}

/* Those that are told of above. */
static bool is_trouble(const json_t *sink)
{
    const char *state = word(sink, "state");

    return strcmp(state, "open") != 0 && strcmp(state, "probing") != 0;
}

static void print_sink(struct screen *screen, const json_t *sink)
{
    auto_buf struct buf line = {0};

    one_line_append(&line, word(sink, "name"), strlen(word(sink, "name")));
    buf_puts(&line, " (");
    one_line_append(&line, word(sink, "plugin"), strlen(word(sink, "plugin")));
    buf_printf(&line, ") is %s; %" PRId64 " wait, %" PRId64 " under way", word(sink, "state"),
        number(sink, "queue"), number(sink, "in_flight"));
    print_lines(screen, "  ", PAINT_DIM, buf_text(&line), 1);
}

static size_t count_well(const json_t *sinks, bool is_busy)
{
    const json_t *sink;
    size_t i, count = 0;

    json_array_foreach (sinks, i, sink)
        count += !is_trouble(sink) && (number(sink, "queue") > 0) == is_busy;
    return count;
}

/* Those for which something waits come first, and as many as there is room for. */
static void print_sinks(struct screen *screen, const json_t *sinks)
{
    size_t left = count_well(sinks, true) + count_well(sinks, false);

    for (int turn = 0; turn < 2; turn++) {
        const json_t *sink;
        size_t i;
        json_array_foreach (sinks, i, sink) {
            bool is_its_turn = (number(sink, "queue") > 0) == (turn == 0);
            if (is_trouble(sink) || !is_its_turn)
                continue;
            if (screen->lines + 1 >= screen_lines && left > 1) {
                printf("  ... and %zu more sinks, all open: tocsin status --json\n", left);
                return;
            }
            print_sink(screen, sink);
            left--;
        }
    }
}

static void print_status(const json_t *status, const struct troubles *troubles)
{
    struct screen screen = {.width = terminal_width(stdout)};

    if (troubles->count > 0)
        print_troubles(&screen, troubles);
    else
        print_lines(&screen, "", PAINT_GOOD, "all is well", 1);
    print_ledger(&screen, status);
    print_sinks(&screen, json_object_get(status, "sinks"));
}

int cmd_status(const struct command *command, int argc, char **argv)
{
    struct session session = {0};
    const struct argument options[] = {SESSION_ARGUMENTS(&session)};
    auto_json json_t *answer = NULL;
    struct troubles troubles = {0};

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options, NULL, 0) < 0)
        return EXIT_USAGE;
    int status = session_open(&session);
    if (status == EXIT_FINE)
        status = session_get(&session, "/api/v1/status", &answer);
    if (status == EXIT_FINE) {
        troubles_find(&troubles, answer, session.archive ? session.address : NULL, session.config);
        if (session.is_json)
            session_print(answer);
        else
            print_status(answer, &troubles);
        status = troubles.count > 0 ? EXIT_NO : EXIT_FINE;
    }
    troubles_finish(&troubles);
    session_close(&session);
    return status;
}
