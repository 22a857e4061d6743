/* Rules from any text, and what they decide of a few events. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "decisions.h"
#include "demand.h"
#include "event/event.h"
#include "event/view.h"
#include "harness.h"
#include "message/phrasebook.h"
#include "places.h"
#include "rule/review.h"
#include "rule/ruleset.h"

static const char name[] = "rules.yaml";
static const char *const sinks[] = {"soc-teams", "soc-chat", "duty-mail", "siem"};
static const int64_t now_ms = 1795687200000; /* 2026-11-26T10:00:00Z */

/* What was posted, and what was looked up: NULL where nothing was, "" where that failed. */
static const struct {
    const char *posted, *alert;
} scenes[] = {
    {"{\"type\":\"alert\",\"action\":\"created\",\"metadata\":{\"version\":2,\"uuid\":\"m-1\","
     "\"created_at\":\"2026-11-23T10:00:00Z\",\"community_uuid\":\"c-1\"},"
     "\"attributes\":{\"uuid\":\"u-1\",\"short_id\":\"ALx\"}}",
        "{\"short_id\":\"ALx\",\"title\":\"Ransomware on srv-7\",\"urgency\":{\"current_value\":85,"
        "\"display\":\"Urgent\"},\"status\":{\"name\":\"Pending\"},\"entity\":{\"name\":\"lab\"},"
        "\"source\":\"10.0.0.7\",\"target\":\"DMZ-01 (7.7.7.7)\",\"similar\":3,\"a.b\":true,"
        "\"assets\":[\"a\",\"b\",80,null,[1]],\"details\":null,\"number\":8e1,"
        "\"custom_fields\":[{\"slug\":\"team\",\"value\":\"red\"},{\"slug\":\"x\",\"value\":\"\"}],"
        "\"first_seen_at\":\"2026-11-23T09:59:00+01:00\",\"created_at\":1795000000}"},
    {"{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u-1\"}}", ""},
    {"{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"uuid\":\"u-1\","
     "\"updated\":{\"status\":\"s\",\"status_name\":\"Closed\",\"urgency_current_value\":\"30\"}}}",
        NULL},
    {"{\"type\":\"siren\",\"title\":\"\\u202eodd\\n\\u0007\",\"level\":\"high\",\"urgency\":101,"
     "\"attributes\":[],\"facts\":1,\"rule\":\"x\",\"a\":1,\"b\":\"1\",\"c\":[1,\"x\",null,\"2\"],"
     "\"d\":true,\"e\":\"\",\"f\":{\"g\":[{\"h\":1,\"i\":\"x\"},{\"h\":\"2\"},{}]},\"n\":null,"
     "\"t\":\"2026-11-25T10:00:00Z\",\"ip\":\"DMZ (10.1.2.3), ::1\",\"l\":\"high\"}",
        NULL},
};

/* Of the scene with this number; a fresh one, since deciding may leave a name in it. */
static struct view *view_of_scene(size_t number)
{
    const struct view_context context = {.event_id = "ledger-e1",
        .hook = "soc",
        .app_url = "https://app.example.org",
        .accepted_ms = 1795687200000,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    const char *posted = scenes[number].posted, *alert = scenes[number].alert;
    struct event *event = event_parse(posted, strlen(posted), NULL);
    DEMAND(event != NULL);
    auto_json json_t *object = alert && *alert ? demand_json(alert) : NULL;
    const struct enrichment enrichment = {.name = "alert", .object = object};

    struct view *view = view_create(event, &enrichment, alert ? 1 : 0, &context);
    event_destroy(event);
    return view;
}

static void demand_problems(struct problems *problems, const struct places *places)
{
    problems_sort(problems);
    for (size_t i = 0; i < problems->count; i++)
        places_demand(places, &problems->items[i]);
}

static void decide(const struct ruleset *rules, const struct places *places)
{
    auto_problems struct problems shadowed = {0};

    ruleset_review(rules, &shadowed);
    demand_problems(&shadowed, places);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct view *view = view_of_scene(i);
        decisions_demand(rules, view, now_ms, places);
        decisions_demand_shadowed(rules, view, now_ms, &shadowed);
        view_destroy(view);
    }
}

/* What is legal and surely not meant. */
static void review(const struct yaml *document, const struct places *places)
{
    auto_problems struct problems problems = {0};
    const struct review review = {.problems = &problems};

    review_rules(&review, document);
    DEMAND(problems.error_count == 0);
    demand_problems(&problems, places);
}

/* As `check` does it, which looks for faults in the templates of rules that have others. */
static void read_rules(const char *text, size_t len, const struct places *places)
{
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *document = yaml_load_text(name, text, len, &problems);
    const struct yaml *documents[] = {document};
    struct ruleset *rules =
        ruleset_read(documents, 1, sinks, sizeof sinks / sizeof *sinks, &problems);
    struct phrasebook *book = phrasebook_create(rules, &problems);

    DEMAND(rules && book);
    demand_problems(&problems, places);
    if (document)
        review(document, places);
    if (problems.error_count == 0)
        decide(rules, places);
    phrasebook_destroy(book);
    ruleset_destroy(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct places places;

    places_init(&places, name, (const char *)data, size);
    read_rules((const char *)data, size, &places);
    places_finish(&places);
    return 0;
}
