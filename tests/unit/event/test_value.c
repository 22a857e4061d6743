#include "../cmocka_setup.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/value.h"

static json_t *value_of(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(value);
    return value;
}

static void test_scalars_have_texts(void **state)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"\"x\"", "x"},
        {"\"\"", ""},
        {"80", "80"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0.1", "0.1"},
        {"1e300", "1e+300"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"true", "true"},
        {"false", "false"},
        {"null", NULL},
        {"[]", NULL},
        {"{}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char scratch[VALUE_TEXT_SIZE];
        auto_json json_t *value = value_of(rows[i].json);
        const char *text = value_text(value, scratch);
        if (rows[i].text)
            assert_string_equal(text, rows[i].text);
        else
            assert_null(text);
    }
    assert_null(value_text(NULL, NULL));
}

static void test_numbers_are_read_from_texts_too(void **state)
{
    static const struct {
        const char *json;
        double number; /* NAN where there is none */
    } rows[] = {
        {"80", 80},
        {"\"80\"", 80},
        {"\"-1.5e2\"", -150},
        {"\"08\"", NAN},
        {"\"0x8\"", NAN},
        {"\" 8\"", NAN},
        {"\"8 \"", NAN},
        {"\"nan\"", NAN},
        {"\"1e999\"", NAN},
        {"\"\"", NAN},
        {"true", NAN},
        {"[80]", NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double number = 0;
        auto_json json_t *value = value_of(rows[i].json);
        assert_int_equal(value_number(value, &number), !isnan(rows[i].number));
        if (!isnan(rows[i].number))
            assert_true(number == rows[i].number);
    }
}

static void test_times_come_in_several_forms(void **state)
{
    static const struct {
        const char *json;
        int64_t ms; /* -1 where there is none */
    } rows[] = {
        {"\"2022-01-14T15:06:57.398005+00:00\"", 1642172817398},
        {"\"2025-02-06T15:05:44.016485\"", 1738854344016},
        {"1789000000", 1789000000000},
        {"\"1789000000\"", 1789000000000},
        {"1789000000.5", 1789000000500},
        {"0", 0},
        {"-5", -1},
        {"1e18", -1},
        {"\"2022-01-12T10-00-00Z\"", -1},
        {"null", -1},
        {"{}", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        auto_json json_t *value = value_of(rows[i].json);
        assert_int_equal(value_time(value, &ms), rows[i].ms >= 0);
        assert_int_equal(ms, rows[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars_have_texts),
        cmocka_unit_test(test_numbers_are_read_from_texts_too),
        cmocka_unit_test(test_times_come_in_several_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
