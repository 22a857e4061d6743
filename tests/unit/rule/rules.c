#include "rules.h"

#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "event/event.h"
#include "event/view.h"
#include "rule/ruleset.h"

struct ruleset *rules_or_problems(const char *yaml, struct problems *problems)
{
    static const char *const sinks[] = {"chat", "mail", "siem", "pager"};
    auto_yaml struct yaml *document = yaml_load_text("rules.yaml", yaml, strlen(yaml), problems);
    const struct yaml *documents[] = {document};

    return ruleset_compile(documents, 1, sinks, 4, problems);
}

struct ruleset *rules_of(const char *yaml)
{
    auto_problems struct problems problems = {0};
    struct ruleset *rules = rules_or_problems(yaml, &problems);

    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        print_message("# %s\n", line);
    }
    assert_non_null(rules);
    return rules;
}

struct view *event_view_with(const char *text, const char *name, const char *answer)
{
    struct view_context context = {.event_id = "e-1",
        .hook = "soc",
        .app_url = "https://app",
        .accepted_ms = 1789000000000,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    struct event *event = event_parse(text, strlen(text), NULL);
    assert_non_null(event);
    auto_json json_t *object =
        answer && strcmp(answer, "failed") != 0 ? json_loads(answer, JSON_DECODE_ANY, NULL) : NULL;
    struct enrichment enrichment = {.name = name, .object = object};

    struct view *view = view_create(event, &enrichment, answer ? 1 : 0, &context);
    event_destroy(event);
    return view;
}

struct view *event_view(const char *text, const char *alert)
{
    return event_view_with(text, "alert", alert);
}

char *targets_of(const struct decision *decision)
{
    struct buf text = {0};

    for (size_t i = 0; i < decision->target_count; i++)
        buf_printf(
            &text, "%s%s<%s>", i ? " " : "", decision->targets[i].sink, decision->targets[i].rule);
    return buf_take(&text);
}

char *decide(const char *yaml, const char *event, const char *alert)
{
    struct ruleset *rules = rules_of(yaml);
    struct view *view = event_view(event, alert);
    struct decision decision;

    ruleset_decide(rules, view, 0, TRACE_NONE, &decision);
    char *targets = targets_of(&decision);
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return targets;
}
