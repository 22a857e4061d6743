#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

static void test_valid_text_is_left_alone(void **state)
{
    static const char text[] = "plain, d\xc3\xa9j\xc3\xa0 vu, \xe2\x82\xac, \xf0\x9f\x94\x94";

    (void)state;
    size_t len = 0;
    auto_free char *repaired = utf8_repair(text, sizeof text - 1, &len);
    assert_string_equal(repaired, text);
    assert_int_equal(len, sizeof text - 1);
    assert_true(utf8_is_valid(text, sizeof text - 1));
}

static void test_each_bad_byte_becomes_a_replacement(void **state)
{
    static const struct {
        const char *bytes;
        const char *repaired;
    } rows[] = {
        {"a\xff"
         "b",
            "a\xef\xbf\xbd"
            "b"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* over-long */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut short */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *repaired = utf8_repair(rows[i].bytes, strlen(rows[i].bytes), NULL);
        assert_string_equal(repaired, rows[i].repaired);
        assert_false(utf8_is_valid(rows[i].bytes, strlen(rows[i].bytes)));
    }
}

static void test_a_cut_never_splits_a_code_point(void **state)
{
    static const char text[] = "a\xe2\x82\xac"
                               "b";

    (void)state;
    assert_int_equal(utf8_cut(text, 5, 5), 5);
    assert_int_equal(utf8_cut(text, 5, 4), 4);
    assert_int_equal(utf8_cut(text, 5, 3), 1);
    assert_int_equal(utf8_cut(text, 5, 2), 1);
    assert_int_equal(utf8_cut(text, 5, 0), 0);
    assert_int_equal(utf8_count(text), 3);
    assert_int_equal(utf8_offset(text, 2), 4);
    assert_int_equal(utf8_offset(text, 9), 5);
}

static void test_controls_become_blanks_and_nothing_else_does(void **state)
{
    char text[] = "a\tb\r\n\x7f|\xc2\x80\xc2\x9f|\u2028\u2029|"
                  "\u00a0\u00c2\u2027\u202a\u20a8\U0001f525\xe2\x80";

    (void)state;
    utf8_blank_controls(text);
    assert_string_equal(
        text, "a b   |    |      |\u00a0\u00c2\u2027\u202a\u20a8\U0001f525\xe2\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_text_is_left_alone),
        cmocka_unit_test(test_each_bad_byte_becomes_a_replacement),
        cmocka_unit_test(test_a_cut_never_splits_a_code_point),
        cmocka_unit_test(test_controls_become_blanks_and_nothing_else_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
