#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log_line.h"

static const struct logger keyvalue = {.format = LOG_FORMAT_KEYVALUE};
static const struct logger json = {.format = LOG_FORMAT_JSON};

/* The line that the text makes; the caller frees it. */
static char *line_of(
    const struct logger *logger, enum log_level level, const char *time, const char *text)
{
    struct buf line = {0};

    log_line_append(&line, logger, level, time, text);
    assert_ptr_equal(strchr(line.data, '\n'), line.data + line.len - 1);
    return buf_take(&line);
}

static json_t *object_of(const struct logger *logger, const char *text)
{
    char *line = line_of(logger, LOG_LEVEL_WARN, "now", text);
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

    assert_true(json_is_object(object));
    for (const char *byte = line; *byte; byte++)
        assert_true(*byte == '\n' || (*byte >= 0x20 && (unsigned char)*byte < 0x80));
    free(line);
    return object;
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void test_json_has_the_fields_in_their_order(void **state)
{
    struct logger sink = logger_with(&json, "sink", "soc teams");
    struct logger delivery = logger_with(&sink, "delivery", "3f9a1c-d7");
    char *line = line_of(&delivery, LOG_LEVEL_ERROR, "2026-11-26T10:00:00.000Z", "it \"failed\"");

    (void)state;
    assert_string_equal(line, "{\"time\":\"2026-11-26T10:00:00.000Z\",\"level\":\"error\","
                              "\"sink\":\"soc teams\",\"delivery\":\"3f9a1c-d7\","
                              "\"msg\":\"it \\\"failed\\\"\"}\n");
    free(line);
}

static void test_the_journal_gets_a_priority_and_no_time(void **state)
{
    static const char *const begins[] = {
        "<3>level=error ", "<4>level=warn ", "<6>level=info ", "<7>level=debug "};

    (void)state;
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        char *line = line_of(&keyvalue, (enum log_level)level, NULL, "x");
        assert_memory_equal(line, begins[level], strlen(begins[level]));
        free(line);
    }
    char *line = line_of(&json, LOG_LEVEL_INFO, NULL, "x");
    assert_string_equal(line, "<6>{\"level\":\"info\",\"msg\":\"x\"}\n");
    free(line);
}

static void test_untrusted_text_forges_no_json_member(void **state)
{
    static const char evil[] =
        "x\",\"level\":\"error\",\"y\":\"\n\x1b[31m \xff \xc2\x9b \xe2\x80\xae";
    struct logger hook = logger_with(&json, "hook", evil);
    json_t *object = object_of(&hook, evil);

    (void)state;
    assert_int_equal(json_object_size(object), 4);
    assert_string_equal(member(object, "level"), "warn");
    assert_string_equal(member(object, "msg"),
        "x\",\"level\":\"error\",\"y\":\"\n\x1b[31m \xef\xbf\xbd \xc2\x9b \xe2\x80\xae");
    assert_string_equal(member(object, "hook"), member(object, "msg"));
    json_decref(object);
}

static void test_untrusted_text_forges_no_field(void **state)
{
    struct logger hook = logger_with(&keyvalue, "hook", "a level=error");
    struct logger empty = logger_with(&hook, "event", "");
    char *line = line_of(&empty, LOG_LEVEL_WARN, NULL, "b\" level=error\n<3>c=\\");

    (void)state;
    assert_string_equal(line, "<4>level=warn hook=\"a level=error\" event=\"\" "
                              "msg=\"b\\\" level=error\\n<3>c=\\\\\"\n");
    free(line);
}

/* CSI as one C1 control, line separators, marks that turn the direction, and bytes of no text. */
static void test_what_a_terminal_obeys_is_escaped_and_letters_are_not(void **state)
{
    char *line = line_of(&keyvalue, LOG_LEVEL_WARN, NULL,
        "\xc2\x9b|\xe2\x80\xa8|\xe2\x80\xae|\xe2\x81\xa6|\xe2\x80\x8f|\xd8\x9c|\xff|\xe2\x82|\x7f");
    char *letters =
        line_of(&keyvalue, LOG_LEVEL_WARN, NULL, "\xc3\x9cn\xc3\xaf \xe2\x82\xac \xf0\x9f\x94\x94");

    (void)state;
    assert_string_equal(line,
        "<4>level=warn msg=\"\\xc2\\x9b|\\xe2\\x80\\xa8|\\xe2\\x80\\xae|"
        "\\xe2\\x81\\xa6|\\xe2\\x80\\x8f|\\xd8\\x9c|\\xff|\\xe2\\x82|\\x7f\"\n");
    assert_string_equal(
        letters, "<4>level=warn msg=\"\xc3\x9cn\xc3\xaf \xe2\x82\xac \xf0\x9f\x94\x94\"\n");
    free(line);
    free(letters);
}

static void test_a_long_text_is_cut_between_characters(void **state)
{
    char text[LOG_LONGEST_TEXT + 100];
    static const char left[] = "... (100 more bytes)\"\n";

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + LOG_LONGEST_TEXT - 1, "\xe2\x82\xac", 3);
    char *line = line_of(&keyvalue, LOG_LEVEL_WARN, NULL, text);
    size_t len = strlen(line);
    assert_in_range(len, LOG_LONGEST_TEXT, LOG_LONGEST_TEXT + 60);
    assert_string_equal(line + len - strlen(left), left);
    assert_null(strchr(line, '\xe2'));
    free(line);

    struct logger hook = logger_with(&json, "hook", text);
    json_t *object = object_of(&hook, text);
    assert_in_range(strlen(member(object, "msg")), LOG_LONGEST_TEXT - 1, LOG_LONGEST_TEXT + 40);
    assert_non_null(strstr(member(object, "hook"), "x... (100 more bytes)"));
    json_decref(object);
}

static void test_a_text_of_nothing_but_broken_bytes_is_cut_too(void **state)
{
    char text[LOG_LONGEST_TEXT * 2];

    (void)state;
    memset(text, '\x80', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    char *line = line_of(&keyvalue, LOG_LEVEL_WARN, NULL, text);
    assert_in_range(strlen(line), LOG_LONGEST_TEXT, 4 * LOG_LONGEST_TEXT + 100);
    free(line);
    json_decref(object_of(&json, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_the_fields_in_their_order),
        cmocka_unit_test(test_the_journal_gets_a_priority_and_no_time),
        cmocka_unit_test(test_untrusted_text_forges_no_json_member),
        cmocka_unit_test(test_untrusted_text_forges_no_field),
        cmocka_unit_test(test_what_a_terminal_obeys_is_escaped_and_letters_are_not),
        cmocka_unit_test(test_a_long_text_is_cut_between_characters),
        cmocka_unit_test(test_a_text_of_nothing_but_broken_bytes_is_cut_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
