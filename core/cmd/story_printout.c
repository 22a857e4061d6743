#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/printout.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void print_heading(const json_t *story)
{
    printout_text(json_object_get(story, "id"));
    printf("  ");
    printout_text(json_object_get(story, "type"));
    putchar(' ');
    printout_text(json_object_get(story, "action"));
    printf("\naccepted ");
    printout_moment(json_object_get(story, "accepted"));
    printf(" by hook ");
    printout_text(json_object_get(story, "hook"));
    int64_t duplicates = json_integer_value(json_object_get(story, "duplicates"));
    if (duplicates)
        printf(", posted again %" PRId64 " time%s", duplicates, duplicates == 1 ? "" : "s");
    if (*text_of(story, "thread")) {
        printf(", thread ");
        printout_text(json_object_get(story, "thread"));
    }
    putchar('\n');
}

static void print_objects(const json_t *objects)
{
    const json_t *object;
    size_t i;

    json_array_foreach (objects, i, object) {
        printf("looked up: ");
        printout_text(json_object_get(object, "name"));
        printf(", ");
        printout_text(json_object_get(object, "status"));
        putchar('\n');
    }
}

/* What the rule said, as far as it counted. */
static const char *outcome(const json_t *step)
{
    bool stops = json_is_true(json_object_get(step, "stops"));

    if (strcmp(text_of(step, "verdict"), "yes") == 0)
        return stops ? "matched, and no rule after it was tried" : "matched";
    if (strcmp(text_of(step, "verdict"), "unknown") != 0)
        return "did not match";
    return json_is_true(json_object_get(step, "sends"))
               ? "sends, since the look-up failed"
               : "is unknown, since the look-up failed, and skipped";
}

static void print_rule(const json_t *step)
{
    const json_t *because = json_object_get(step, "because");

    printf("rule \"");
    printout_text(json_object_get(step, "rule"));
    printf("\" (");
    printout_text(json_object_get(step, "at"));
    printf(") %s", outcome(step));
    if (because) {
        printf(": ");
        printout_text(json_object_get(because, "at"));
        printf(": ");
        printout_text(json_object_get(because, "text"));
    }
    putchar('\n');
}

static void print_trace(const json_t *trace)
{
    const json_t *step;
    size_t i;

    json_array_foreach (trace, i, step) {
        if (json_is_string(json_object_get(step, "error"))) {
            printf("no rule was asked: ");
            printout_text(json_object_get(step, "error"));
            putchar('\n');
        } else if (json_is_true(json_object_get(step, "alarm"))) {
            puts("one of tocsin's own alarms: `alarms:` names who hears of it");
        } else if (json_is_string(json_object_get(step, "rule"))) {
            print_rule(step);
        } else if (json_is_integer(json_object_get(step, "left_out"))) {
            printf("%" PRId64 " more rules did not match: tocsin explain ID\n",
                (int64_t)json_integer_value(json_object_get(step, "left_out")));
        }
    }
}

static void print_attempts(const json_t *attempts)
{
    const json_t *attempt;
    size_t i;

    json_array_foreach (attempts, i, attempt) {
        printf("    attempt %" PRId64 ", ",
            (int64_t)json_integer_value(json_object_get(attempt, "attempt")));
        printout_moment(json_object_get(attempt, "at"));
        printf(": ");
        printout_text(json_object_get(attempt, "reason"));
        if (json_is_true(json_object_get(attempt, "maybe_sent")))
            printf(" (may have arrived)");
        putchar('\n');
    }
}

static void print_delivery(const json_t *delivery)
{
    const json_t *finished = json_object_get(delivery, "finished");
    const json_t *due = json_object_get(delivery, "due");

    printf("  ");
    printout_text(json_object_get(delivery, "id"));
    printf("  ");
    printout_text(json_object_get(delivery, "sink"));
    printf("  \"");
    printout_text(json_object_get(delivery, "rule"));
    printf("\"  ");
    printout_text(json_object_get(delivery, "state"));
    putchar(' ');
    if (json_is_string(finished)) {
        printout_moment(finished);
    } else if (json_is_string(due)) {
        printf("until ");
        printout_moment(due);
    }
    if (*text_of(delivery, "reason")) {
        printf(": ");
        printout_text(json_object_get(delivery, "reason"));
    }
    putchar('\n');
    print_attempts(json_object_get(delivery, "failed_attempts"));
}

static void print_deliveries(const json_t *deliveries)
{
    const json_t *delivery;
    size_t i;

    json_array_foreach (deliveries, i, delivery)
        print_delivery(delivery);
}

/* What came to it after its first decision. */
static void print_later(const json_t *all)
{
    const json_t *later;
    size_t i;

    json_array_foreach (all, i, later) {
        printout_text(json_object_get(later, "kind"));
        putchar(' ');
        printout_moment(json_object_get(later, "at"));
        putchar('\n');
        print_trace(json_object_get(later, "trace"));
        print_deliveries(json_object_get(later, "deliveries"));
    }
}

void printout_story(const json_t *story)
{
    const json_t *deliveries = json_object_get(story, "deliveries");

    print_heading(story);
    print_objects(json_object_get(story, "objects"));
    print_trace(json_object_get(story, "trace"));
    if (strcmp(text_of(story, "state"), "unrouted") == 0)
        puts("waits to be routed");
    else if (json_array_size(deliveries) == 0)
        puts("told nobody");
    print_deliveries(deliveries);
    print_later(json_object_get(story, "later"));
}
