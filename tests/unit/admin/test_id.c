#include "../cmocka_setup.h"

#include <string.h>

#include "admin/id.h"
#include "admin/moment.h"
#include "base/cleanup.h"
#include "base/error.h"

static void test_an_id_is_read_as_it_is_shown(void **state)
{
    auto_free char *delivery = id_format("3f9a1c", ID_DELIVERY, 17);
    auto_free char *event = id_format("3f9a1c", ID_EVENT, 4);
    int64_t number;

    (void)state;
    assert_string_equal(delivery, "3f9a1c-d17");
    assert_true(id_parse(delivery, "3f9a1c", ID_DELIVERY, &number, NULL));
    assert_int_equal(number, 17);
    assert_true(id_parse(event, "3f9a1c", ID_EVENT, &number, NULL));
    assert_int_equal(number, 4);
    assert_true(id_parse("42", "3f9a1c", ID_EVENT, &number, NULL));
    assert_int_equal(number, 42);
}

static void test_what_is_no_id_here_is_refused_and_says_why(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"3f9a1c-n17", "is a notification, and "},
        {"3f9a1c-x17", "is no id such as"},
        {"3f9a1c-", "is no id such as"},
        {"aaaaaa-d17", "of another ledger"},
        {"3f9a1cc-d17", "of another ledger"},
        {"3f9a1c-e17", "is an event, and a delivery is meant"},
        {"3f9a1c-x17", "is no id"},
        {"3f9a1c-d", "is no id"},
        {"3f9a1c-d17x", "is no id"},
        {"3f9a1c-d0", "is no id"},
        {"-d17", "of another ledger"},
        {"17x", "is no id"},
        {"-17", "is no id"},
        {"0", "is no id"},
        {"", "is no id"},
        {"9999999999999999999", "is no id"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        int64_t number;
        assert_false(id_parse(rows[i].text, "3f9a1c", ID_DELIVERY, &number, &error));
        if (!strstr(error_text(&error), rows[i].why))
            fail_msg("\"%s\": %s", rows[i].text, error_text(&error));
    }
}

static void test_a_moment_is_a_time_or_how_long_ago(void **state)
{
    const int64_t now_ms = 1800000000000;
    int64_t ms;

    (void)state;
    assert_true(moment_parse("2h", now_ms, &ms));
    assert_int_equal(ms, now_ms - 7200000);
    assert_true(moment_parse("2026-11-25T20:00:00Z", now_ms, &ms));
    assert_int_equal(ms, 1795636800000);
    assert_true(moment_parse("2026-11-25 20:00:00", now_ms, &ms));
    assert_int_equal(ms, 1795636800000);
    assert_false(moment_parse("yesterday", now_ms, &ms));
    assert_false(moment_parse("-2h", now_ms, &ms));
    assert_false(moment_parse("", now_ms, &ms));
    assert_false(moment_parse("90000d", now_ms, &ms)); /* before there was time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_read_as_it_is_shown),
        cmocka_unit_test(test_what_is_no_id_here_is_refused_and_says_why),
        cmocka_unit_test(test_a_moment_is_a_time_or_how_long_ago),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
