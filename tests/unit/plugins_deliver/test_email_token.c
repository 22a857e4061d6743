/* XOAUTH2: where the token comes from, how long it is kept, and what fails on the way. */
#include "../cmocka_setup.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "fake_smtp.h"

#define OFFERS .hello = "250-fake\r\n250 STARTTLS", .hello_tls = "250 AUTH LOGIN XOAUTH2"

/* user=u@e.org^Aauth=Bearer T1^A^A, and the same of T2 */
#define FIRST_BLOB "dXNlcj11QGUub3JnAWF1dGg9QmVhcmVyIFQxAQE="
#define SECOND_BLOB "dXNlcj11QGUub3JnAWF1dGg9QmVhcmVyIFQyAQE="

struct stage {
    struct fake_smtp *smtp;
    struct deliver_host *host;
    char folder[sizeof "/tmp/tocsin-token-XXXXXX"];
    char *setting;
};

static char *path_of(const struct stage *stage, const char *name)
{
    return text_format("%s/%s", stage->folder, name);
}

static void file_write(const char *path, const char *content, mode_t mode)
{
    auto_fclose FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_return_code(fchmod(fileno(file), mode), 0);
}

static char *file_read(const char *path)
{
    auto_buf struct buf content = {0};
    auto_fclose FILE *file = fopen(path, "re");
    char bytes[1000];

    if (!file)
        return NULL;
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_append(&content, bytes, len);
    return buf_take(&content);
}

static void stage_open(struct stage *stage)
{
    const char *settings[] = {fake_smtp_url(stage->smtp), fake_smtp_ca(stage->smtp),
        "from=soc@example.org", "to=duty@example.org", "user=u@e.org", "auth=xoauth2",
        stage->setting, NULL};

    stage->host = deliver_host_create("PLUGIN_EMAIL", settings);
    assert_null(deliver_host_check(stage->host));
}

/* The file "token" in a folder of its own has that content, and is what gives the token: by being
 * read, or, where the content begins with #!, by being run. */
static struct stage stage_set(const struct smtp_script *script, const char *content)
{
    struct stage stage = {.smtp = fake_smtp_start(script), .folder = "/tmp/tocsin-token-XXXXXX"};
    bool is_program = strncmp(content, "#!", 2) == 0;

    assert_non_null(mkdtemp(stage.folder));
    auto_free char *path = path_of(&stage, "token");
    file_write(path, content, is_program ? 0700 : 0600);
    stage.setting = is_program ? text_format("token_command=%s,one,two words", path)
                               : text_format("token_file=%s", path);
    stage_open(&stage);
    return stage;
}

static void stage_clear(struct stage *stage)
{
    static const char *const names[] = {"token", "count", "seen", "child"};

    deliver_host_destroy(stage->host);
    fake_smtp_stop(stage->smtp);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        auto_free char *path = path_of(stage, names[i]);
        unlink(path);
    }
    assert_return_code(rmdir(stage->folder), 0);
    free(stage->setting);
}

static struct outcome deliver_by(struct stage *stage, int64_t deadline_ms)
{
    const struct tocsin_message message = sample_message();

    return deliver_host_deliver(stage->host, &message, deadline_ms);
}

static struct outcome deliver(struct stage *stage)
{
    return deliver_by(stage, 5000);
}

static void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

static void assert_commands(const struct stage *stage, const char *expected)
{
    auto_free char *commands = fake_smtp_commands(stage->smtp);

    assert_says(commands, expected);
}

static void test_the_first_line_of_the_file_is_the_token(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, " T1\t\r\nsecond line\n");
    auto_outcome struct outcome outcome = deliver(&stage);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_commands(&stage, "* AUTH XOAUTH2 " FIRST_BLOB "\n* MAIL");
    stage_clear(&stage);
}

static void test_a_file_is_read_for_each_mail(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, "T1\n");
    auto_free char *path = path_of(&stage, "token");
    auto_outcome struct outcome first = deliver(&stage);
    auto_outcome struct outcome same = deliver(&stage);
    assert_int_equal(fake_smtp_connections(stage.smtp), 1);
    file_write(path, "T2", 0600);
    auto_outcome struct outcome second = deliver(&stage);
    assert_int_equal(first.result, TOCSIN_DELIVERED);
    assert_int_equal(same.result, TOCSIN_DELIVERED);
    assert_int_equal(second.result, TOCSIN_DELIVERED);
    assert_int_equal(fake_smtp_connections(stage.smtp), 2);
    assert_commands(&stage, "* AUTH XOAUTH2 " SECOND_BLOB "\n* MAIL");
    stage_clear(&stage);
}

static void test_a_file_without_a_token_is_named(void **state)
{
    auto_buf struct buf endless = {0};

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_putc(&endless, 'x');
    const char *const contents[] = {
        "", "\nT1\n", " \t\n", "Bearer T1\n", "T\x01\n", "T\xc3\xa9\n", buf_text(&endless)};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct stage stage = stage_set(&(struct smtp_script){OFFERS}, contents[i]);
        auto_outcome struct outcome outcome = deliver(&stage);
        assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
        assert_says(outcome.reason, stage.folder);
        assert_says(outcome.reason, "no token");
        assert_int_equal(fake_smtp_connections(stage.smtp), 0);
        stage_clear(&stage);
    }
}

static void test_a_file_that_is_missing_or_a_pipe_is_named_at_once(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, "T1");
    auto_free char *path = path_of(&stage, "token");
    unlink(path);
    auto_outcome struct outcome missing = deliver(&stage);
    assert_int_equal(missing.result, TOCSIN_UNUSABLE);
    assert_says(missing.reason, "token: No such file");
    assert_return_code(mkfifo(path, 0600), 0);
    auto_outcome struct outcome fifo = deliver(&stage);
    assert_int_equal(fifo.result, TOCSIN_UNUSABLE);
    assert_says(fifo.reason, "no token");
    assert_true(fifo.took_ms < 2000);
    stage_clear(&stage);
}

static void test_a_long_token_goes_out_whole(void **state)
{
    auto_buf struct buf token = {0};

    (void)state;
    for (int i = 0; i < 750; i++)
        buf_puts(&token, "abcd");
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, buf_text(&token));
    auto_outcome struct outcome outcome = deliver(&stage);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    /* "abcd" as base64, as long as it begins at a whole group. */
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    const char *blob = strstr(commands, "dXNlcj11QGUub3JnAWF1dGg9QmVhcmVyI");
    assert_non_null(blob);
    assert_true(strcspn(blob, "\n") == (sizeof "user=u@e.orgauth=Bearer " + 2 + 3000 + 2) / 3 * 4);
    stage_clear(&stage);
}

/* Gives T1, T2, ... and counts in "count". */
#define COUNTING                                                                                   \
    "#!/bin/sh\ncd \"${0%/*}\"\necho x >>count\necho \"T$(grep -c x count)\"\necho more\n"

static size_t runs(const struct stage *stage)
{
    auto_free char *path = path_of(stage, "count");
    auto_free char *count = file_read(path);

    return count ? strlen(count) / 2 : 0;
}

static void test_a_command_is_asked_once_for_many_mails(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, COUNTING);
    for (int i = 0; i < 3; i++) {
        auto_outcome struct outcome outcome = deliver(&stage);
        assert_int_equal(outcome.result, TOCSIN_DELIVERED);
        fake_smtp_hang_up(stage.smtp, NULL);
    }
    assert_int_equal(runs(&stage), 1);
    assert_int_equal(fake_smtp_connections(stage.smtp), 3);
    assert_commands(&stage, "* AUTH XOAUTH2 " FIRST_BLOB "\n* MAIL");
    stage_clear(&stage);
}

static void test_a_kept_token_that_is_refused_is_replaced_within_the_attempt(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, COUNTING);
    auto_outcome struct outcome first = deliver(&stage);
    assert_int_equal(first.result, TOCSIN_DELIVERED);
    fake_smtp_hang_up(stage.smtp, NULL);
    /* The words are base64 for a JSON object; what the client says to that does not matter. */
    fake_smtp_follow(stage.smtp, &(struct smtp_script){OFFERS, .good_blob = SECOND_BLOB,
                                     .challenge = "334 eyJzdGF0dXMiOiI0MDEifQ==",
                                     .auth = "535 5.7.3 the token has run out"});
    auto_outcome struct outcome second = deliver(&stage);
    assert_int_equal(second.result, TOCSIN_DELIVERED);
    assert_int_equal(runs(&stage), 2);
    assert_commands(&stage, "* AUTH XOAUTH2 " SECOND_BLOB "\n* MAIL");
    stage_clear(&stage);
}

static void test_a_new_token_that_is_refused_is_not_asked_for_again(void **state)
{
    static const struct {
        const char *challenge, *reply, *reason;
    } refusals[] = {{NULL, "535 5.7.3 no", "AUTH: 535 5.7.3 no"},
        {NULL, "534 5.7.9 other way", "AUTH: 534 5.7.9 other way"},
        /* libcurl does not wait for what would follow. */
        {"334 eyJzdGF0dXMiOiI0MDEifQ==", "535 5.7.8 no", "AUTH: the server refuses the token"}};

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct stage stage =
            stage_set(&(struct smtp_script){OFFERS, .challenge = refusals[i].challenge,
                          .auth = refusals[i].reply},
                COUNTING);
        auto_outcome struct outcome outcome = deliver(&stage);
        assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
        assert_says(outcome.reason, refusals[i].reason);
        assert_int_equal(runs(&stage), 1);
        /* The next attempt does. */
        auto_outcome struct outcome next = deliver(&stage);
        assert_int_equal(next.result, TOCSIN_UNUSABLE);
        assert_int_equal(runs(&stage), 2);
        stage_clear(&stage);
    }
}

static void test_a_token_is_kept_while_the_server_is_away(void **state)
{
    (void)state;
    struct stage stage =
        stage_set(&(struct smtp_script){OFFERS, .auth = "454 4.7.0 later"}, COUNTING);
    auto_outcome struct outcome outcome = deliver(&stage);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    fake_smtp_follow(stage.smtp, &(struct smtp_script){OFFERS});
    auto_outcome struct outcome next = deliver(&stage);
    assert_int_equal(next.result, TOCSIN_DELIVERED);
    assert_int_equal(runs(&stage), 1);
    stage_clear(&stage);
}

static void test_a_token_in_a_reply_is_not_quoted(void **state)
{
    (void)state;
    struct stage stage = stage_set(
        &(struct smtp_script){OFFERS, .auth = "535 bad token s3same-0pen, really"}, "s3same-0pen");
    auto_outcome struct outcome outcome = deliver(&stage);
    assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
    assert_says(outcome.reason, "535 bad token ***, really");
    stage_clear(&stage);
}

static void test_a_command_that_fails_is_named_and_not_quoted(void **state)
{
    static const struct {
        const char *program;
        uint32_t result;
        const char *reason;
    } rows[] = {
        {"#!/bin/sh\necho s3same; echo s3same >&2; exit 3", TOCSIN_RETRY, "exit status 3"},
        {"#!/bin/sh\necho s3same; kill -9 $$", TOCSIN_RETRY, "died of signal 9"},
        {"#!/bin/sh\n", TOCSIN_UNUSABLE, "is no token"},
        {"#!/bin/sh\necho Bearer s3same", TOCSIN_UNUSABLE, "is no token"},
        {"#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x", TOCSIN_UNUSABLE, "is no token"},
        {"#!/nonexistent/interpreter\n", TOCSIN_UNUSABLE, "No such file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage = stage_set(&(struct smtp_script){OFFERS}, rows[i].program);
        auto_outcome struct outcome outcome = deliver(&stage);
        assert_says(outcome.reason, rows[i].reason);
        assert_int_equal(outcome.result, rows[i].result);
        assert_says(outcome.reason, "token_command");
        assert_says(outcome.reason, stage.folder);
        assert_null(strstr(outcome.reason, "s3same"));
        assert_null(strstr(outcome.reason, "two words"));
        assert_int_equal(fake_smtp_connections(stage.smtp), 0);
        stage_clear(&stage);
    }
}

/* Its number stands in "child"; what runs under that dies now, if it has not yet. */
static void assert_child_is_gone(const struct stage *stage)
{
    auto_free char *path = path_of(stage, "child");
    auto_free char *number = file_read(path);

    assert_non_null(number);
    auto_close int child = pidfd_open((pid_t)strtol(number, NULL, 10), 0);
    if (child >= 0)
        assert_int_equal(poll(&(struct pollfd){.fd = child, .events = POLLIN}, 1, 5000), 1);
}

static void test_a_command_that_hangs_is_ended_with_all_that_it_started(void **state)
{
    static const char *const programs[] = {
        "#!/bin/sh\ncd \"${0%/*}\"\nsleep 60 &\necho $! >child\nwait\n",
        "#!/bin/sh\ncd \"${0%/*}\"\ntrap '' TERM\nsleep 60 &\necho $! >child\nwait\nwait\nsleep "
        "60\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct stage stage = stage_set(&(struct smtp_script){OFFERS}, programs[i]);
        auto_outcome struct outcome outcome = deliver_by(&stage, 800);
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_says(outcome.reason, "before the deadline");
        assert_true(outcome.took_ms < 4000);
        assert_child_is_gone(&stage);
        stage_clear(&stage);
    }
}

static void test_a_stopping_daemon_ends_the_command(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){OFFERS}, "#!/bin/sh\nexec sleep 60\n");
    deliver_host_stop(stage.host);
    auto_outcome struct outcome outcome = deliver_by(&stage, 60000);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.took_ms < 5000);
    stage_clear(&stage);
}

static void test_a_command_sees_nothing_that_is_not_its_own(void **state)
{
    (void)state;
    setenv("TOCSIN_SECRET", "s3same", 1);
    signal(SIGPIPE, SIG_IGN);
    struct stage stage = stage_set(&(struct smtp_script){OFFERS},
        "#!/bin/sh\ncd \"${0%/*}\"\n(env; printf '<%s>\\n' \"$@\"; cat; ls /proc/$$/fd;"
        " grep SigBlk /proc/$$/status;"
        " echo ignored $((0x$(sed -n 's/SigIgn:.//p' /proc/$$/status) & 0x1000))) >seen\necho "
        "T1\n");
    auto_outcome struct outcome outcome = deliver(&stage);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    auto_free char *path = path_of(&stage, "seen");
    auto_free char *seen = file_read(path);
    assert_says(seen, "PATH=/");
    assert_null(strstr(seen, "TOCSIN_SECRET"));
    assert_says(seen, "<one>\n<two words>\n0\n1\n");
    assert_says(seen, "SigBlk:\t0000000000000000");
    assert_says(seen, "ignored 0\n"); /* SIGPIPE */
    /* 0, 1, 2, and the shell's own for the script. */
    assert_null(strstr(seen, "\n3\n"));
    unsetenv("TOCSIN_SECRET");
    stage_clear(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_line_of_the_file_is_the_token),
        cmocka_unit_test(test_a_file_is_read_for_each_mail),
        cmocka_unit_test(test_a_file_without_a_token_is_named),
        cmocka_unit_test(test_a_file_that_is_missing_or_a_pipe_is_named_at_once),
        cmocka_unit_test(test_a_long_token_goes_out_whole),
        cmocka_unit_test(test_a_command_is_asked_once_for_many_mails),
        cmocka_unit_test(test_a_kept_token_that_is_refused_is_replaced_within_the_attempt),
        cmocka_unit_test(test_a_new_token_that_is_refused_is_not_asked_for_again),
        cmocka_unit_test(test_a_token_is_kept_while_the_server_is_away),
        cmocka_unit_test(test_a_token_in_a_reply_is_not_quoted),
        cmocka_unit_test(test_a_command_that_fails_is_named_and_not_quoted),
        cmocka_unit_test(test_a_command_that_hangs_is_ended_with_all_that_it_started),
        cmocka_unit_test(test_a_stopping_daemon_ends_the_command),
        cmocka_unit_test(test_a_command_sees_nothing_that_is_not_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
