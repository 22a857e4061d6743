#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "message/filling.h"

#define DATA                                                                                       \
    "{\"title\": \"a \\\"b\\\" \\\\ \\n\\u0001\\u00e9\\u202e\", \"urgency\": 85, \"half\": 0.1, "  \
    "\"link\": null, \"is_new\": true, \"empty\": \"\", \"nothing\": [], "                         \
    "\"facts\": [{\"label\": \"x\", \"value\": 1}, {\"label\": \"y\", \"value\": \"}\"}], "        \
    "\"event\": {\"alert\": {\"title\": \"t\"}}, \"evil\": \"1, \\\"admin\\\": true\"}"

static void test_values_are_json_wherever_they_stand(void **state)
{
    static const struct {
        const char *template, *made;
    } rows[] = {
        {"{\"a\": {{title}}}", "{\"a\": \"a \\\"b\\\" \\\\ \\n\\u0001\u00e9\u202e\"}"},
        {"{\"a\": \"<{{title}}>\"}", "{\"a\": \"<a \\\"b\\\" \\\\ \\n\\u0001\u00e9\u202e>\"}"},
        {"[{{urgency}}, \"{{urgency}} of 100\"]", "[85, \"85 of 100\"]"},
        {"[{{half}}, {{is_new}}, {{link}}, {{empty}}, {{nothing}}]", "[0.1, true, null, \"\", []]"},
        {"[\"{{half}}\", \"{{is_new}}\", \"{{link}}\", \"{{empty}}\", \"{{nothing}}\"]",
            "[\"0.1\", \"true\", \"\", \"\", \"[]\"]"},
        {"{{event}}", "{\"alert\":{\"title\":\"t\"}}"},
        {"{{event|json}}", "{\"alert\":{\"title\":\"t\"}}"},
        {"\"{{event|json}}\"", "\"{\\\"alert\\\":{\\\"title\\\":\\\"t\\\"}}\""},
        {"{{event.alert.title}}", "\"t\""},
        {"{{event.alert.gone}}", "null"},
        {"{{event.alert.gone|or:\"none\"}}", "\"none\""},
        {"{{link|json}}", "null"},
        {"[{{evil}}, {{{evil}}}, {{&evil}}]", "[\"1, \\\"admin\\\": true\", \"1, \\\"admin\\\": "
                                              "true\", \"1, \\\"admin\\\": true\"]"},
        {"{\"{{title|cut:1}}\\\"\\\\{{urgency}}\": \"\\\\{{evil|cut:2}}\"}",
            "{\"\u2026\\\"\\\\85\": \"\\\\1\u2026\"}"},
        {"[{{#facts}}{\"{{label}}\": {{value}}}, {{/facts}}0]", "[{\"x\": 1}, {\"y\": \"}\"}, 0]"},
        {"{{#link}}\"{{/link}}{{urgency}}", "85"},
        {"{{#urgency}}\"{{/urgency}}{{evil}}\"", "\"1, \\\"admin\\\": true\""},
        {"{{#facts}}{{#label}}{{/label}}{{/facts}}{{#event}}{{anything}}{{/event}}", "null"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        struct filling filling = {0};
        auto_free char *made = filling_make(&filling, rows[i].template, DATA, 0, &error);
        if (!made)
            fail_msg("%s: %s", rows[i].template, error_text(&error));
        assert_string_equal(made, rows[i].made);
        filling_finish(&filling);
    }
}

static void test_what_makes_no_json_is_told(void **state)
{
    static const struct {
        const char *template, *why;
    } rows[] = {
        {"{\"a\": {{title}", "line 1, column 7: "},
        {"{\n \"a\": {{titel}}}",
            "line 2, column 7: there is no \"titel\"; did you mean \"title\"?"},
        {"{{#fact}}x{{/fact}}", "line 1, column 1: there is no \"fact\"; did you mean \"facts\"?"},
        {"{{^zzzzzz}}x{{/zzzzzz}}", "line 1, column 1: there is no \"zzzzzz\""},
        {"{{#facts}}1{{/facts}}{{wrong}}", "line 1, column 22: there is no \"wrong\""},
        {"{{>part}}", "line 1, column 1: {{>part}}: there are no partials here"},
        {"{{#facts}}{{>part}}{{/facts}}", "line 1, column 11: {{>part}}: there are no"},
        {"\"\\{{evil}}\"", "line 1, column 3: no value can stand behind a back-slash"},
        {"{{urgency|tim}}", "line 1, column 11: unknown format \"tim\"; did you mean \"time\"?"},
        {"{{x\x17y}}", "line 1, column 1: there is no \"x y\""},
        {"", "makes no JSON: line 1, column 0: "},
        {"\x02null", "makes no JSON: line 1, column 1: invalid token near ' '"},
        {"{\"a\": {{title}},}", "makes no JSON: line 1, column "},
        {"{{title}}{{title}}", "makes no JSON: line 1, column "},
        {"[{{#facts}}{{value}},{{/facts}}]", "makes no JSON: line 1, column "},
        {"{\"admin\": 1, \"{{event.alert.gone|or:admin}}\": 2}", "makes no JSON: line 1, column "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        struct filling filling = {0};
        char *made = filling_make(&filling, rows[i].template, DATA, 0, &error);
        if (made)
            fail_msg("%s makes %s", rows[i].template, made);
        if (strncmp(error_text(&error), rows[i].why, strlen(rows[i].why)) != 0)
            fail_msg("%s: %s", rows[i].template, error_text(&error));
        filling_finish(&filling);
    }
}

/* Whatever a value holds, each member of the result is what the template says it is. */
static void test_no_value_breaks_out(void **state)
{
    static const char *const values[] = {"\"", "\\", "\\\"", "\", \"admin\": true, \"x\": \"", "}",
        "]}", "{{title}}", "\n", "\u2028", "//", "\\u0022", "null", "\xf0\x9f\x94\xa5"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct filling filling = {0};
        auto_json json_t *data = json_pack("{s:s}", "v", values[i]);
        auto_free char *text = json_dumps(data, 0);
        auto_free char *made = filling_make(&filling,
            "{\"a\": {{v}}, \"b\": \"{{v}}\", \"c\": [\"{{{v}}}\", {{&v}}]}", text, 0, NULL);
        auto_json json_t *expected = json_pack(
            "{s:s, s:s, s:[s, s]}", "a", values[i], "b", values[i], "c", values[i], values[i]);
        auto_json json_t *document = json_loads(made, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_equal(document, expected));
        filling_finish(&filling);
    }
}

static void test_a_filling_serves_any_template_in_turn(void **state)
{
    static const char *const templates[] = {
        "{{urgency}}", "{{urgency}}", "[{{urgency}}]", "{{#urgency}}", "{{urgency}}"};
    struct filling filling = {0};

    (void)state;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        auto_free char *made = filling_make(&filling, templates[i], DATA, 0, NULL);
        assert_int_equal(made == NULL, i == 3);
    }
    assert_null(filling_make(&filling, "1", "{", 0, NULL));
    filling_finish(&filling);
    filling_finish(&filling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_json_wherever_they_stand),
        cmocka_unit_test(test_what_makes_no_json_is_told),
        cmocka_unit_test(test_no_value_breaks_out),
        cmocka_unit_test(test_a_filling_serves_any_template_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
