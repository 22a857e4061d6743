/* Programs of every temper: quick, slow, deaf, talkative, dying, and those that will not die. */
#include "../cmocka_setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"

/* A shell with that script. */
static struct deliver_host *script_create(const char *script, const char *extra)
{
    auto_buf struct buf command = {0};

    buf_printf(&command, "command=/bin/sh,-c,%s", script);
    const char *settings[] = {buf_text(&command), extra, NULL};
    struct deliver_host *sink = deliver_host_create("PLUGIN_EXEC", settings);
    assert_null(deliver_host_check(sink));
    return sink;
}

static struct outcome run_script(const char *script, int64_t deadline_ms)
{
    const struct tocsin_message message = sample_message();
    struct deliver_host *sink = script_create(script, NULL);
    struct outcome outcome = deliver_host_deliver(sink, &message, deadline_ms);

    deliver_host_destroy(sink);
    return outcome;
}

static void test_the_exit_status_is_the_outcome(void **state)
{
    static const struct {
        const char *script;
        uint32_t result;
        bool maybe_sent;
        const char *reason, *receipt;
    } rows[] = {
        {"exit 0", TOCSIN_DELIVERED, false, NULL, ""},
        {"echo id-7; echo more", TOCSIN_DELIVERED, false, NULL, "id-7"},
        {"exit 75", TOCSIN_RETRY, false, "exit status 75", NULL},
        {"echo busy >&2; exit 75", TOCSIN_RETRY, false, "exit status 75: busy", NULL},
        {"echo out; exit 65", TOCSIN_REJECTED, false, "exit status 65: out", NULL},
        {"echo out; echo one >&2; echo two >&2; echo >&2; exit 78", TOCSIN_UNUSABLE, false,
            "exit status 78: two", NULL},
        {"exit 1", TOCSIN_RETRY, true, "exit status 1", NULL},
        {"kill -9 $$", TOCSIN_RETRY, true, "it was ended by signal 9", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_outcome struct outcome outcome = run_script(rows[i].script, 5000);
        assert_int_equal(outcome.result, rows[i].result);
        assert_int_equal(outcome.maybe_sent, rows[i].maybe_sent);
        if (rows[i].reason)
            assert_string_equal(outcome.reason, rows[i].reason);
        if (rows[i].receipt)
            assert_string_equal(outcome.receipt, rows[i].receipt);
    }
}

static void test_the_message_stands_on_standard_input(void **state)
{
    char path[] = "/tmp/tocsin-exec-XXXXXX";
    int fd = mkstemp(path);
    auto_buf struct buf script = {0};

    (void)state;
    close(fd);
    buf_printf(&script, "cat >%s", path);
    auto_outcome struct outcome outcome = run_script(script.data, 5000);
    auto_json json_t *document = json_load_file(path, 0, NULL);

    unlink(path);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_string_equal(json_string_value(json_object_get(document, "title")), "Mimikatz on DC01");
    assert_string_equal(json_string_value(json_object_get(document, "delivery")), "d4f1-17");
}

static void test_who_does_not_read_is_no_failure(void **state)
{
    const struct tocsin_message usual = sample_message();
    struct tocsin_message message = usual;
    auto_free char *text = mem_alloc(1000001);
    struct deliver_host *sink = script_create("exec <&-; sleep 0.1; exit 0", NULL);

    (void)state;
    memset(text, 'x', 1000000);
    message.text_plain = text;
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    deliver_host_destroy(sink);
}

static void test_a_long_input_and_a_long_output_pass_each_other(void **state)
{
    struct tocsin_message message = sample_message();
    auto_free char *text = mem_alloc(1000001);
    struct deliver_host *sink = script_create("cat; cat /dev/null; exit 65", NULL);

    (void)state;
    memset(text, 'x', 1000000);
    message.text_plain = text;
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 10000);
    assert_int_equal(outcome.result, TOCSIN_REJECTED);
    assert_in_range(strlen(outcome.reason), 10, 1000);
    deliver_host_destroy(sink);
}

/* A line of a file; "" where there is none. */
static void read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");

    line[0] = '\0';
    if (file && !fgets(line, (int)size, file))
        line[0] = '\0';
    if (file)
        fclose(file);
}

static bool is_alive(const char *pid)
{
    char line[256];
    auto_buf struct buf stat = {0};

    buf_printf(&stat, "/proc/%ld/stat", strtol(pid, NULL, 10));
    read_line(stat.data, line, sizeof line);
    const char *name_end = strrchr(line, ')');
    return name_end && name_end[2] != 'Z' && name_end[2] != 'X';
}

/* Who was killed is gone as soon as the kernel comes to it, and no sooner. */
static void assert_is_gone(const char *pid_file)
{
    static const struct timespec pause = {.tv_nsec = 10000000};
    char pid[32];

    read_line(pid_file, pid, sizeof pid);
    assert_true(strtol(pid, NULL, 10) > 0);
    for (int i = 0; i < 500 && is_alive(pid); i++)
        nanosleep(&pause, NULL);
    assert_false(is_alive(pid));
}

static void test_at_the_deadline_the_whole_group_ends(void **state)
{
    char path[] = "/tmp/tocsin-exec-XXXXXX";
    int fd = mkstemp(path);
    auto_buf struct buf script = {0};

    (void)state;
    close(fd);
    buf_printf(&script, "sleep 60 & echo $! >%s; echo begun; wait", path);
    auto_outcome struct outcome outcome = run_script(script.data, 300);

    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.maybe_sent);
    assert_string_equal(outcome.reason, "it was ended at its deadline: begun");
    assert_in_range(outcome.took_ms, 250, 1200);
    assert_is_gone(path);
    unlink(path);
}

static void test_who_will_not_end_is_killed(void **state)
{
    (void)state;
    auto_outcome struct outcome outcome =
        run_script("trap '' TERM; while :; do sleep 0.05; done", 200);

    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_in_range(outcome.took_ms, 1000, 1900);
}

static void test_what_it_left_behind_holds_nobody_up(void **state)
{
    (void)state;
    auto_outcome struct outcome outcome = run_script("sleep 3 & echo done", 5000);

    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_string_equal(outcome.receipt, "done");
    assert_in_range(outcome.took_ms, 0, 2000);
}

static void test_the_environment_is_its_own(void **state)
{
    const struct tocsin_message message = sample_message();
    struct deliver_host *sink = script_create(
        "echo \"$HOME|$PATH|$LANG|$DESK|$SECRET_OF_THE_DAEMON|$(pwd)\"", "env=DESK=soc");

    (void)state;
    setenv("SECRET_OF_THE_DAEMON", "x", 1);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    unsetenv("SECRET_OF_THE_DAEMON");
    assert_string_equal(outcome.receipt,
        "/|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|C.UTF-8|soc||/");
    deliver_host_destroy(sink);
}

static void test_no_descriptor_and_no_signal_is_inherited(void **state)
{
    int leaky = open("/dev/null", O_RDONLY); /* as a careless library opens it */

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    auto_outcome struct outcome outcome =
        run_script("ls /proc/self/fd | wc -l; grep SigIgn /proc/self/status >&2; exit 65", 5000);
    signal(SIGPIPE, SIG_DFL);
    close(leaky);
    /* The last seven digits are signals 1 to 28; glibc ignores two of its own beyond. */
    assert_non_null(strstr(outcome.reason, "SigIgn:"));
    assert_string_equal(outcome.reason + strlen(outcome.reason) - 7, "0000000");
    auto_outcome struct outcome descriptors = run_script("ls /proc/self/fd | tr '\\n' ' '", 5000);
    assert_string_equal(descriptors.receipt, "0 1 2 3 "); /* 3 is ls's own */
}

static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void test_nothing_is_left_behind(void **state)
{
    static const char *const scripts[] = {"exit 0", "exit 1", "kill -9 $$", "sleep 5", "exec <&-"};
    size_t before = count_descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        auto_outcome struct outcome outcome = run_script(scripts[i], 300);
        assert_in_range(outcome.result, TOCSIN_DELIVERED, TOCSIN_UNUSABLE);
    }
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_what_cannot_be_started_holds_the_sink(void **state)
{
    static const struct {
        const char *command, *reason;
    } rows[] = {
        {"command=/nowhere/notify",
            "/nowhere/notify could not be started: No such file or directory"},
        {"command=/etc/passwd", "/etc/passwd could not be started: Permission denied"},
        {"command=surely-not-installed", "surely-not-installed could not be started: No such file"},
    };
    const struct tocsin_message message = sample_message();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_host *sink =
            deliver_host_create("PLUGIN_EXEC", (const char *const[]){rows[i].command, NULL});
        auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 2000);
        assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
        assert_false(outcome.maybe_sent);
        assert_memory_equal(outcome.reason, rows[i].reason, strlen(rows[i].reason));
        deliver_host_destroy(sink);
    }
}

static void test_a_name_is_looked_for_along_its_own_path(void **state)
{
    const struct tocsin_message message = sample_message();
    struct deliver_host *sink =
        deliver_host_create("PLUGIN_EXEC", (const char *const[]){"command=true", NULL});
    auto_outcome struct outcome found = deliver_host_deliver(sink, &message, 5000);

    (void)state;
    assert_int_equal(found.result, TOCSIN_DELIVERED);
    deliver_host_destroy(sink);
    sink = deliver_host_create(
        "PLUGIN_EXEC", (const char *const[]){"command=true", "env=PATH=/nowhere", NULL});
    auto_outcome struct outcome missed = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(missed.result, TOCSIN_UNUSABLE);
    deliver_host_destroy(sink);
}

static void test_check_names_the_cure(void **state)
{
    static const struct {
        const char *command, *env, *why;
    } rows[] = {
        {"command=./notify", NULL,
            "command: a program with a slash in its name must be named with"},
        {"command=notify --now", NULL, "command: there is no shell here"},
        {"command=/bin/true", "env=A=b", NULL},
        {"command=notify", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_host *sink = deliver_host_create(
            "PLUGIN_EXEC", (const char *const[]){rows[i].command, rows[i].env, NULL});
        const char *why = deliver_host_check(sink);
        assert_true(!why == !rows[i].why);
        if (why && rows[i].why)
            assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        deliver_host_destroy(sink);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_exit_status_is_the_outcome),
        cmocka_unit_test(test_the_message_stands_on_standard_input),
        cmocka_unit_test(test_who_does_not_read_is_no_failure),
        cmocka_unit_test(test_a_long_input_and_a_long_output_pass_each_other),
        cmocka_unit_test(test_at_the_deadline_the_whole_group_ends),
        cmocka_unit_test(test_who_will_not_end_is_killed),
        cmocka_unit_test(test_what_it_left_behind_holds_nobody_up),
        cmocka_unit_test(test_the_environment_is_its_own),
        cmocka_unit_test(test_no_descriptor_and_no_signal_is_inherited),
        cmocka_unit_test(test_nothing_is_left_behind),
        cmocka_unit_test(test_what_cannot_be_started_holds_the_sink),
        cmocka_unit_test(test_a_name_is_looked_for_along_its_own_path),
        cmocka_unit_test(test_check_names_the_cure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
