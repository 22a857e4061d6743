#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/yaml.h"
#include "rule/literal.h"

static void assert_json(const char *yaml, const char *expected)
{
    auto_problems struct problems problems = {0};
    auto_buf struct buf whole = {0};

    buf_printf(&whole, "x: %s", yaml);
    auto_yaml struct yaml *document =
        yaml_load_text("r.yaml", buf_text(&whole), whole.len, &problems);
    assert_int_equal(problems.count, 0);
    auto_json json_t *value = literal_json(yaml_get(document, "x"));
    auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
}

static void test_plain_words_are_what_they_are_in_json(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"30", "30"},
        {"-7", "-7"},
        {"0", "0"},
        {"1.5", "1.5"},
        {"-1.5e3", "-1500.0"},
        {"9223372036854775807", "9223372036854775807"},
        {"true", "true"},
        {"false", "false"},
        {"~", "null"},
        {"null", "null"},
        {"", "null"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"{b: [1, {c: x}], a: 'y'}", "{\"a\":\"y\",\"b\":[1,{\"c\":\"x\"}]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_json(rows[i].yaml, rows[i].json);
}

static void test_all_else_is_a_text(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"NO", "\"NO\""},
        {"on", "\"on\""},
        {"True", "\"True\""},
        {"08", "\"08\""},
        {"0x1f", "\"0x1f\""},
        {"22:30", "\"22:30\""},
        {"+7", "\"+7\""},
        {"1.", "\"1.\""},
        {".5", "\".5\""},
        {".nan", "\".nan\""},
        {"1e999", "\"1e999\""},
        {"9223372036854775808", "\"9223372036854775808\""},
        {"2026-11-25", "\"2026-11-25\""},
        {"1.2.3.4", "\"1.2.3.4\""},
        {"'30'", "\"30\""},
        {"\"true\"", "\"true\""},
        {"\"\"", "\"\""},
        {"'~'", "\"~\""},
        {"\"a\\nb\"", "\"a\\nb\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_json(rows[i].yaml, rows[i].json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_words_are_what_they_are_in_json),
        cmocka_unit_test(test_all_else_is_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
