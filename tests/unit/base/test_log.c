#include "captured.h"

#include "../cmocka_setup.h"

#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"

/* What log_info() writes. */
static void logged(const struct logger *logger, const char *text, char *line, size_t size)
{
    struct captured captured;

    captured_begin(&captured);
    log_info(logger, "%s", text);
    captured_end(&captured, line, size);
}

static void test_a_line_carries_the_fields_of_its_object(void **state)
{
    struct logger root = {.threshold = LOG_LEVEL_INFO};
    struct logger sink = logger_with(&root, "sink", "soc teams");
    struct logger delivery = logger_with(&sink, "delivery", "3f9a1c-d7");
    char line[512];

    (void)state;
    logged(&delivery, "handed over", line, sizeof line);
    assert_non_null(
        strstr(line, " level=info sink=\"soc teams\" delivery=3f9a1c-d7 msg=\"handed over\"\n"));
}

static void test_untrusted_text_cannot_begin_a_second_line(void **state)
{
    struct logger root = {.threshold = LOG_LEVEL_INFO};
    char line[512];

    (void)state;
    logged(&root, "bad\ntime=now level=error msg=\"forged\"\x1b[31m", line, sizeof line);
    assert_non_null(
        strstr(line, "msg=\"bad\\ntime=now level=error msg=\\\"forged\\\"\\x1b[31m\"\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void test_secrets_are_hidden_and_quiet_levels_are_not_written(void **state)
{
    struct secrets *secrets = secrets_create();
    struct logger root = {.threshold = LOG_LEVEL_INFO, .secrets = secrets};
    struct logger quiet = {.threshold = LOG_LEVEL_WARN};
    char line[512];

    (void)state;
    secrets_add(secrets, "hunter22");
    logged(&root, "the password is hunter22", line, sizeof line);
    assert_non_null(strstr(line, "msg=\"the password is ***\""));
    logged(&quiet, "nobody asked", line, sizeof line);
    assert_string_equal(line, "");
    secrets_destroy(secrets);
}

/* In JSON a secret may be spelled with escapes, and stand in a far end's words. */
static void test_secrets_are_hidden_in_json_too(void **state)
{
    struct secrets *secrets = secrets_create();
    struct logger root = {
        .threshold = LOG_LEVEL_INFO, .format = LOG_FORMAT_JSON, .secrets = secrets};
    char line[512];

    (void)state;
    secrets_add(secrets, "pass/\"word\"22");
    logged(&root, "401: pass/\"word\"22, or pass\\/\\\"word\\\"22", line, sizeof line);
    assert_non_null(strstr(line, "\"msg\":\"401: ***, or ***\"}\n"));
    secrets_destroy(secrets);
}

static void test_the_journal_is_known_by_its_stream(void **state)
{
    struct captured captured;
    struct stat status;
    char name[64], text[8];

    (void)state;
    captured_begin(&captured);
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)status.st_dev,
        (unsigned long long)status.st_ino);
    setenv("JOURNAL_STREAM", name, 1);
    bool is_ours = log_is_journal();
    strcat(name, "1");
    setenv("JOURNAL_STREAM", name, 1);
    bool is_another = log_is_journal();
    unsetenv("JOURNAL_STREAM");
    bool is_none = log_is_journal();
    captured_end(&captured, text, sizeof text);
    assert_true(is_ours);
    assert_false(is_another);
    assert_false(is_none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_carries_the_fields_of_its_object),
        cmocka_unit_test(test_untrusted_text_cannot_begin_a_second_line),
        cmocka_unit_test(test_secrets_are_hidden_and_quiet_levels_are_not_written),
        cmocka_unit_test(test_secrets_are_hidden_in_json_too),
        cmocka_unit_test(test_the_journal_is_known_by_its_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
