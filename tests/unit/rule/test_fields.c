/* What rule authors may name, on the events and objects that Sekoia sends. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

static char *read_fixture(const char *name)
{
    const char *folder = getenv("TOCSIN_FIXTURES");

    assert_non_null(folder);
    auto_free char *path = text_format("%s/%s.json", folder, name);
    auto_fclose FILE *file = fopen(path, "re");
    struct buf text = {0};
    char block[4096];
    size_t len;
    assert_non_null(file);
    while ((len = fread(block, 1, sizeof block, file)) > 0)
        buf_append(&text, block, len);
    return buf_take(&text);
}

struct scene {
    const char *event, *name, *object; /* the look-up's name and its answer; NULL: none */
};

static char verdict_letter(const char *match, const struct scene *scene)
{
    auto_free char *event = read_fixture(scene->event);
    bool is_failed = scene->object && strcmp(scene->object, "failed") == 0;
    auto_free char *object = !scene->object ? NULL
                             : is_failed    ? text_copy("failed")
                                            : read_fixture(scene->object);
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {%s}, send: chat}]", match);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    struct view *view = event_view_with(event, scene->name, object);
    struct decision decision;
    ruleset_decide(rules, view, view->time_ms, TRACE_ALL, &decision);
    char letter = "NYU"[decision.traces[0].verdict];
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return letter;
}

struct row {
    const char *match;
    char verdict;
};

static void assert_rows(const struct row *rows, size_t count, struct scene scene)
{
    for (size_t i = 0; i < count; i++) {
        char letter = verdict_letter(rows[i].match, &scene);
        if (letter != rows[i].verdict)
            print_message("# %s on %s: %c\n", rows[i].match, scene.event, letter);
        assert_int_equal(letter, rows[i].verdict);
    }
}

#define ASSERT_ROWS(rows, ...)                                                                     \
    assert_rows(rows, sizeof(rows) / sizeof *(rows), (struct scene){__VA_ARGS__})

static void test_the_names_of_an_alert(void **state)
{
    static const struct row rows[] = {
        {"type: alert", 'Y'},
        {"action: created", 'Y'},
        {"id: e-1", 'Y'},
        {"time: {gte: '2026-01-01T00:00:00Z'}", 'Y'},
        {"thread: {glob: 'alert:*'}", 'Y'},
        {"hook: soc", 'Y'},
        {"changed: {exists: false}", 'Y'},
        {"title: Mimikatz run on a domain controller", 'Y'},
        {"text: {contains: reads credentials}", 'Y'},
        {"level: urgent", 'Y'},
        {"level: {gte: high}", 'Y'},
        {"urgency: 85", 'Y'},
        {"urgency: {gte: 80, lt: 90}", 'Y'},
        {"entity: Lyon plant", 'Y'},
        {"status: Under investigation", 'Y'}, /* the custom one, where there is one */
        {"source: 10.20.3.4", 'Y'},
        {"source: {cidr: 10.20.0.0/16}", 'Y'},
        {"target: {cidr: 10.20.0.10}", 'Y'}, /* DC-LYON-01 (10.20.0.10) */
        {"rule: r", 'Y'},
        {"link: {glob: 'https://app/operations/alerts/AL*'}", 'Y'},
        {"facts: {has: {label: Urgency, value: {contains: '85'}}}", 'Y'},
        {"attributes.uuid: {exists: true}", 'Y'},
        {"metadata.version: 2", 'Y'},
        {"metadata.community_uuid: b7d1e7a0-1c1f-4a7e-8a55-6f3f5f3c9a10", 'Y'},
        {"alert.urgency.current_value: {gte: 80}", 'Y'},
        {"alert.status.name: Pending", 'Y'},
        {"alert.rule.name: {glob: 'Credential*'}", 'Y'},
        {"alert.custom_fields: {has: {slug: team, value: red}}", 'Y'},
        {"alert.custom_fields.0.slug: team", 'Y'},
        {"alert.custom_fields.1.slug: team", 'N'},
        {"alert.assets.0: {glob: '0b1e2d3c-*'}", 'Y'},
        {"alert.assets: 0b1e2d3c-1111-4222-8333-00000000dd01", 'Y'},
        {"alert.cases: {has: {manual: true, status: opened}}", 'Y'},
        {"alert.created_at: {gt: '2026-03-02T00:00:00Z', lt: '2026-03-03T00:00:00Z'}", 'Y'},
        {"alert.first_seen_at: {newer_than: 1h}", 'Y'},
        {"alert.first_seen_at: {older_than: 1h}", 'N'},
        {"alert.adversaries: {exists: true}", 'Y'}, /* an empty list is there */
        {"alert.assignee: {exists: false}", 'Y'},   /* null is not */
        {"comment: {exists: false}", 'Y'},
        {"case: {exists: false}", 'Y'},
        {"proposal: {exists: false}", 'Y'},
        {"body.type: alert", 'Y'},
        {"body.attributes.uuid: {exists: true}", 'Y'},
    };

    (void)state;
    ASSERT_ROWS(rows, "events/alert-created", "alert", "objects/alert-full");
}

static void test_what_fails_to_be_looked_up_is_unknown(void **state)
{
    static const struct row rows[] = {
        {"type: alert", 'Y'},
        {"metadata.community_uuid: b7d1e7a0-1c1f-4a7e-8a55-6f3f5f3c9a10", 'Y'},
        {"title: x", 'U'},
        {"urgency: {gte: 80}", 'U'},
        {"level: {lt: high}", 'U'},
        {"entity: x", 'U'},
        {"status: x", 'U'},
        {"source: {cidr: 10.0.0.0/8}", 'U'},
        {"alert.custom_fields: {has: {slug: team}}", 'U'},
        {"alert.created_at: {older_than: 2h}", 'U'},
        {"alert.x: {exists: false}", 'U'},
        {"not: {alert.x: {exists: true}}", 'U'},
        {"case: {exists: false}", 'Y'},
        {"comment: {exists: false}", 'Y'},
        {"attributes.x: {exists: false}", 'Y'},
    };

    (void)state;
    ASSERT_ROWS(rows, "events/alert-created", "alert", "failed");
}

static void test_an_update_comes_before_the_object_and_the_object_before_the_post(void **state)
{
    static const struct row urgency[] = {
        {"urgency: 91", 'Y'},
        {"alert.urgency.current_value: 85", 'Y'},
        {"changed: urgency", 'Y'},
        {"changed: [status, urgency]", 'Y'},
        {"changed: {ne: status}", 'Y'},
        {"not: {changed: occurrences}", 'Y'},
        {"title: Mimikatz run on a domain controller", 'Y'},
    };
    static const struct row status[] = {
        {"status: Acknowledged", 'Y'},
        {"changed: status", 'Y'},
        {"alert.status.name: Pending", 'Y'},
    };
    static const struct row rich[] = {
        {"urgency: 72", 'Y'},
        {"title: Remote desktop from an unusual country", 'Y'},
        {"entity: Lyon plant", 'Y'},
        {"status: Pending", 'Y'},
    };
    static const struct row object[] = {
        {"urgency: 85", 'Y'},
        {"title: Mimikatz run on a domain controller", 'Y'},
        {"status: Under investigation", 'Y'},
        {"attributes.urgency_current_value: 72", 'Y'},
    };
    static const struct row occurrences[] = {
        {"changed: occurrences", 'Y'},
        {"changed: [status, urgency]", 'N'},
    };

    (void)state;
    ASSERT_ROWS(urgency, "events/alert-updated-urgency", "alert", "objects/alert-full");
    ASSERT_ROWS(status, "events/alert-updated-status", "alert", "objects/alert-full");
    ASSERT_ROWS(rich, "events/alert-created-rich", "alert", NULL);
    ASSERT_ROWS(object, "events/alert-created-rich", "alert", "objects/alert-full");
    ASSERT_ROWS(occurrences, "events/alert-updated-similar", "alert", "objects/alert-full");
}

static void test_the_names_of_the_other_types(void **state)
{
    static const struct row comment[] = {
        {"type: alert-comment", 'Y'},
        {"text: {contains: on the phone}", 'Y'},
        {"comment.content: {glob: 'Seen it*'}", 'Y'},
        {"comment.created_by_type: user", 'Y'},
        {"urgency: {gte: 80}", 'Y'},
        {"thread: 'alert:3f0c7a52-6f5e-4f0b-9d53-0d5b8a1c2e01'", 'Y'},
    };
    static const struct row case_rows[] = {
        {"type: case", 'Y'},
        {"title: Credential theft at two plants", 'Y'},
        {"level: medium", 'Y'},
        {"case.tags: lyon", 'Y'},
        {"changed: tags", 'Y'},
        {"attributes.updated.tags: nantes", 'Y'},
        {"case.alerts: {has: {urgency.current_value: {gte: 80}, source: {cidr: 10.0.0.0/8}}}", 'Y'},
        {"case.alerts.0.rule.severity: 85", 'Y'},
        {"urgency: {exists: false}", 'Y'},
    };
    static const struct row unknown_type[] = {
        {"not: {type: [alert, alert-comment, case, content-proposal]}", 'Y'},
        {"alert: {exists: false}", 'Y'},
    };

    (void)state;
    ASSERT_ROWS(comment, "events/alert-comment-created", "alert", "objects/alert-full");
    ASSERT_ROWS(case_rows, "events/case-updated", "case", "objects/case-full");
    ASSERT_ROWS(unknown_type, "events/unknown-type", "alert", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_names_of_an_alert),
        cmocka_unit_test(test_what_fails_to_be_looked_up_is_unknown),
        cmocka_unit_test(test_an_update_comes_before_the_object_and_the_object_before_the_post),
        cmocka_unit_test(test_the_names_of_the_other_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
