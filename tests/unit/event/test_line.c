#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "event/line.h"

static void assert_line(const char *text, const char *expected)
{
    auto_buf struct buf line = {0};

    one_line_append(&line, text, strlen(text));
    assert_string_equal(buf_text(&line), expected);
}

static void test_a_text_becomes_one_line(void **state)
{
    (void)state;
    assert_line("plain, d\xc3\xa9j\xc3\xa0 vu", "plain, d\xc3\xa9j\xc3\xa0 vu");
    assert_line("a\r\n\tb", "a b");
    assert_line("a\x1b[31mb\x7f", "a [31mb ");
    assert_line("a\xc2\x85"
                "b\xe2\x80\xa8"
                "c\xe2\x80\xa9",
        "a b c ");
    assert_line("a  b", "a  b"); /* blanks are no controls */
}

static void test_writing_direction_cannot_be_turned(void **state)
{
    (void)state;
    assert_line("invoice\xe2\x80\xae"
                "fdp.exe\xe2\x80\xac",
        "invoicefdp.exe");
    assert_line("\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f", "x");
}

static void test_bytes_that_are_no_text_become_blanks(void **state)
{
    (void)state;
    assert_line("a\xff"
                "b",
        "a b");
}

static void test_a_copy_is_trimmed_and_bounded(void **state)
{
    (void)state;
    auto_free char *trimmed = one_line_copy(" \n title \t", 100);
    auto_free char *blank = one_line_copy(" \n\t", 100);
    auto_free char *exact = one_line_copy("12345", 5);
    auto_free char *cut = one_line_copy("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 5);

    assert_string_equal(trimmed, "title");
    assert_string_equal(blank, "");
    assert_string_equal(exact, "12345");
    assert_string_equal(cut, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xe2\x80\xa6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_becomes_one_line),
        cmocka_unit_test(test_writing_direction_cannot_be_turned),
        cmocka_unit_test(test_bytes_that_are_no_text_become_blanks),
        cmocka_unit_test(test_a_copy_is_trimmed_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
