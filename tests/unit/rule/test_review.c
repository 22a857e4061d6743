/* What a match says that is legal and surely not meant; each with a twin that is fine. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/review.h"

/* The warnings, one a line. A look-up of the user's own attaches `ticket`. */
static char *review_of(const char *match)
{
    static const char *const looked_up[] = {"ticket"};
    auto_problems struct problems problems = {0};
    struct review review = {.problems = &problems, .looked_up = looked_up, .looked_up_count = 1};
    auto_buf struct buf yaml = {0};
    struct buf text = {0};

    buf_printf(&yaml, "rules: [{match: {%s}}]", match);
    auto_yaml struct yaml *document =
        yaml_load_text("rules.yaml", buf_text(&yaml), yaml.len, &problems);
    assert_non_null(document);
    assert_int_equal(problems.count, 0);
    review_rules(&review, document);
    problems_sort(&problems);
    for (size_t i = 0; i < problems.count; i++)
        buf_printf(&text, "%zu: %s\n", problems.items[i].column, problems.items[i].text);
    assert_int_equal(problems.error_count, 0);
    return buf_take(&text);
}

struct finding {
    const char *match, *expected; /* NULL: nothing is found */
};

static void assert_findings(const struct finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_free char *found = review_of(findings[i].match);
        bool is_right =
            findings[i].expected ? strstr(found, findings[i].expected) != NULL : *found == '\0';
        if (!is_right)
            print_message("# {%s}\n# found:    %s\n# expected: %s\n", findings[i].match, found,
                findings[i].expected ? findings[i].expected : "nothing");
        assert_true(is_right);
    }
}

#define ASSERT_FINDINGS(findings) assert_findings(findings, sizeof(findings) / sizeof *(findings))

static void test_what_an_object_has_may_be_asked_of_a_look_up_by_any_name(void **state)
{
    (void)state;
    static const struct finding findings[] = {
        {"ticket: {has: {owner: me}}", NULL},
        {"ticket: {exists: true, has: {owner: me}}", NULL},
        {"tickets: {has: {owner: me}}", "no look-up is called so"},
        {"fact: {has: {label: Urgency}}", "did you mean \"facts\"?"},
        {"facts: {has: {label: Urgency}}", NULL},
    };

    ASSERT_FINDINGS(findings);
}

static void test_a_value_that_sekoia_writes_otherwise_is_found(void **state)
{
    (void)state;
    static const struct finding findings[] = {
        {"type: alert, status: closed",
            "status is never \"closed\": what is written there is \"Closed\""},
        {"type: alert, status: Closed", NULL},
        {"status: closed", "\"Closed\""},
        {"status: [Closed, closed]", NULL},
        {"status: [Pending, closed]", "\"Closed\""},
        {"status: {ne: CLOSED}", "\"Closed\""},
        {"status: {in: [ongoing]}", "\"Ongoing\""},
        {"status: {eq: pending}", "\"Pending\""},
        {"status: {glob: 'closed*'}", NULL},
        {"status: Escalated", NULL}, /* a status of one's own */
        {"type: case, status: closed", NULL},
        {"type: content-proposal, status: pending", NULL},
        {"type: ticket, status: closed", NULL},
        {"type: [ticket, alert], status: closed", "\"Closed\""},
        {"type: {in: [case, ticket]}, status: closed", NULL},
        {"alert.status.name: acknowledged", "\"Acknowledged\""},
        {"alert.status.name: Acknowledged", NULL},
        {"attributes.updated.status_name: rejected", "\"Rejected\""},
        {"any: [{type: case, status: closed}, {type: alert, status: closed}]", "\"Closed\""},
        {"any: [{type: case, status: closed}, {type: alert, status: Closed}]", NULL},
        {"type: alert, not: {status: closed}", "\"Closed\""},
        {"type: alert, all: [{any: [{status: closed}]}]", "\"Closed\""},
        {"type: Alert", "type is never \"Alert\": what is written there is \"alert\""},
        {"type: alert_comment", "\"alert-comment\""},
        {"type: [alert, Case]", "\"case\""},
        {"type: Content-Proposal", "\"content-proposal\""},
        {"type: alerts", NULL}, /* a type of somebody else's, perhaps */
        {"type: Alert, status: closed", "\"Closed\""},
        {"action: Created", "\"created\""},
        {"action: created", NULL},
        {"type: case, action: alerts_updated", "\"alerts-updated\""},
        {"type: ticket, action: Created", NULL},
        {"changed: Status", "\"status\""},
        {"changed: [status, urgency]", NULL},
        {"changed: similar", "\"occurrences\""},
        {"changed: [dynamic_urgency_value]", "\"urgency\""},
        {"changed: custom_priority_uuid", NULL},
        {"alert.urgency.display: urgent", "\"Urgent\""},
        {"alert.urgency.display: [High, Urgent]", NULL},
        {"alert.alert_type.category: Malicious-Code", "\"malicious-code\""},
        {"alert.alert_type.category: malicious_code", "\"malicious-code\""},
        {"alert.alert_type.category: our-own", NULL},
        {"alert.alert_type.value: Malware", "\"malware\""},
        {"case.priority: High", "\"high\""},
        {"case.priority: high", NULL},
        {"case.custom_priority.label: critical", "\"Critical\""},
        {"case.custom_status.stage: in-progress", "\"in_progress\""},
        {"ticket.status: closed", NULL},
        {"entity: '${HOST}'", "${...} is replaced in tocsin.yaml only"},
        {"entity: [a, '${HOST:-b}']", "${...} is replaced in tocsin.yaml only"},
        {"entity: 'costs ${ 5 }'", NULL},
        {"title: closed", NULL},
        {"level: urgent", NULL},
    };

    ASSERT_FINDINGS(findings);
}

static void test_a_path_that_no_event_has_is_found(void **state)
{
    (void)state;
    static const struct finding findings[] = {
        {"alert.urgency.current_value: 80", NULL},
        {"alert.urgency.curent_value: 80", "did you mean \"alert.urgency.current_value\"?"},
        {"alert.urgncy.current_value: 80", "did you mean \"alert.urgency.current_value\"?"},
        {"alert.current_value: 80", "did you mean \"alert.urgency.current_value\"?"},
        {"alert.rule_name: x", "did you mean \"alert.rule.name\"?"},
        {"alert.rule.name: x", NULL},
        {"alert.colour: red",
            "no event is known to have \"alert.colour\": nothing like it is in \"alert\""},
        {"alert.title: x", NULL},
        {"alert.title.text: x", "never there: \"alert.title\" is a plain value"},
        {"alert.rule.name.0: x", "never there: \"alert.rule.name\" is a plain value"},
        {"alert.entity.name: x", NULL},
        {"alert.entity: {exists: true}", NULL},
        {"alert.assets: x", NULL},
        {"alert.assets.0: x", NULL},
        {"alert.assets.name: x", "never there: \"alert.assets\" is a list"},
        {"alert.assets.0.name: x", "never there: \"alert.assets.0\" is a plain value"},
        {"alert.ttps.0.name: x", NULL},
        {"alert.ttps.name: x", "never there: \"alert.ttps\" is a list"},
        {"alert.custom_fields.0.value.deep: x", NULL},
        {"alert.stix.objects.0.type: x", NULL},
        {"alert.similarity_strategy.x.y: x", NULL},
        {"case.tags: x", NULL},
        {"case.tittle: x", "did you mean \"case.title\"?"},
        {"case.alerts.0.rule.name: x", NULL},
        {"case.status.name: x", "never there: \"case.status\" is a plain value"},
        {"proposal.main_report.name: x", NULL},
        {"proposal.title: x", "\"proposal.title\""},
        {"comment.content: x", NULL},
        {"comment.contents: x", "did you mean \"comment.content\"?"},
        {"changed.0: x", NULL},
        {"changed.status: x", "never there: \"changed\" is a list"},
        {"facts.0.label: x", NULL},
        {"facts.0.name: x", "facts.0"},
        {"ticket.anything.at.all: x", NULL},
        {"body.anything.at.all: x", NULL},
        /* attributes and metadata belong to the sender; Sekoia's are known */
        {"metadata.community_uuid: x", NULL},
        {"metadata.comunity_uuid: x", NULL},
        {"type: alert, metadata.comunity_uuid: x", "did you mean \"metadata.community_uuid\"?"},
        {"type: alert, metadata.tenant: x", NULL},
        {"type: ticket, attributes.uid: x", NULL},
        {"type: alert, attributes.uid: x", "did you mean \"attributes.uuid\"?"},
        {"type: alert, attributes.uuid: x", NULL},
        {"type: alert, attributes.updated.anything: x", NULL},
        {"type: alert, attributes.uuid.x: x", "never there: \"attributes.uuid\" is a plain value"},
        {"type: alert, attributes.zebra: x", NULL},
        /* names */
        {"weather: rainy", "\"weather\" is never there"},
        {"weather.today: rainy", "\"weather\" is never there"},
        {"ticket: {exists: true}", NULL},
        {"urgncy: {exists: false}", "did you mean \"urgency\"?"},
        {"urgency: {exists: false}", NULL},
        {"rule: x", NULL},
        /* objects of other events */
        {"type: case, alert.title: x",
            "events of the type that this match asks for have no \"alert\""},
        {"type: alert, case.title: x", "have no \"case\""},
        {"type: alert-comment, alert.title: x", NULL},
        {"type: alert, comment.content: x", "have no \"comment\""},
        {"type: [alert, case], alert.title: x", NULL},
        {"type: {ne: case}, alert.title: x", NULL},
        {"any: [{type: case, case.title: x}, {type: alert, alert.title: x}]", NULL},
    };

    ASSERT_FINDINGS(findings);
}

static void test_a_tenant_asked_of_what_is_looked_up_is_found(void **state)
{
    (void)state;
    static const struct finding findings[] = {
        {"alert.community_uuid: x", "\"metadata.community_uuid\" stands in every event"},
        {"type: case, case.community_uuid: [x, y]", "\"metadata.community_uuid\""},
        {"not: {alert.community_uuid: x}", "\"metadata.community_uuid\""},
        {"type: alert, metadata.community_uuid: x", NULL},
    };

    ASSERT_FINDINGS(findings);
}

static void test_a_finding_stands_at_the_word_that_is_wrong(void **state)
{
    (void)state;
    auto_free char *value = review_of("type: alert, status: [Pending, closed]");
    auto_free char *path = review_of("type: alert, alert.titel: x");

    assert_true(strncmp(value, "49: status is never", 19) == 0);
    assert_true(strncmp(path, "31: no event is known", 21) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_object_has_may_be_asked_of_a_look_up_by_any_name),
        cmocka_unit_test(test_a_value_that_sekoia_writes_otherwise_is_found),
        cmocka_unit_test(test_a_path_that_no_event_has_is_found),
        cmocka_unit_test(test_a_tenant_asked_of_what_is_looked_up_is_found),
        cmocka_unit_test(test_a_finding_stands_at_the_word_that_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
