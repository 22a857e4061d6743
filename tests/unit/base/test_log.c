#include "../cmocka_setup.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"

/* Runs log_info() with standard error led into a pipe, and gives what was written. */
static void logged(const struct logger *logger, const char *text, char *line, size_t size)
{
    int ends[2], kept = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_info(logger, "%s", text);
    dup2(kept, STDERR_FILENO);
    close(ends[1]);
    ssize_t len = read(ends[0], line, size - 1);
    line[len < 0 ? 0 : len] = '\0';
    close(ends[0]);
    close(kept);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_carries_the_fields_of_its_object),
        cmocka_unit_test(test_untrusted_text_cannot_begin_a_second_line),
        cmocka_unit_test(test_secrets_are_hidden_and_quiet_levels_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
