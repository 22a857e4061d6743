#include "cmd/printout.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "event/line.h"

static void append_clean(struct buf *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_string_length(value))
        one_line_append(out, json_string_value(value), json_string_length(value));
    else
        buf_putc(out, '-');
}

/* One member of an object, padded to a width in characters. */
static void print_column(const json_t *object, const char *key, size_t width)
{
    auto_buf struct buf out = {0};

    append_clean(&out, object, key);
    size_t len = utf8_count(buf_text(&out));
    printf("%s%*s", buf_text(&out), (int)(width > len ? width - len : 0), "");
}

static size_t column_width(const json_t *objects, const char *key)
{
    const json_t *object;
    size_t i, width = 0;

    json_array_foreach (objects, i, object) {
        auto_buf struct buf out = {0};
        append_clean(&out, object, key);
        size_t len = utf8_count(buf_text(&out));
        if (len > width)
            width = len;
    }
    return width;
}

void printout_text(const json_t *text)
{
    auto_buf struct buf out = {0};

    if (json_string_length(text))
        one_line_append(&out, json_string_value(text), json_string_length(text));
    else
        buf_putc(&out, '-');
    fputs(buf_text(&out), stdout);
}

void printout_moment(const json_t *moment)
{
    const char *text = json_string_value(moment);

    if (text && strlen(text) >= strlen("2026-11-25T20:00:00"))
        printf("%.10s %.8s UTC", text, text + strlen("2026-11-25T"));
    else
        printf("-");
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void printout_deliveries(const json_t *deliveries)
{
    size_t id_width = column_width(deliveries, "id"), sink_width = column_width(deliveries, "sink");
    const json_t *delivery;
    size_t i;

    json_array_foreach (deliveries, i, delivery) {
        const json_t *finished = json_object_get(delivery, "finished");
        print_column(delivery, "id", id_width + 2);
        printout_moment(json_is_string(finished) ? finished : json_object_get(delivery, "created"));
        printf("  ");
        print_column(delivery, "sink", sink_width);
        printf("  \"");
        printout_text(json_object_get(delivery, "rule"));
        printf("\"  ");
        printout_text(json_object_get(delivery, "reason"));
        if (number(delivery, "attempts") > 1)
            printf(" (%" PRId64 " attempts)", number(delivery, "attempts"));
        if (is_true(delivery, "in_doubt"))
            printf(" (may have arrived)");
        putchar('\n');
    }
}

static void print_tally(const json_t *event)
{
    int64_t deliveries = number(event, "deliveries"), duplicates = number(event, "duplicates");
    const char *state = json_string_value(json_object_get(event, "state"));

    if (state && strcmp(state, "unrouted") == 0)
        printf("waits to be routed");
    else if (deliveries == 0)
        printf("told nobody");
    else
        printf("%" PRId64 " deliver%s", deliveries, deliveries == 1 ? "y" : "ies");
    if (duplicates)
        printf(", posted again %" PRId64 " time%s", duplicates, duplicates == 1 ? "" : "s");
}

void printout_events(const json_t *events)
{
    size_t id_width = column_width(events, "id"), hook_width = column_width(events, "hook");
    const json_t *event;
    size_t i;

    json_array_foreach (events, i, event) {
        print_column(event, "id", id_width + 2);
        printout_moment(json_object_get(event, "accepted"));
        printf("  ");
        print_column(event, "hook", hook_width + 2);
        printout_text(json_object_get(event, "type"));
        putchar(' ');
        printout_text(json_object_get(event, "action"));
        printf("  ");
        print_tally(event);
        putchar('\n');
    }
}

void printout_lines(const char *text, int indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        auto_buf struct buf line = {0};
        one_line_append(&line, text, len);
        printf("%*s%s\n", indent, "", buf_text(&line));
        text += len + (text[len] == '\n');
    }
}

static void print_rest(const json_t *message)
{
    const char *text = json_string_value(json_object_get(message, "text"));
    const json_t *fact;
    size_t i;

    printout_lines(text ? text : "", 4);
    json_array_foreach (json_object_get(message, "facts"), i, fact) {
        printf("    ");
        printout_text(json_object_get(fact, "label"));
        printf(": ");
        printout_text(json_object_get(fact, "value"));
        putchar('\n');
    }
    if (json_is_string(json_object_get(message, "link"))) {
        printf("    ");
        printout_text(json_object_get(message, "link"));
        putchar('\n');
    }
}

void printout_notifications(const json_t *notifications, bool is_long)
{
    size_t id_width = column_width(notifications, "id"),
           sink_width = column_width(notifications, "sink"),
           event_width = column_width(notifications, "event");
    const json_t *notification;
    size_t i;

    json_array_foreach (notifications, i, notification) {
        const json_t *message = json_object_get(notification, "message");
        printf("%c ", is_true(notification, "read") ? ' ' : '*');
        print_column(notification, "id", id_width + 2);
        printout_moment(json_object_get(notification, "kept"));
        printf("  ");
        print_column(notification, "sink", sink_width + 2);
        print_column(message, "level", strlen("urgent") + 2);
        print_column(notification, "event", event_width + 2);
        printout_text(json_object_get(message, "title"));
        putchar('\n');
        if (is_long)
            print_rest(message);
    }
}

static void print_change(const json_t *change, size_t id_width)
{
    const json_t *event = json_object_get(change, "event"), *sink = json_object_get(change, "sink");
    const json_t *became = json_object_get(change, "became");
    const json_t *refused = json_object_get(change, "refused");

    print_column(change, "id", id_width);
    if (event) {
        printf("  of ");
        printout_text(event);
    }
    if (refused) {
        printf("  refused: ");
        printout_text(refused);
    } else if (sink) {
        printf("  to ");
        printout_text(sink);
    }
    if (became) {
        printf(" as ");
        printout_text(became);
    }
    putchar('\n');
}

void printout_changes(const json_t *answer)
{
    const json_t *changes = json_object_get(answer, "deliveries"), *change;
    size_t i;

    if (!changes)
        changes = json_object_get(answer, "events");
    size_t id_width = column_width(changes, "id");
    json_array_foreach (changes, i, change)
        print_change(change, id_width);
    int64_t all = number(answer, "changed") + number(answer, "refused");
    if (all > (int64_t)json_array_size(changes))
        printf("... and %" PRId64 " more\n", all - (int64_t)json_array_size(changes));
}

/* A pause's reason begins with that word. */
static void print_reason(const json_t *sink)
{
    const char *why = json_string_value(json_object_get(sink, "why"));
    const char *state = json_string_value(json_object_get(sink, "state"));
    auto_buf struct buf out = {0};

    if (!why || !state || strcmp(state, "probing") == 0)
        return; /* what it was paused for counts no more */
    size_t len = strlen(state);
    if (strncmp(why, state, len) == 0 && why[len] == ':')
        why += len + 1 + strspn(why + len + 1, " ");
    one_line_append(&out, why, strlen(why));
    printf(": %s", buf_text(&out));
}

void printout_sink(const json_t *sink)
{
    const json_t *until = json_object_get(sink, "until");
    int64_t queue = number(sink, "queue");

    printout_text(json_object_get(sink, "name"));
    printf(" is ");
    printout_text(json_object_get(sink, "state"));
    if (json_is_string(until)) {
        printf(" until ");
        printout_moment(until);
    }
    print_reason(sink);
    if (queue)
        printf("; %" PRId64 " wait%s", queue, queue == 1 ? "s" : "");
    putchar('\n');
}
