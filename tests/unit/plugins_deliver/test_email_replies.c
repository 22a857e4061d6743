/* Mail servers as odd as they come: each stage put off, refused or broken off, and replies that are
 * no replies. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "deliver_host.h"
#include "fake_smtp.h"

struct stage {
    struct fake_smtp *smtp;
    struct deliver_host *host;
};

static struct stage stage_set(const struct smtp_script *script)
{
    struct stage stage = {.smtp = fake_smtp_start(script)};
    const char *settings[] = {fake_smtp_url(stage.smtp), "tls=none", "from=soc@example.org",
        "to=a@example.org,b@example.org,c@example.org", "helo=router.example.org", NULL};

    stage.host = deliver_host_create("PLUGIN_EMAIL", settings);
    assert_null(deliver_host_check(stage.host));
    return stage;
}

static void stage_clear(struct stage *stage)
{
    deliver_host_destroy(stage->host);
    fake_smtp_stop(stage->smtp);
}

static struct outcome deliver_by(struct stage *stage, const char *resume, int64_t deadline_ms)
{
    struct tocsin_message message = sample_message();

    message.resume = resume;
    return deliver_host_deliver(stage->host, &message, deadline_ms);
}

static struct outcome deliver(struct stage *stage, const char *resume)
{
    return deliver_by(stage, resume, 5000);
}

static void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

struct row {
    struct smtp_script script;
    uint32_t result;
    bool maybe_sent;
    const char *reason;
};

static void assert_row(const struct row *row)
{
    struct stage stage = stage_set(&row->script);
    auto_outcome struct outcome outcome = deliver(&stage, NULL);

    assert_says(outcome.reason, row->reason);
    assert_int_equal(outcome.result, row->result);
    assert_int_equal(outcome.maybe_sent, row->maybe_sent);
    assert_null(outcome.resume);
    assert_true(outcome.took_ms < 4000);

    /* The next mail finds a server that has come to its senses. */
    fake_smtp_follow(stage.smtp, &(struct smtp_script){0});
    auto_outcome struct outcome next = deliver(&stage, NULL);
    assert_int_equal(next.result, TOCSIN_DELIVERED);
    stage_clear(&stage);
}

#define ASSERT_ROWS(rows)                                                                          \
    for (size_t row_ = 0; row_ < sizeof(rows) / sizeof *(rows); row_++)                            \
    assert_row(&(rows)[row_])

static void test_a_server_that_closes_is_called_again_later(void **state)
{
    static const struct row rows[] = {
        {{.greeting = "421 4.3.2 a"}, TOCSIN_RETRY, false, "connecting: 421 4.3.2 a"},
        {{.hello = "421 4.3.2 b"}, TOCSIN_RETRY, false, "EHLO: 421 4.3.2 b"},
        {{.mail = "421 4.3.2 c"}, TOCSIN_RETRY, false, "MAIL: 421 4.3.2 c"},
        {{.rcpt = {"421 4.3.2 d"}}, TOCSIN_RETRY, false, "RCPT: "},
        {{.rcpt = {NULL, "421 4.3.2 e"}}, TOCSIN_RETRY, false, "RCPT: "},
        {{.data = "421 4.3.2 f"}, TOCSIN_RETRY, false, "DATA: 421 4.3.2 f"},
        {{.dot = "421 4.3.2 g"}, TOCSIN_RETRY, false, "the mail: 421 4.3.2 g"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void test_each_stage_can_be_put_off_or_refused(void **state)
{
    static const struct row rows[] = {
        {{.greeting = "450 4.7.1 a"}, TOCSIN_RETRY, false, "connecting: 450 4.7.1 a"},
        {{.greeting = "521 5.3.2 b"}, TOCSIN_UNUSABLE, false, "connecting: 521 5.3.2 b"},
        {{.hello = "450 c", .helo = "450 d"}, TOCSIN_RETRY, false, "EHLO: 450 d"},
        {{.hello = "550 e", .helo = "550 f"}, TOCSIN_UNUSABLE, false, "EHLO: 550 f"},
        {{.mail = "452 4.3.1 g"}, TOCSIN_RETRY, false, "MAIL: 452 4.3.1 g"},
        {{.mail = "501 5.5.4 h"}, TOCSIN_UNUSABLE, false, "MAIL: 501 5.5.4 h"},
        {{.data = "450 4.2.0 i"}, TOCSIN_RETRY, false, "DATA: 450 4.2.0 i"},
        {{.data = "554 5.5.1 j"}, TOCSIN_REJECTED, false, "DATA: 554 5.5.1 j"},
        {{.data = "250 no mail wanted"}, TOCSIN_RETRY, false, "DATA: "},
        {{.dot = "450 4.2.0 k"}, TOCSIN_RETRY, false, "the mail: 450 4.2.0 k"},
        {{.dot = "550 5.7.1 l"}, TOCSIN_REJECTED, false, "the mail: 550 5.7.1 l"},
        {{.dot = "535 5.7.8 m"}, TOCSIN_UNUSABLE, false, "the mail: 535 5.7.8 m"},
        {{.hello = fake_hang_up}, TOCSIN_RETRY, false, "EHLO: "},
        {{.rcpt = {fake_hang_up}}, TOCSIN_RETRY, false, "RCPT: "},
        {{.data = fake_go_and_hang_up}, TOCSIN_RETRY, true, "no answer to the whole mail"},
        {{.dot = fake_hang_up}, TOCSIN_RETRY, true, "no answer to the whole mail"},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void test_what_is_no_reply_is_no_success(void **state)
{
    static const struct row rows[] = {
        {{.greeting = "354 what?"}, TOCSIN_RETRY, false, "connecting: "},
        {{.mail = "354 go at once"}, TOCSIN_RETRY, false, "MAIL: "},
        {{.mail = "150 wait"}, TOCSIN_RETRY, false, "MAIL: "},
        {{.mail = "999 \x01\x02 x"}, TOCSIN_RETRY, false, "MAIL: 999    x"},
        {{.dot = "354 go on"}, TOCSIN_RETRY, true, "sending the mail: "},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void test_babble_ends_at_the_deadline(void **state)
{
    static const struct smtp_script scripts[] = {
        {.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n<html>"},
        {.greeting = "220-and so on"},
        {.greeting = "SSH-2.0-OpenSSH_9.2"},
        {.greeting = fake_endless},
        {.hello = fake_endless},
        {.mail = fake_endless},
        {.mail = "2"},
        {.mail = "250-never done"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct stage stage = stage_set(&scripts[i]);
        auto_outcome struct outcome outcome = deliver_by(&stage, NULL, 400);
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_false(outcome.maybe_sent);
        assert_true(outcome.took_ms < 2000);
        stage_clear(&stage);
    }
}

/* A reply of so many lines, each longer than RFC 5321 4.5.3.1.5 allows; the caller's. */
static char *overlong(const char *code, int lines)
{
    struct buf reply = {0};

    for (int line = 0; line < lines; line++) {
        buf_printf(&reply, "%s-", code);
        for (int word = 0; word < 100; word++)
            buf_puts(&reply, "words ");
        buf_puts(&reply, "\r\n");
    }
    buf_printf(&reply, "%s end", code);
    return buf_take(&reply);
}

static void test_a_long_reply_is_read_whole_and_quoted_short(void **state)
{
    auto_free char *fine = overlong("250", 30), *refusal = overlong("550", 30),
                   *flood = overlong("250", 400);

    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.hello = fine, .mail = fine});
    auto_outcome struct outcome taken = deliver(&stage, NULL);
    assert_int_equal(taken.result, TOCSIN_DELIVERED);
    fake_smtp_follow(stage.smtp, &(struct smtp_script){.mail = refusal});
    auto_outcome struct outcome refused = deliver(&stage, NULL);
    assert_int_equal(refused.result, TOCSIN_UNUSABLE);
    assert_says(refused.reason, "MAIL: 550 words");
    assert_true(strlen(refused.reason) < 600);
    /* Some libcurls take no more than 300 kB in all; what goes on then is short all the same. */
    fake_smtp_follow(stage.smtp, &(struct smtp_script){.hello = flood});
    auto_outcome struct outcome flooded = deliver(&stage, NULL);
    assert_true(flooded.result == TOCSIN_RETRY || flooded.result == TOCSIN_DELIVERED);
    assert_true(!flooded.reason || strlen(flooded.reason) < 600);
    stage_clear(&stage);
}

static void test_a_line_beyond_all_measure_ends_the_attempt(void **state)
{
    auto_buf struct buf line = {0};

    (void)state;
    buf_puts(&line, "250 ");
    for (int i = 0; i < 300000; i++)
        buf_putc(&line, 'x');
    struct stage stage = stage_set(&(struct smtp_script){.mail = buf_text(&line)});
    auto_outcome struct outcome outcome = deliver_by(&stage, NULL, 1000);
    assert_true(outcome.result == TOCSIN_DELIVERED || outcome.result == TOCSIN_RETRY);
    assert_true(outcome.took_ms < 3000);
    stage_clear(&stage);
}

static void test_replies_may_come_byte_by_byte(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.in_bytes = true,
        .hello = "250-fake\r\n250-SIZE 1000000\r\n250 8BITMIME",
        .rcpt = {NULL, "450-4.2.0 try\r\n450 4.2.0 later"}});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_string_equal(outcome.resume, "+b@example.org");
    assert_says(outcome.reason, "450 4.2.0 try 4.2.0 later");
    stage_clear(&stage);
}

static void test_a_server_that_knows_no_ehlo_gets_helo(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.hello = "500 5.5.1 what?"});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    assert_says(commands, "EHLO router.example.org\nHELO router.example.org\nMAIL");
    stage_clear(&stage);
}

static void test_a_mail_that_is_over_the_announced_size_is_rejected(void **state)
{
    (void)state;
    struct stage stage =
        stage_set(&(struct smtp_script){.hello = "250-fake\r\n250-PIPELINING\r\n250 SIZE 1000",
            .mail = "552 5.3.4 message size exceeds fixed limit"});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_REJECTED);
    assert_says(outcome.reason, "552 5.3.4 message size exceeds fixed limit");
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    assert_says(commands, "MAIL FROM:<soc@example.org> SIZE=");
    stage_clear(&stage);
}

static void test_each_recipient_counts_for_itself_in_any_order(void **state)
{
    static const char *const replies[] = {
        "250 2.1.5 Ok", "450 4.2.0 greylisted", "550 5.1.1 no such user"};
    static const size_t orders[][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const char *const addresses[] = {"a@example.org", "b@example.org", "c@example.org"};

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct smtp_script script = {0};
        const char *deferred = "";
        for (size_t at = 0; at < 3; at++) {
            script.rcpt[at] = replies[orders[i][at]];
            if (orders[i][at] == 1)
                deferred = addresses[at];
        }
        struct stage stage = stage_set(&script);
        auto_outcome struct outcome outcome = deliver(&stage, NULL);
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_int_equal(*outcome.resume, '+');
        assert_string_equal(outcome.resume + 1, deferred);
        fake_smtp_follow(stage.smtp, &(struct smtp_script){0});
        auto_outcome struct outcome second = deliver(&stage, outcome.resume);
        assert_int_equal(second.result, TOCSIN_DELIVERED);
        stage_clear(&stage);
    }
}

static void test_too_many_recipients_get_it_in_turns(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){
        .rcpt = {NULL, "452 4.5.3 too many recipients", "452 4.5.3 too many recipients"}});
    auto_outcome struct outcome first = deliver(&stage, NULL);
    assert_int_equal(first.result, TOCSIN_RETRY);
    assert_string_equal(first.resume, "+b@example.org,c@example.org");
    auto_outcome struct outcome second = deliver(&stage, first.resume);
    assert_int_equal(second.result, TOCSIN_RETRY);
    assert_string_equal(second.resume, "+c@example.org");
    auto_outcome struct outcome third = deliver(&stage, second.resume);
    assert_int_equal(third.result, TOCSIN_DELIVERED);
    for (size_t i = 0; i < 3; i++) {
        auto_free char *mail = fake_smtp_mail(stage.smtp, i);
        assert_non_null(mail);
    }
    stage_clear(&stage);
}

static void test_forwarded_and_unverified_recipients_are_accepted(void **state)
{
    (void)state;
    struct stage stage = stage_set(
        &(struct smtp_script){.rcpt = {"251 will forward", "252 cannot verify", "250 2.1.5 Ok"}});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_null(outcome.reason);
    stage_clear(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_that_closes_is_called_again_later),
        cmocka_unit_test(test_each_stage_can_be_put_off_or_refused),
        cmocka_unit_test(test_what_is_no_reply_is_no_success),
        cmocka_unit_test(test_babble_ends_at_the_deadline),
        cmocka_unit_test(test_a_long_reply_is_read_whole_and_quoted_short),
        cmocka_unit_test(test_a_line_beyond_all_measure_ends_the_attempt),
        cmocka_unit_test(test_replies_may_come_byte_by_byte),
        cmocka_unit_test(test_a_server_that_knows_no_ehlo_gets_helo),
        cmocka_unit_test(test_a_mail_that_is_over_the_announced_size_is_rejected),
        cmocka_unit_test(test_each_recipient_counts_for_itself_in_any_order),
        cmocka_unit_test(test_too_many_recipients_get_it_in_turns),
        cmocka_unit_test(test_forwarded_and_unverified_recipients_are_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
