#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "event/document.h"

static char *reprint(const char *bytes, size_t len)
{
    auto_error struct error error = {0};
    auto_json json_t *document = document_parse(bytes, len, &error);

    if (!document)
        print_message("# %s\n", error_text(&error));
    assert_non_null(document);
    return json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void assert_reads(const char *text, const char *expected)
{
    auto_free char *dump = reprint(text, strlen(text));

    assert_string_equal(dump, expected);
}

static void assert_refused(const char *text, const char *reason)
{
    auto_error struct error error = {0};

    assert_null(document_parse(text, strlen(text), &error));
    if (!strstr(error_text(&error), reason))
        fail_msg("\"%s\" does not say \"%s\"", error_text(&error), reason);
}

static void test_json_is_read_as_it_stands(void **state)
{
    (void)state;
    assert_reads("{\"a\":[1,2.5,null,true,\"x\"]}", "{\"a\":[1,2.5,null,true,\"x\"]}");
    assert_reads(" \t\r\n{} \n\n", "{}");
    assert_reads("7", "7");
    assert_reads("null", "null");
    assert_reads("\"t\\u00e9xt \\ud83d\\udd14\"", "\"t\xc3\xa9xt \xf0\x9f\x94\x94\"");
    assert_reads("\xef\xbb\xbf{\"a\":1}", "{\"a\":1}");
}

static void test_bad_utf_8_becomes_a_replacement(void **state)
{
    (void)state;
    assert_reads("{\"a\":\"x\xff\"}", "{\"a\":\"x\xef\xbf\xbd\"}");
    assert_reads("{\"a\xc0\":1}", "{\"a\xef\xbf\xbd\":1}");
    assert_reads("\"\xed\xa0\x80\"", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_nuls_are_dropped(void **state)
{
    static const char raw[] = "{\"a\":\"x\0y\"}";

    (void)state;
    assert_reads("\"a\\u0000b\"", "\"ab\"");
    assert_reads("{\"k\\u0000\":1}", "{\"k\":1}");
    auto_free char *dump = reprint(raw, sizeof raw - 1);
    assert_string_equal(dump, "{\"a\":\"xy\"}");
}

static void test_lone_surrogates_become_replacements(void **state)
{
    (void)state;
    assert_reads("\"\\ud83d!\"", "\"\xef\xbf\xbd!\"");
    assert_reads("\"\\udd14\"", "\"\xef\xbf\xbd\"");
    assert_reads("\"\\ud83d\\ud83d\\udd14\"", "\"\xef\xbf\xbd\xf0\x9f\x94\x94\"");
    assert_reads("\"\\ud83d\"", "\"\xef\xbf\xbd\"");
    assert_reads("\"\\ud83d\\n\"", "\"\xef\xbf\xbd\\n\"");
}

static void test_raw_controls_in_texts_are_kept(void **state)
{
    (void)state;
    assert_reads("\"a\nb\tc\"", "\"a\\nb\\tc\"");
}

static void test_numbers_out_of_range_become_texts(void **state)
{
    (void)state;
    assert_reads("[1e999]", "[\"1e999\"]");
    assert_reads("[-1E+999,5]", "[\"-1E+999\",5]");
    assert_reads(
        "{\"n\":123456789012345678901234567890}", "{\"n\":\"123456789012345678901234567890\"}");
    assert_reads("[9223372036854775807]", "[9223372036854775807]");
    assert_reads("[9223372036854775808]", "[\"9223372036854775808\"]");
    assert_reads("[-99999999999999999999]", "[\"-99999999999999999999\"]");
}

static void test_a_repair_leaves_the_rest_alone(void **state)
{
    (void)state;
    assert_reads("{\"a\":\"\xff\",\"b\":\"1e999 \\\" -5 \\\\\",\"c\":-0.5,\"d\":[1,\"\\u00e9\"]}",
        "{\"a\":\"\xef\xbf\xbd\",\"b\":\"1e999 \\\" -5 \\\\\",\"c\":-0.5,\"d\":[1,\"\xc3\xa9\"]}");
}

static void test_what_is_not_json_is_refused_with_its_place(void **state)
{
    static const char *const texts[] = {"", " ", "{", "}", "[1,]", "{\"a\":}", "{\"a\":01}", "nul",
        "{} {}", "{}x", "'a'", "\"a", "\"\\", "\"\\u12", "\"\\ud83d", "-", "1.", "+1", "\\", "\xff",
        "{\"a\":1e}", "[\"\\x\"]"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(texts[i], "line 1, column ");
    assert_refused("{\n  \"a\": }", "line 2, column ");
}

static char *nested(size_t levels, const char *open, const char *close)
{
    struct buf text = {0};

    for (size_t i = 0; i < levels; i++)
        buf_puts(&text, open);
    buf_puts(&text, "1");
    for (size_t i = 0; i < levels; i++)
        buf_puts(&text, close);
    return buf_take(&text);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    auto_free char *lists = nested(512, "[", "]");
    auto_free char *maps = nested(512, "{\"a\":", "}");
    auto_free char *one_more = nested(513, "{\"a\":", "}");
    auto_free char *absurd = nested(100000, "[", "]");
    auto_json json_t *deep_lists = document_parse(lists, strlen(lists), NULL);
    auto_json json_t *deep_maps = document_parse(maps, strlen(maps), NULL);

    assert_non_null(deep_lists);
    assert_non_null(deep_maps);
    assert_refused(one_more, "nested deeper than 512 levels");
    assert_refused(absurd, "nested deeper than 512 levels");
}

/* A quarter of a megabyte of numbers, one of which needs the repair, is linear work. */
static void test_the_repair_of_many_numbers_is_quick(void **state)
{
    auto_buf struct buf text = {0};

    (void)state;
    buf_puts(&text, "[1e999");
    for (int i = 0; i < 128 * 1024; i++)
        buf_puts(&text, ",1");
    buf_puts(&text, "]");
    auto_json json_t *list = document_parse(text.data, text.len, NULL);
    assert_int_equal(json_array_size(list), 128 * 1024 + 1);
}

/* The reason goes into the sender's answer and into the log. */
static void test_a_reason_is_one_line_whatever_it_quotes(void **state)
{
    (void)state;
    assert_refused("{\x1b[31m}", "line 1, column 2: string or '}' expected near ' '");
    assert_refused("{\xc2\x85}", "column 2: string or '}' expected near '  '");
    assert_refused("[\"a\" b\xe2\x80\xa8]", "column 6: ']' expected near 'b'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_read_as_it_stands),
        cmocka_unit_test(test_bad_utf_8_becomes_a_replacement),
        cmocka_unit_test(test_nuls_are_dropped),
        cmocka_unit_test(test_lone_surrogates_become_replacements),
        cmocka_unit_test(test_raw_controls_in_texts_are_kept),
        cmocka_unit_test(test_numbers_out_of_range_become_texts),
        cmocka_unit_test(test_a_repair_leaves_the_rest_alone),
        cmocka_unit_test(test_what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_the_repair_of_many_numbers_is_quick),
        cmocka_unit_test(test_a_reason_is_one_line_whatever_it_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
