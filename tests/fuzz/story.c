/* An event's whole way, but for the network and the ledger: from the bytes that were posted and the
 * answer of the look-up to the decision and the messages. The input is three parts with an empty
 * line between them: the post, the answer, the rules. Without an answer nothing was looked up,
 * without rules these below decide. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "decisions.h"
#include "demand.h"
#include "enrich/enricher.h"
#include "escapes.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/names.h"
#include "event/view.h"
#include "harness.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "places.h"
#include "rule/ruleset.h"

static const char *const sinks[] = {"soc-teams", "soc-chat", "duty-mail", "siem"};

static const char own_rules[] =
    "rules:\n"
    "  - name: urgent\n"
    "    match: {type: alert, action: created, urgency: {gte: 80}}\n"
    "    send: [soc-teams]\n"
    "  - name: changed\n"
    "    match: {action: updated, changed: [status, urgency], level: {gte: low}}\n"
    "    send: [soc-chat]\n"
    "  - name: lab\n"
    "    match:\n"
    "      any: [{entity: [lab, training]}, {alert.rule.name: {glob: \"*[!a-c]?\"}}]\n"
    "      not: {source: {contains: \"10.\"}, time: {lt: \"2026-01-01T00:00:00Z\"}}\n"
    "    send: []\n"
    "    stop: true\n"
    "  - name: known only\n"
    "    match: {title: {exists: true}, attributes.uuid: {ne: u}, text: {lt: 5}}\n"
    "    send: [duty-mail]\n"
    "    if_not_enriched: skip\n"
    "unmatched: [siem]\n";

static const int64_t now_ms = 1795687200000; /* 2026-11-26T10:00:00Z */

enum {
    /* In code points, as the headers promise them. */
    longest_title = 512,
    longest_label = 64,
    longest_value = 512,
};

struct part {
    const char *start; /* NULL: there is none */
    size_t len;
};

/* Cuts off what stands before the next empty line. */
static struct part next_part(struct part *rest)
{
    struct part part = *rest;
    const char *gap = rest->start ? memmem(rest->start, rest->len, "\n\n", 2) : NULL;

    *rest = (struct part){NULL, 0};
    if (gap) {
        *rest = (struct part){gap + 2, part.len - (size_t)(gap + 2 - part.start)};
        part.len = (size_t)(gap - part.start);
    }
    return part;
}

static struct looked_up *look_up(const struct event *event, struct part answer)
{
    const char *object = family_object(family_of(event->type));

    if (!answer.start)
        return NULL;
    return looked_up_create(object ? object : "ticket", "found", answer.start, answer.len, NULL);
}

static struct view *view_of(const struct event *event, const struct looked_up *looked_up)
{
    const struct view_context context = {.event_id = "ledger-e1",
        .hook = "soc",
        .app_url = "https://app.example.org",
        .accepted_ms = now_ms,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    const struct enrichment enrichment = {
        .name = looked_up ? looked_up->name : NULL,
        .object = looked_up ? looked_up->object : NULL,
    };

    return view_create(event, &enrichment, looked_up ? 1 : 0, &context);
}

static void demand_facts(const struct facts *facts)
{
    DEMAND(facts->count <= FACTS_MOST);
    for (size_t i = 0; i < facts->count; i++) {
        DEMAND(*facts->items[i].label && *facts->items[i].value);
        demand_line(facts->items[i].label, longest_label);
        demand_line(facts->items[i].value, longest_value);
        escapes_demand(facts->items[i].value);
    }
}

static void demand_view(const struct view *view, const struct looked_up *looked_up)
{
    auto_free char *names = json_dumps(view->root, 0);
    DEMAND(names != NULL);
    auto_json json_t *read = demand_json(names);

    DEMAND_OF(json_equal(read, view->root), names);
    DEMAND(view->level <= LEVEL_URGENT);
    DEMAND(view->urgency >= -1 && view->urgency <= 100);
    DEMAND(view->not_enriched == (looked_up && !looked_up->object));
    DEMAND(view->not_enriched == (view->missing != NULL));
    demand_facts(view->facts);
}

/* Without words of the rule's own a link goes to the web application and nowhere else. */
static void demand_link(const char *link, bool is_default)
{
    static const char app[] = "https://app.example.org/operations/";

    if (!link)
        return;
    demand_line(link, SIZE_MAX);
    DEMAND_OF(strncasecmp(link, "https://", 8) == 0 || strncasecmp(link, "http://", 7) == 0, link);
    DEMAND_OF(!is_default || strncmp(link, app, sizeof app - 1) == 0, link);
    DEMAND_OF(!is_default || link[strcspn(link, " \"'<>()[]\\")] == '\0', link);
}

static void demand_message(
    const struct message *message, const struct view *view, const struct message_order *order)
{
    bool is_default = !order->phrases || message->trouble;

    demand_line(message->title, longest_title);
    DEMAND(*message->title);
    demand_text(message->text);
    demand_text(message->text_plain);
    DEMAND(order->flavour != FLAVOUR_PLAIN || strcmp(message->text, message->text_plain) == 0);
    demand_link(message->link, is_default);
    demand_facts(message->facts);
    DEMAND(message->level <= LEVEL_URGENT && message->urgency == view->urgency);
    DEMAND(!is_default || (message->level == view->level && message->facts == view->facts));
    if (message->trouble)
        demand_words(message->trouble);
    DEMAND((message->trouble == NULL) == (message->culprit == NULL));
}

static void tell(const struct view *view, const char *rule, const struct phrases *phrases)
{
    struct message_order order = {.rule = rule, .phrases = phrases, .now_ms = now_ms};

    for (enum flavour flavour = FLAVOUR_PLAIN; flavour <= FLAVOUR_HTML; flavour++) {
        order.flavour = flavour;
        struct message *message = message_create(view, &order);
        demand_message(message, view, &order);
        if (flavour == FLAVOUR_PLAIN) {
            escapes_demand(message->title);
            escapes_demand(message->text_plain);
        }
        message_destroy(message);
    }
}

static void tell_all(const struct ruleset *rules, const struct phrasebook *book, struct view *view)
{
    struct decision decision;

    ruleset_decide(rules, view, now_ms, TRACE_NONE, &decision);
    for (size_t i = 0; i < decision.target_count; i++) {
        const struct rule_target *target = &decision.targets[i];
        tell(view, target->rule, phrasebook_find(book, target->rule, target->sink));
    }
    decision_finish(&decision);
}

static void decide(const struct part *text, struct view *view)
{
    static const char name[] = "rules.yaml";
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *document = yaml_load_text(name, text->start, text->len, &problems);
    const struct yaml *documents[] = {document};
    struct ruleset *rules =
        ruleset_read(documents, 1, sinks, sizeof sinks / sizeof *sinks, &problems);
    struct phrasebook *book = phrasebook_create(rules, &problems);
    struct places places;

    DEMAND_OF(problems.error_count == 0 || text->start != own_rules, problems.items[0].text);
    places_init(&places, name, text->start, text->len);
    if (problems.error_count == 0) {
        decisions_demand(rules, view, now_ms, &places);
        tell_all(rules, book, view);
    }
    places_finish(&places);
    phrasebook_destroy(book);
    ruleset_destroy(rules);
}

static void live(const struct event *event, struct part answer, struct part rules)
{
    struct looked_up *looked_up = look_up(event, answer);
    struct view *view = view_of(event, looked_up);

    demand_view(view, looked_up);
    tell(view, NULL, NULL);
    decide(rules.start ? &rules : &(const struct part){own_rules, sizeof own_rules - 1}, view);
    view_destroy(view);
    looked_up_release(looked_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part rest = {(const char *)data, size};
    struct part post = next_part(&rest), answer = next_part(&rest);
    struct event *event = event_parse(post.start, post.len, NULL);

    if (event)
        live(event, answer, rest);
    event_destroy(event);
    return 0;
}
