#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "event/event.h"

static struct event *parse(const char *text)
{
    auto_error struct error error = {0};
    struct event *event = event_parse(text, strlen(text), &error);

    if (!event)
        print_message("# %s: %s\n", text, error_text(&error));
    assert_non_null(event);
    return event;
}

static char *dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
}

/* Every shape that Sekoia is known to post. */
static const struct {
    const char *text;
    const char *type, *action, *thread;
    int64_t time_ms;
} shapes[] = {
    {"{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u-1\",\"short_id\":"
     "\"AL1\"},\"metadata\":{\"version\":2,\"created_at\":\"2022-01-14T15:06:57.398005+00:00\","
     "\"community_uuid\":\"c\",\"avatar_uuid\":null,\"user_uuid\":null,\"permissions\":[]}}",
        "alert", "created", "alert:u-1", 1642172817398},
    {"{\"metadata\":{\"uuid\":\"e-1\",\"created_at\":\"2019-09-06T07:07:54.830677+00:00\"},"
     "\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":{\"status\":\"s\","
     "\"status_name\":\"Acknowledged\"},\"uuid\":\"u-2\",\"short_id\":\"AL2\"}}",
        "alert", "updated", "alert:u-2", 1567753674830},
    {"{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u-3\","
     "\"urgency_current_value\":70,\"assets_uuids\":[\"a\"]}}",
        "alert", "created", "alert:u-3", -1},
    {"{\"type\":\"alert-comment\",\"action\":\"created\",\"attributes\":{\"content\":\"hm\","
     "\"alert_uuid\":\"u-4\",\"alert_short_id\":\"AL4\",\"uuid\":\"k-1\"}}",
        "alert-comment", "created", "alert:u-4", -1},
    {"{\"type\":\"alert-comment\",\"action\":\"created\",\"attributes\":{\"uuid\":\"k-2\"}}",
        "alert-comment", "created", "alert-comment:k-2", -1},
    {"{\"type\":\"case\",\"action\":\"alerts-updated\",\"attributes\":{\"uuid\":\"c-1\",\"updated\""
     ":{\"added_alerts_uuid\":[\"u\"]}},\"metadata\":{\"created\":1789000000}}",
        "case", "alerts-updated", "case:c-1", 1789000000000},
    {"{\"type\":\"content-proposal\",\"action\":\"created\",\"attributes\":{\"uuid\":\"p-1\"},"
     "\"metadata\":{\"created_at\":null,\"created\":\"1789000000\"}}",
        "content-proposal", "created", "content-proposal:p-1", 1789000000000},
    {"{\"created_at\":\"2019-09-06T07:32:03.256679+00:00\",\"event_version\":1,\"event_type\":"
     "\"alert\",\"community_uuid\":\"c\",\"attributes\":{\"event\":\"alert-created\","
     "\"alert_uuid\":\"u-5\"},\"uuid\":\"e-5\"}",
        "alert", "created", "alert:u-5", 1567755123256},
    {"{\"event_type\":\"alert\",\"attributes\":{\"event\":\"alert-comment-created\",\"alert_uuid\""
     ":\"u-6\"}}",
        "alert-comment", "created", "alert:u-6", -1},
    {"{\"event_type\":\"alert\",\"attributes\":{\"event\":\"alert-merged\",\"alert_uuid\":\"u-7\"}"
     "}",
        "alert", "merged", "alert:u-7", -1},
};

static void test_every_known_shape_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct event *event = parse(shapes[i].text);
        assert_string_equal(event->type, shapes[i].type);
        assert_string_equal(event->action, shapes[i].action);
        assert_string_equal(event->thread, shapes[i].thread);
        assert_int_equal(event->time_ms, shapes[i].time_ms);
        assert_true(json_is_object(event->attributes));
        assert_true(json_is_object(event->metadata));
        event_destroy(event);
    }
}

static void test_a_version_1_event_gets_the_shape_of_version_2(void **state)
{
    (void)state;
    struct event *event =
        parse("{\"created_at\":\"2019-09-06T07:07:54.830677+00:00\",\"event_version\":1,"
              "\"event_type\":\"alert\",\"community_uuid\":\"c\",\"uuid\":\"e\",\"attributes\":"
              "{\"event\":\"alert-status-changed\",\"alert_uuid\":\"u\"}}");
    auto_free char *attributes = dump(event->attributes);
    auto_free char *metadata = dump(event->metadata);
    auto_free char *body = dump(event->body);

    assert_string_equal(event->action, "updated");
    assert_string_equal(attributes, "{\"alert_uuid\":\"u\",\"event\":\"alert-status-changed\","
                                    "\"updated\":{\"status\":null},\"uuid\":\"u\"}");
    assert_string_equal(metadata, "{\"community_uuid\":\"c\",\"created_at\":\"2019-09-06T07:07:"
                                  "54.830677+00:00\",\"uuid\":\"e\",\"version\":1}");
    assert_null(strstr(body, "updated")); /* the posted document stays as it was */
    event_destroy(event);
}

static void test_odd_members_count_as_empty(void **state)
{
    static const char *const texts[] = {
        "{\"type\":\"alert\"}",
        "{\"type\":\"alert\",\"action\":null,\"attributes\":null,\"metadata\":null}",
        "{\"type\":\"alert\",\"action\":[],\"attributes\":[1],\"metadata\":\"x\"}",
        "{\"type\":\"alert\",\"attributes\":{\"uuid\":{}},\"metadata\":{\"created_at\":[]}}",
        "{\"type\":\"alert\",\"attributes\":{\"uuid\":\"\"},\"metadata\":{\"uuid\":7}}",
        "{\"event_type\":\"alert\"}",
        "{\"event_type\":\"alert\",\"attributes\":[],\"metadata\":3}",
        "{\"type\":7,\"event_type\":\"alert\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct event *event = parse(texts[i]);
        assert_string_equal(event->type, "alert");
        assert_string_equal(event->action, "");
        assert_string_equal(event->thread, "");
        assert_null(event->dedupe);
        assert_int_equal(event->time_ms, -1);
        event_destroy(event);
    }
}

static void test_senders_read_why_an_event_is_refused(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "not JSON: line 1"},
        {"{\"type\":", "not JSON: line 1, column"},
        {"[]", "the body is a list, not a JSON object"},
        {"\"alert\"", "the body is a text, not a JSON object"},
        {"{}", "no \"type\""},
        {"{\"event_type\":\"\"}", "no \"type\""},
        {"{\"type\":\"\"}", "\"type\" is empty"},
        {"{\"type\":[\"alert\"]}", "\"type\" is a list, not a text"},
        {"{\"type\":null}", "\"type\" is null, not a text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        assert_null(event_parse(rows[i].text, strlen(rows[i].text), &error));
        assert_ptr_equal(
            strstr(error_text(&error), rows[i].reason), error_text(&error)); /* begins with it */
    }
}

static char *dedupe_of(const char *text)
{
    struct event *event = parse(text);
    char *dedupe = event->dedupe;

    event->dedupe = NULL;
    event_destroy(event);
    return dedupe;
}

static void test_the_same_event_posted_again_is_known(void **state)
{
    (void)state;
    auto_free char *by_id =
        dedupe_of("{\"type\":\"alert\",\"metadata\":{\"uuid\":\"e-1\"},\"attributes\":{\"a\":1}}");
    auto_free char *by_time = dedupe_of("{\"type\":\"a\",\"action\":\"b\",\"attributes\":{\"uuid\":"
                                        "\"u\",\"n\":1},\"metadata\":{\"created_at\":\"T\"}}");
    auto_free char *reordered =
        dedupe_of("{\"metadata\":{\"created\":\"T\",\"version\":2},\"attributes\":{\"n\":1,"
                  "\"uuid\":\"u\"},\"action\":\"b\",\"type\":\"a\"}");
    auto_free char *other = dedupe_of("{\"type\":\"a\",\"action\":\"b\",\"attributes\":{\"uuid\":"
                                      "\"u\",\"n\":2},\"metadata\":{\"created_at\":\"T\"}}");
    auto_free char *neither = dedupe_of("{\"type\":\"a\",\"attributes\":{\"uuid\":\"u\"}}");

    assert_string_equal(by_id, "e-1");
    assert_string_equal(by_time, reordered);
    assert_string_not_equal(by_time, other);
    assert_null(neither); /* two updates without a time may well be two events */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_known_shape_is_read),
        cmocka_unit_test(test_a_version_1_event_gets_the_shape_of_version_2),
        cmocka_unit_test(test_odd_members_count_as_empty),
        cmocka_unit_test(test_senders_read_why_an_event_is_refused),
        cmocka_unit_test(test_the_same_event_posted_again_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
