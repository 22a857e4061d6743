#include "../cmocka_setup.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/json_layout.h"

static void assert_laid_out(const char *json, const char *expected)
{
    auto_json json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    auto_buf struct buf out = {0};

    assert_non_null(value);
    json_layout(value, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void test_what_fits_into_a_line_stands_in_one(void **state)
{
    (void)state;
    assert_laid_out("{\"a\":[1,true,null],\"b\":{}}", "{\"a\": [1, true, null], \"b\": {}}");
    assert_laid_out("[]", "[]");
    assert_laid_out("\"word\"", "\"word\"");
}

#define LONG_WORD                                                                                  \
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww" \
    "wwww"                                                                                         \
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"

static void test_what_does_not_is_opened_and_keeps_its_order(void **state)
{
    (void)state;
    assert_laid_out("{\"z\":\"" LONG_WORD "\",\"a \\\"q\\\"\":[\"" LONG_WORD "\",{\"n\":1.5}]}",
        "{\n"
        "  \"z\": \"" LONG_WORD "\",\n"
        "  \"a \\\"q\\\"\": [\n"
        "    \"" LONG_WORD "\",\n"
        "    {\"n\": 1.5}\n"
        "  ]\n"
        "}");
}

/* An answer may come from anybody. */
static void test_what_is_nested_without_end_ends_in_one_line(void **state)
{
    enum {
        levels = 1000
    };
    auto_buf struct buf json = {0}, out = {0};

    (void)state;
    for (int i = 0; i < levels; i++)
        buf_putc(&json, '[');
    buf_puts(&json, "\"" LONG_WORD "\"");
    for (int i = 0; i < levels; i++)
        buf_putc(&json, ']');
    auto_json json_t *value = json_loads(buf_text(&json), 0, NULL);
    assert_non_null(value);
    json_layout(value, &out);
    size_t lines = 1;
    for (const char *end = buf_text(&out); (end = strchr(end, '\n')); end++)
        lines++;
    assert_int_equal(lines, 2 * 24 + 1);
    auto_json json_t *again = json_loads(buf_text(&out), 0, NULL);
    assert_true(json_equal(value, again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits_into_a_line_stands_in_one),
        cmocka_unit_test(test_what_does_not_is_opened_and_keeps_its_order),
        cmocka_unit_test(test_what_is_nested_without_end_ends_in_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
