#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/path.h"
#include "event/view.h"

#define ALERT                                                                                      \
    "{\"uuid\":\"u\",\"title\":\"Brute "                                                           \
    "force\",\"short_id\":\"ALx\",\"entity\":{\"name\":\"Paris\"}"                                 \
    ",\"urgency\":{\"current_value\":85,\"value\":30,\"display\":\"Urgent\"},\"status\":{"         \
    "\"name\":"                                                                                    \
    "\"Pending\"},\"rule\":{\"name\":\"SSH brute force\"},\"alert_type\":{\"category\":"           \
    "\"intrusion-attempts\",\"value\":\"brute-force\"},\"source\":\"10.0.0.1\",\"target\":null,"   \
    "\"details\":\"many tries\",\"similar\":11,\"first_seen_at\":\"2022-01-12T10-00-00Z\"}"

/* With the look-up's answer, NULL for none tried, "failed" for one that failed. */
static struct view *view_of(const char *text, const char *name, const char *answer)
{
    auto_error struct error error = {0};
    struct view_context context = {.event_id = "e-1",
        .hook = "soc",
        .app_url = "https://app.example",
        .accepted_ms = 1789000000000,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    struct event *event = event_parse(text, strlen(text), &error);
    assert_non_null(event);
    auto_json json_t *object =
        answer && strcmp(answer, "failed") != 0 ? json_loads(answer, JSON_DECODE_ANY, NULL) : NULL;
    struct enrichment enrichment = {.name = name, .object = object};

    struct view *view = view_create(event, &enrichment, answer ? 1 : 0, &context);
    event_destroy(event);
    return view;
}

/* The value as compact JSON, "absent" or "unknown". */
static char *see(const struct view *view, const char *name)
{
    struct path path;
    bool unknown;

    assert_true(path_init(&path, name, NULL));
    json_t *value = view_get(view, &path, &unknown);
    path_finish(&path);
    if (value)
        return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return text_copy(unknown ? "unknown" : "absent");
}

static void assert_sees(const struct view *view, const char *name, const char *expected)
{
    auto_free char *seen = see(view, name);

    if (strcmp(seen, expected) != 0)
        print_message("# %s is %s\n", name, seen);
    assert_string_equal(seen, expected);
}

static char *facts_of(const struct view *view)
{
    char name[] = "facts", *parts[] = {name};
    const struct path path = {.parts = parts, .count = 1};
    struct buf text = {0};
    bool unknown;
    size_t index;
    json_t *fact;

    json_array_foreach (view_get(view, &path, &unknown), index, fact) {
        buf_printf(&text, "%s=%s;", json_string_value(json_object_get(fact, "label")),
            json_string_value(json_object_get(fact, "value")));
    }
    return buf_take(&text);
}

static void test_an_alert_has_every_common_name(void **state)
{
    (void)state;
    struct view *view =
        view_of("{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u\","
                "\"short_id\":\"AL1\"},\"metadata\":{\"created_at\":\"2022-01-14T15:06:57Z\"}}",
            "alert", ALERT);

    assert_sees(view, "type", "\"alert\"");
    assert_sees(view, "action", "\"created\"");
    assert_sees(view, "id", "\"e-1\"");
    assert_sees(view, "hook", "\"soc\"");
    assert_sees(view, "time", "\"2022-01-14T15:06:57.000Z\"");
    assert_sees(view, "thread", "\"alert:u\"");
    assert_sees(view, "title", "\"Brute force\"");
    assert_sees(view, "text", "\"many tries\"");
    assert_sees(view, "urgency", "85");
    assert_sees(view, "level", "\"urgent\"");
    assert_sees(view, "status", "\"Pending\"");
    assert_sees(view, "entity", "\"Paris\"");
    assert_sees(view, "source", "\"10.0.0.1\"");
    assert_sees(view, "target", "absent");
    assert_sees(view, "changed", "absent");
    assert_sees(view, "link", "\"https://app.example/operations/alerts/ALx\"");
    assert_sees(view, "alert.rule.name", "\"SSH brute force\"");
    assert_sees(view, "attributes.short_id", "\"AL1\"");
    assert_sees(view, "body.type", "\"alert\"");
    assert_sees(view, "rule", "absent");
    view_set_rule(view, "wake the duty");
    assert_sees(view, "rule", "\"wake the duty\"");
    assert_false(view->not_enriched);
    assert_int_equal(view->level, LEVEL_URGENT);
    auto_free char *facts = facts_of(view);
    assert_string_equal(facts, "Urgency=85 / 100 (Urgent);Status=Pending;Entity=Paris;"
                               "Source=10.0.0.1;Type=intrusion-attempts / brute-force;"
                               "Rule=SSH brute force;Occurrences=11;"
                               "First seen=2022-01-12T10-00-00Z;Time=2022-01-14 15:06:57 UTC;"
                               "Alert=ALx;");
    view_destroy(view);
}

static void test_a_failed_look_up_makes_names_unknown(void **state)
{
    static const char *const unknown[] = {"alert", "alert.urgency.current_value", "title", "status",
        "urgency", "level", "entity", "source", "target", "text"};

    (void)state;
    struct view *view = view_of("{\"type\":\"alert\",\"action\":\"created\",\"attributes\":"
                                "{\"uuid\":\"u\",\"short_id\":\"AL1\"}}",
        "alert", "failed");
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_sees(view, unknown[i], "unknown");
    assert_sees(view, "link", "\"https://app.example/operations/alerts/AL1\"");
    assert_sees(view, "case.title", "absent");
    assert_sees(view, "changed", "absent");
    assert_true(view->not_enriched);
    assert_string_equal(view->missing, "alert");
    assert_int_equal(view->urgency, -1);
    assert_int_equal(view->level, LEVEL_MEDIUM);
    view_destroy(view);

    view = view_of("{\"type\":\"alert\",\"attributes\":{\"uuid\":\"u\"}}", "alert", "failed");
    assert_sees(view, "link", "unknown");
    view_destroy(view);
}

static void test_posted_values_are_known_without_a_look_up(void **state)
{
    (void)state;
    struct view *view =
        view_of("{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u\","
                "\"short_id\":\"AL1\",\"similar\":0,\"status_name\":\"Pending\","
                "\"urgency_current_value\":\"70\",\"rule_name\":\"Test Rule\",\"entity_name\":"
                "\"Test Entity\",\"alert_type_category\":\"intrusions\"}}",
            "alert", "failed");
    assert_sees(view, "title", "\"Test Rule\"");
    assert_sees(view, "status", "\"Pending\"");
    assert_sees(view, "urgency", "70");
    assert_sees(view, "level", "\"medium\"");
    assert_sees(view, "entity", "\"Test Entity\"");
    assert_sees(view, "source", "unknown");
    auto_free char *facts = facts_of(view);
    assert_string_equal(facts, "Urgency=70 / 100 (Medium);Status=Pending;Entity=Test Entity;"
                               "Type=intrusions;Time=2026-09-10 00:26:40 UTC;Alert=AL1;");
    view_destroy(view);
}

static void test_a_look_up_that_was_not_tried_leaves_names_absent(void **state)
{
    (void)state;
    struct view *view =
        view_of("{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"u\"}}",
            "alert", NULL);
    assert_sees(view, "alert.title", "absent");
    assert_sees(view, "urgency", "absent");
    assert_sees(view, "level", "\"info\"");
    assert_sees(view, "link", "absent");
    assert_false(view->not_enriched);
    view_destroy(view);
}

static void test_an_update_says_what_changed(void **state)
{
    static const struct {
        const char *updated, *changed;
    } rows[] = {
        {"{\"status\":\"s\",\"status_name\":\"Closed\"}", "[\"status\"]"},
        {"{\"dynamic_urgency_value\":20}", "[\"urgency\"]"},
        {"{\"urgency_current_value\":20,\"status_uuid\":null}", "[\"urgency\",\"status\"]"},
        {"{\"similar\":150}", "[\"occurrences\"]"},
        {"{\"title\":\"t\",\"assignees\":[]}", "[\"title\",\"assignees\"]"},
        {"{}", "absent"},
        {"[]", "absent"},
        {"null", "absent"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_buf struct buf text = {0};
        buf_printf(&text,
            "{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":%s}}",
            rows[i].updated);
        struct view *view = view_of(buf_text(&text), "alert", ALERT);
        assert_sees(view, "changed", rows[i].changed);
        view_destroy(view);
    }
}

static void test_an_update_goes_before_what_was_looked_up(void **state)
{
    (void)state;
    struct view *view =
        view_of("{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":{"
                "\"status_name\":\"Acknowledged\",\"dynamic_urgency_value\":20}}}",
            "alert", ALERT);
    assert_sees(view, "status", "\"Acknowledged\"");
    assert_sees(view, "urgency", "20");
    assert_sees(view, "level", "\"low\"");
    auto_free char *facts = facts_of(view);
    assert_non_null(strstr(facts, "Urgency=20 / 100 (Low);")); /* not the old number's word */
    view_destroy(view);

    view = view_of("{\"event_type\":\"alert\",\"attributes\":{\"event\":\"alert-status-changed\","
                   "\"alert_uuid\":\"u\"}}",
        "alert", ALERT);
    assert_sees(view, "changed", "[\"status\"]");
    assert_sees(view, "status", "\"Pending\"");
    view_destroy(view);
}

static void test_a_comment_brings_its_text_and_its_alert(void **state)
{
    (void)state;
    struct view *view = view_of(
        "{\"type\":\"alert-comment\",\"action\":\"created\",\"attributes\":{\"content\":\"false "
        "positive\",\"alert_uuid\":\"u\",\"alert_short_id\":\"AL 4/5\",\"uuid\":\"k\"}}",
        "alert", "failed");
    assert_sees(view, "text", "\"false positive\"");
    assert_sees(view, "comment.content", "\"false positive\"");
    assert_sees(view, "link", "\"https://app.example/operations/alerts/AL%204%2F5\"");
    assert_sees(view, "title", "unknown");
    view_destroy(view);
}

static void test_a_case_has_a_priority_for_a_level(void **state)
{
    static const char posted[] =
        "{\"type\":\"case\",\"action\":\"created\",\"attributes\":{\"uuid\":\"c\",\"short_id\":"
        "\"CA1\",\"title\":\"posted\",\"priority\":\"medium\"}}";

    (void)state;
    struct view *view = view_of(posted, "case",
        "{\"title\":\"looked "
        "up\",\"description\":\"d\",\"status\":\"opened\",\"priority\":\"high\","
        "\"custom_priority\":{\"label\":\"Critical\"},\"short_id\":\"CA1\",\"number_of_alerts\":"
        "3}");
    assert_sees(view, "title", "\"looked up\"");
    assert_sees(view, "status", "\"opened\"");
    assert_sees(view, "level", "\"urgent\"");
    assert_sees(view, "urgency", "absent");
    assert_sees(view, "link", "\"https://app.example/operations/cases/CA1\"");
    auto_free char *facts = facts_of(view);
    assert_string_equal(facts, "Status=opened;Priority=Critical;Alerts=3;"
                               "Time=2026-09-10 00:26:40 UTC;Case=CA1;");
    view_destroy(view);

    view = view_of(posted, "case", "failed");
    assert_sees(view, "title", "\"posted\"");
    assert_sees(view, "level", "\"medium\"");
    assert_sees(view, "status", "unknown");
    assert_sees(view, "urgency", "absent"); /* a case has none, so none can be missing */
    assert_sees(view, "entity", "absent");
    view_destroy(view);
}

static void test_a_change_of_a_cases_alerts_is_named(void **state)
{
    (void)state;
    struct view *view =
        view_of("{\"type\":\"case\",\"action\":\"alerts-updated\",\"attributes\":{\"updated\":{"
                "\"added_alerts_uuid\":[\"a\"],\"deleted_alerts_uuid\":[]}}}",
            "case", NULL);
    assert_sees(view, "changed", "[\"alerts\"]");
    view_destroy(view);
}

static void test_a_proposal_has_a_name_for_a_title(void **state)
{
    (void)state;
    struct view *view = view_of("{\"type\":\"content-proposal\",\"action\":\"created\","
                                "\"attributes\":{\"uuid\":\"p\"}}",
        "proposal",
        "{\"name\":\"FLINT 1\",\"status\":\"merged\",\"priority\":\"low\",\"tlp\":\"amber\","
        "\"description\":\"\"}");
    assert_sees(view, "title", "\"FLINT 1\"");
    assert_sees(view, "status", "\"merged\"");
    assert_sees(view, "level", "\"low\"");
    assert_sees(view, "text", "absent");
    assert_sees(view, "link", "absent");
    assert_sees(view, "proposal.tlp", "\"amber\"");
    view_destroy(view);
}

static void test_other_types_are_shown_by_their_attributes(void **state)
{
    (void)state;
    struct view *view = view_of(
        "{\"type\":\"playbook\",\"action\":\"failed\",\"attributes\":{\"title\":\"Nightly\","
        "\"a\":1,\"b\":true,\"c\":null,\"d\":[1],\"e\":\"\",\"f\":\"x\\ny\",\"1\":1,\"2\":2,"
        "\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7}}",
        "ticket", NULL);
    assert_sees(view, "title", "\"Nightly\"");
    assert_sees(view, "level", "\"info\"");
    auto_free char *facts = facts_of(view);
    assert_string_equal(
        facts, "a=1;b=true;f=x y;1=1;2=2;3=3;4=4;5=5;Time=2026-09-10 00:26:40 UTC;");
    view_destroy(view);

    view = view_of("{\"type\":\"ticket\"}", "ticket", "failed");
    assert_sees(view, "ticket.owner", "unknown");
    assert_string_equal(view->missing, "ticket");
    view_destroy(view);
}

static void test_urgency_is_read_from_odd_values(void **state)
{
    static const struct {
        const char *urgency, *seen, *level;
    } rows[] = {
        {"{\"current_value\":80}", "80", "\"urgent\""},
        {"{\"current_value\":79}", "79", "\"high\""},
        {"{\"current_value\":74.9}", "74", "\"medium\""},
        {"{\"current_value\":\"49\"}", "49", "\"low\""},
        {"{\"current_value\":0}", "0", "\"info\""},
        {"{\"current_value\":-3}", "0", "\"info\""},
        {"{\"current_value\":1e300}", "100", "\"urgent\""},
        {"{\"current_value\":\"high\",\"value\":30}", "30", "\"low\""},
        {"{\"current_value\":null,\"value\":30}", "30", "\"low\""},
        {"60", "60", "\"medium\""},
        {"null", "absent", "\"info\""},
        {"[80]", "absent", "\"info\""},
        {"{\"current_value\":{}}", "absent", "\"info\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_buf struct buf alert = {0};
        buf_printf(&alert, "{\"urgency\":%s}", rows[i].urgency);
        struct view *view = view_of("{\"type\":\"alert\"}", "alert", buf_text(&alert));
        assert_sees(view, "urgency", rows[i].seen);
        assert_sees(view, "level", rows[i].level);
        view_destroy(view);
    }
}

static void test_titles_and_states_fall_back(void **state)
{
    static const struct {
        const char *alert, *title, *status;
    } rows[] = {
        {"{\"title\":null,\"rule\":{\"name\":\"r\"},\"status\":null}", "\"r\"", "absent"},
        {"{\"title\":\" \",\"rule\":{\"name\":\"r\"},\"status\":[]}", "\"r\"", "absent"},
        {"{\"title\":{},\"rule\":\"r\",\"status\":{\"name\":7}}", "absent", "\"7\""},
        {"{\"title\":404,\"custom_status\":{\"label\":\"Mine\"},\"status\":{\"name\":\"P\"}}",
            "\"404\"", "\"Mine\""},
        {"{\"title\":true,\"custom_status\":null,\"status\":{\"name\":\"P\"}}", "absent", "\"P\""},
        {"[]", "absent", "absent"},
        {"\"text\"", "absent", "absent"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct view *view = view_of("{\"type\":\"alert\"}", "alert", rows[i].alert);
        assert_sees(view, "title", rows[i].title);
        assert_sees(view, "status", rows[i].status);
        view_destroy(view);
    }
}

static void test_no_id_leads_a_link_astray(void **state)
{
    static const char *const ids[] = {"..", ".", "", " ",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        auto_buf struct buf text = {0};
        buf_printf(&text, "{\"type\":\"alert\",\"attributes\":{\"short_id\":\"%s\"}}", ids[i]);
        struct view *view = view_of(buf_text(&text), "alert", "{}");
        assert_sees(view, "link", "absent");
        view_destroy(view);
    }
    struct view *view = view_of(
        "{\"type\":\"alert\",\"attributes\":{\"short_id\":\"../x?a=b#c\xc3\xa9\"}}", "alert", "{}");
    assert_sees(view, "link", "\"https://app.example/operations/alerts/..%2Fx%3Fa%3Db%23c%C3%A9\"");
    view_destroy(view);
}

static void test_a_look_up_cannot_take_a_common_name(void **state)
{
    (void)state;
    struct view *view = view_of("{\"type\":\"ticket\",\"action\":\"x\"}", "action", "{\"a\":1}");
    assert_sees(view, "action", "\"x\"");
    view_destroy(view);
}

static void test_long_facts_are_cut(void **state)
{
    auto_buf struct buf alert = {0};

    (void)state;
    buf_puts(&alert, "{\"entity\":{\"name\":\"");
    for (int i = 0; i < 40000; i++)
        buf_puts(&alert, "\xc3\xa9");
    buf_puts(&alert, "\"}}");
    struct view *view = view_of("{\"type\":\"alert\"}", "alert", buf_text(&alert));
    auto_free char *facts = facts_of(view);
    assert_int_equal(strcspn(facts, ";"), strlen("Entity=") + 511UL * 2 + 3);
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alert_has_every_common_name),
        cmocka_unit_test(test_a_failed_look_up_makes_names_unknown),
        cmocka_unit_test(test_posted_values_are_known_without_a_look_up),
        cmocka_unit_test(test_a_look_up_that_was_not_tried_leaves_names_absent),
        cmocka_unit_test(test_an_update_says_what_changed),
        cmocka_unit_test(test_an_update_goes_before_what_was_looked_up),
        cmocka_unit_test(test_a_comment_brings_its_text_and_its_alert),
        cmocka_unit_test(test_a_case_has_a_priority_for_a_level),
        cmocka_unit_test(test_a_change_of_a_cases_alerts_is_named),
        cmocka_unit_test(test_a_proposal_has_a_name_for_a_title),
        cmocka_unit_test(test_other_types_are_shown_by_their_attributes),
        cmocka_unit_test(test_urgency_is_read_from_odd_values),
        cmocka_unit_test(test_titles_and_states_fall_back),
        cmocka_unit_test(test_no_id_leads_a_link_astray),
        cmocka_unit_test(test_a_look_up_cannot_take_a_common_name),
        cmocka_unit_test(test_long_facts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
