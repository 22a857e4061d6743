/* An explanation as lines. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/explanation.h"
#include "cmd/printout.h"

static const json_t *get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(get(object, key));
}

static void print_heading(const json_t *explanation)
{
    const json_t *event = get(explanation, "event"), *object = get(explanation, "object");

    if (json_is_string(get(event, "id"))) {
        printout_text(get(event, "id"));
        printf("  ");
    }
    printout_text(get(event, "type"));
    putchar(' ');
    printout_text(get(event, "action"));
    printf("  by hook ");
    printout_text(get(event, "hook"));
    putchar('\n');
    if (json_is_object(object)) {
        printf("looked up: ");
        printout_text(get(object, "name"));
        printf(", ");
        printout_text(get(object, "status"));
        putchar('\n');
    }
    putchar('\n');
}

static const char *verdict_words(const char *verdict)
{
    if (strcmp(verdict, "yes") == 0)
        return "matched";
    return strcmp(verdict, "unknown") == 0 ? "unknown" : "no     ";
}

static void print_rule(const json_t *rule, int64_t not_tried)
{
    const char *verdict = json_string_value(get(rule, "verdict"));
    const json_t *because = get(rule, "because");

    printf("%s  ", verdict_words(verdict));
    printout_text(get(rule, "at"));
    printf("  ");
    printout_text(get(rule, "rule"));
    putchar('\n');
    if (because) {
        printf("         ");
        printout_text(get(because, "at"));
        printf(": ");
        printout_text(get(because, "text"));
        putchar('\n');
    }
    if (json_is_string(get(rule, "gave_up"))) {
        printf("         a pattern gave up after ");
        printout_text(get(rule, "gave_up"));
        puts(" and counts as no match");
    }
    if (strcmp(verdict, "unknown") == 0)
        printf("         %s\n", json_is_true(get(rule, "sends"))
                                    ? "the look-up failed, so it sends rather than stays silent"
                                    : "the look-up failed, and if_not_enriched is skip");
    if (json_is_true(get(rule, "stops")))
        printf("         stop: no rule after this one is tried; %" PRId64 " %s left\n", not_tried,
            not_tried == 1 ? "is" : "are");
}

static void print_size(const json_t *delivery)
{
    int64_t size = number(delivery, "size"), limit = number(delivery, "limit");

    printf("%" PRId64 " character%s of %s text", size, size == 1 ? "" : "s",
        json_string_value(get(delivery, "flavour")));
    if (limit > 0)
        printf(", the sink takes %" PRId64 "%s", limit, size > limit ? ": it is cut there" : "");
}

static void print_delivery(const json_t *delivery)
{
    const json_t *fact, *facts = get(delivery, "facts"), *urgency = get(delivery, "urgency");
    size_t i;

    printf("\n-> ");
    printout_text(get(delivery, "sink"));
    printf(" (by \"");
    printout_text(get(delivery, "rule"));
    printf("\"; ");
    print_size(delivery);
    printf(")\n   [%s", json_string_value(get(delivery, "level")));
    if (json_is_integer(urgency))
        printf(" %" PRId64, (int64_t)json_integer_value(urgency));
    printf("] ");
    printout_text(get(delivery, "title"));
    putchar('\n');
    if (json_is_true(get(delivery, "not_enriched")))
        puts("   (marked as not enriched)");
    if (json_is_string(get(delivery, "trouble"))) {
        printf("   (the rule's own words failed, so this is the default message: ");
        printout_text(get(delivery, "trouble"));
        puts(")");
    }
    printout_lines(json_string_value(get(delivery, "text")), 3);
    json_array_foreach (facts, i, fact) {
        printf("   ");
        printout_text(get(fact, "label"));
        printf(": ");
        printout_text(get(fact, "value"));
        putchar('\n');
    }
    if (json_is_string(get(delivery, "link"))) {
        printf("   ");
        printout_text(get(delivery, "link"));
        putchar('\n');
    }
}

void explanation_print(const json_t *explanation)
{
    const json_t *rule, *delivery, *deliveries = get(explanation, "deliveries");
    size_t i;

    print_heading(explanation);
    if (json_is_true(get(explanation, "alarm")))
        puts("one of tocsin's own alarms: no rule is asked, `alarms:` names who hears of it");
    json_array_foreach (get(explanation, "rules"), i, rule)
        print_rule(rule, number(explanation, "not_tried"));
    json_array_foreach (deliveries, i, delivery)
        print_delivery(delivery);
    if (json_array_size(deliveries) == 0) {
        printf("\n-> nobody: ");
        printout_text(get(explanation, "nobody"));
        putchar('\n');
    }
}
