#include "../cmocka_setup.h"

#include <string.h>

#include "admin/parameter.h"
#include "base/cleanup.h"
#include "base/error.h"

static const struct parameter_context context = {"3f9a1c", 1800000000000};

struct wanted {
    const char *sink;
    bool dry_run;
    size_t limit;
    int64_t since_ms, for_ms, before;
    struct id_list ids;
};

static bool read_json(const char *json, struct wanted *wanted, struct error *error)
{
    const struct parameter table[] = {
        {"sink", PARAMETER_TEXT, &wanted->sink},
        {"dry_run", PARAMETER_BOOL, &wanted->dry_run},
        {"limit", PARAMETER_COUNT, &wanted->limit},
        {"since", PARAMETER_MOMENT, &wanted->since_ms},
        {"for", PARAMETER_DURATION, &wanted->for_ms},
        {"before", PARAMETER_EVENT, &wanted->before},
        {"ids", PARAMETER_DELIVERIES, &wanted->ids},
    };
    auto_json json_t *given = json_loads(json, 0, NULL);

    assert_non_null(given);
    *wanted = (struct wanted){.limit = 5};
    bool ok = parameters_read(given, table, sizeof table / sizeof *table, &context, error);
    if (wanted->sink)
        assert_string_equal(wanted->sink, "chat");
    wanted->sink = NULL; /* it goes with the document */
    return ok;
}

static void test_each_kind_is_read(void **state)
{
    struct wanted wanted;

    (void)state;
    assert_true(read_json("{\"sink\":\"chat\",\"dry_run\":true,\"limit\":7,\"since\":\"1h\","
                          "\"for\":\"2m\",\"before\":\"3f9a1c-e9\","
                          "\"ids\":[\"3f9a1c-d1\",\"2\",3]}",
        &wanted, NULL));
    assert_true(wanted.dry_run);
    assert_int_equal(wanted.limit, 7);
    assert_int_equal(wanted.since_ms, context.now_ms - 3600000);
    assert_int_equal(wanted.for_ms, 120000);
    assert_int_equal(wanted.before, 9);
    assert_int_equal(wanted.ids.count, 3);
    assert_int_equal(wanted.ids.items[2], 3);
}

static void test_what_is_not_given_is_left_alone(void **state)
{
    struct wanted wanted;

    (void)state;
    assert_true(read_json("{\"sink\":null}", &wanted, NULL));
    assert_int_equal(wanted.limit, 5);
    assert_false(wanted.dry_run);
}

static void test_what_is_wrong_is_refused_and_named(void **state)
{
    static const struct {
        const char *json, *why;
    } rows[] = {
        {"{\"dryrun\":true}", "did you mean \"dry_run\"?"},
        {"{\"colour\":1}", "unknown parameter \"colour\""},
        {"{\"dry_run\":\"yes\"}", "\"dry_run\" must be true or false"},
        {"{\"sink\":7}", "\"sink\" must be a text"},
        {"{\"limit\":0}", "\"limit\" must be a number"},
        {"{\"limit\":-1}", "\"limit\" must be a number"},
        {"{\"limit\":\"many\"}", "\"limit\" must be a number"},
        {"{\"since\":\"then\"}", "\"since\" must be a time"},
        {"{\"since\":5}", "\"since\" must be a text"},
        {"{\"for\":\"5\"}", "\"for\" must be a duration"},
        {"{\"ids\":[]}", "\"ids\" must be a list of 1 to 500"},
        {"{\"ids\":\"3f9a1c-d1\"}", "\"ids\" must be a list"},
        {"{\"ids\":[true]}", "an id must be a text"},
        {"{\"ids\":[\"3f9a1c-e1\"]}", "is an event"},
        {"{\"ids\":[\"aaaaaa-d1\"]}", "another ledger"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        struct wanted wanted;
        assert_false(read_json(rows[i].json, &wanted, &error));
        if (!strstr(error_text(&error), rows[i].why))
            fail_msg("%s: %s", rows[i].json, error_text(&error));
    }
}

static void test_more_ids_than_a_step_are_refused(void **state)
{
    auto_json json_t *given = json_object();
    json_t *ids = json_array();
    struct id_list list = {0};
    const struct parameter table[] = {{"ids", PARAMETER_DELIVERIES, &list}};

    (void)state;
    for (int i = 1; i <= STORE_STEP; i++)
        json_array_append_new(ids, json_integer(i));
    json_object_set_new(given, "ids", ids);
    assert_true(parameters_read(given, table, 1, &context, NULL));
    assert_int_equal(list.count, STORE_STEP);
    json_array_append_new(ids, json_integer(STORE_STEP + 1));
    list.count = 0;
    assert_false(parameters_read(given, table, 1, &context, NULL));
}

static void test_a_query_is_an_object_of_texts(void **state)
{
    auto_json json_t *query = parameters_of_query("/api/v1/events?type=a%20b&hook=s%26c&type=c");
    auto_json json_t *none = parameters_of_query("/api/v1/events");

    (void)state;
    assert_string_equal(json_string_value(json_object_get(query, "type")), "c");
    assert_string_equal(json_string_value(json_object_get(query, "hook")), "s&c");
    assert_int_equal(json_object_size(query), 2);
    assert_int_equal(json_object_size(none), 0);
    assert_null(parameters_of_query("/api/v1/events?type"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_read),
        cmocka_unit_test(test_what_is_not_given_is_left_alone),
        cmocka_unit_test(test_what_is_wrong_is_refused_and_named),
        cmocka_unit_test(test_more_ids_than_a_step_are_refused),
        cmocka_unit_test(test_a_query_is_an_object_of_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
