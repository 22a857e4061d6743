/* What each answer of a mail server means for the delivery. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "deliver_host.h"
#include "fake_smtp.h"
#include "mail.h"

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

static struct outcome deliver(struct stage *stage, const char *resume)
{
    struct tocsin_message message = sample_message();

    message.resume = resume;
    return deliver_host_deliver(stage->host, &message, 5000);
}

static void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

static void assert_resume(const struct outcome *outcome, const char *expected)
{
    if (!expected)
        assert_null(outcome->resume);
    else
        assert_string_equal(outcome->resume ? outcome->resume : "(none)", expected);
}

static void test_a_mail_that_is_taken_is_delivered_with_the_queue_id(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){0});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_false(outcome.maybe_sent);
    assert_null(outcome.reason);
    assert_null(outcome.resume);
    assert_string_equal(outcome.receipt, "250 2.0.0 Ok: queued as 4F1A2");
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    assert_string_equal(commands, "EHLO router.example.org\n"
                                  "MAIL FROM:<soc@example.org>\n"
                                  "RCPT TO:<a@example.org>\n"
                                  "RCPT TO:<b@example.org>\n"
                                  "RCPT TO:<c@example.org>\n"
                                  "DATA\n");
    stage_clear(&stage);
}

static void test_each_refusal_has_its_meaning(void **state)
{
    static const struct {
        struct smtp_script script;
        uint32_t result;
        const char *reason;
    } rows[] = {
        {{.greeting = "421 4.3.2 closing"}, TOCSIN_RETRY, "connecting: 421 4.3.2 closing"},
        {{.greeting = "554 no service"}, TOCSIN_UNUSABLE, "connecting: 554 no service"},
        {{.greeting = fake_hang_up}, TOCSIN_RETRY, "connecting"},
        {{.hello = "502 no", .helo = "550 no"}, TOCSIN_UNUSABLE, "EHLO: 550 no"},
        {{.mail = "451 4.3.0 later"}, TOCSIN_RETRY, "MAIL: 451 4.3.0 later"},
        {{.mail = "530 5.7.0 login first"}, TOCSIN_UNUSABLE, "MAIL: 530 5.7.0 login first"},
        {{.mail = "550 5.1.8 bad sender"}, TOCSIN_UNUSABLE, "MAIL: 550 5.1.8 bad sender"},
        {{.mail = "552 5.3.4 too large"}, TOCSIN_REJECTED, "MAIL: 552 5.3.4 too large"},
        {{.data = "451 4.3.0 later"}, TOCSIN_RETRY, "DATA: 451 4.3.0 later"},
        {{.data = "554 5.5.1 no"}, TOCSIN_REJECTED, "DATA: 554 5.5.1 no"},
        {{.data = fake_hang_up}, TOCSIN_RETRY, "DATA: "},
        {{.dot = "451 4.7.1 greylisted"}, TOCSIN_RETRY, "the mail: 451 4.7.1 greylisted"},
        {{.dot = "554-5.7.1 it is\r\n554 5.7.1 spam"}, TOCSIN_REJECTED,
            "554 5.7.1 it is 5.7.1 spam"},
        {{.mail = fake_hang_up}, TOCSIN_RETRY, "MAIL: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage = stage_set(&rows[i].script);
        auto_outcome struct outcome outcome = deliver(&stage, NULL);
        assert_says(outcome.reason, rows[i].reason);
        assert_int_equal(outcome.result, rows[i].result);
        assert_false(outcome.maybe_sent);
        assert_null(outcome.resume);
        stage_clear(&stage);
    }
}

static void test_only_who_was_put_off_gets_it_again(void **state)
{
    (void)state;
    struct stage stage = stage_set(
        &(struct smtp_script){.rcpt = {NULL, "450 4.2.0 greylisted", "550 5.1.1 no such user"}});
    auto_outcome struct outcome first = deliver(&stage, NULL);
    assert_int_equal(first.result, TOCSIN_RETRY);
    assert_false(first.maybe_sent);
    assert_resume(&first, "+b@example.org");
    assert_says(first.reason, "1 of 3 recipients have it");
    assert_says(first.reason, "b@example.org: 450 4.2.0 greylisted");
    assert_says(first.reason, "c@example.org: 550 5.1.1 no such user");

    fake_smtp_follow(stage.smtp, &(struct smtp_script){0});
    auto_outcome struct outcome second = deliver(&stage, first.resume);
    assert_int_equal(second.result, TOCSIN_DELIVERED);
    assert_resume(&second, NULL);
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    const char *after = strstr(strstr(commands, "DATA\n") + 5, "MAIL");
    assert_string_equal(after, "MAIL FROM:<soc@example.org>\nRCPT TO:<b@example.org>\nDATA\n");
    stage_clear(&stage);
}

static void test_who_is_refused_does_not_keep_it_from_the_others(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.rcpt = {"550 5.1.1 no such user"}});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_string_equal(
        outcome.reason, "1 of 3 recipients were refused: a@example.org: 550 5.1.1 no such user");
    stage_clear(&stage);
}

static void test_when_nobody_is_accepted_the_replies_decide(void **state)
{
    static const struct {
        const char *replies[3];
        uint32_t result;
        const char *resume;
    } rows[] = {
        {{"450 a", "450 b", "451 c"}, TOCSIN_RETRY, NULL},
        {{"550 a", "450 b", "550 c"}, TOCSIN_RETRY, "b@example.org"},
        {{"550 5.1.1 a", "550 5.1.1 b", "550 5.1.1 c"}, TOCSIN_REJECTED, NULL},
        {{"554 5.7.1 a", "554 5.7.1 b", "554 5.7.1 relaying denied"}, TOCSIN_UNUSABLE, NULL},
        {{"530 a", "530 b", "530 5.7.0 login first"}, TOCSIN_UNUSABLE, NULL},
        {{"554 5.7.1 a", "550 5.1.1 b", "554 5.7.1 c"}, TOCSIN_REJECTED, NULL},
        {{"552 5.2.2 a", "552 5.2.2 b", "552 5.2.2 full"}, TOCSIN_REJECTED, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smtp_script script = {0};
        memcpy(script.rcpt, rows[i].replies, sizeof rows[i].replies);
        struct stage stage = stage_set(&script);
        auto_outcome struct outcome outcome = deliver(&stage, NULL);
        assert_int_equal(outcome.result, rows[i].result);
        assert_resume(&outcome, rows[i].resume);
        assert_says(outcome.reason, "no recipient was accepted: ");
        for (size_t reply = 0; reply < 3; reply++)
            assert_says(outcome.reason, rows[i].replies[reply]);
        stage_clear(&stage);
    }
}

static void test_the_last_one_refused_ends_a_delivery_that_others_have(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.rcpt = {"550 5.1.1 no such user"}});
    auto_outcome struct outcome outcome = deliver(&stage, "+b@example.org");
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_says(outcome.reason, "b@example.org: 550 5.1.1 no such user");
    stage_clear(&stage);
}

static void test_what_is_owed_survives_any_failure(void **state)
{
    static const struct smtp_script scripts[] = {{.greeting = "421 later"}, {.mail = "451 later"},
        {.mail = "550 sender"}, {.dot = "451 later"}, {.mail = fake_hang_up}};

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct stage stage = stage_set(&scripts[i]);
        auto_outcome struct outcome outcome = deliver(&stage, "+b@example.org,c@example.org");
        assert_int_not_equal(outcome.result, TOCSIN_DELIVERED);
        assert_resume(&outcome, "+b@example.org,c@example.org");
        stage_clear(&stage);
    }
}

static void test_owed_recipients_that_left_the_configuration_are_let_go(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){0});
    auto_outcome struct outcome gone = deliver(&stage, "+former@example.org");
    assert_int_equal(gone.result, TOCSIN_DELIVERED);
    assert_int_equal(fake_smtp_connections(stage.smtp), 0);
    auto_outcome struct outcome replaced = deliver(&stage, "former@example.org");
    assert_int_equal(replaced.result, TOCSIN_DELIVERED);
    auto_free char *commands = fake_smtp_commands(stage.smtp);
    assert_says(commands, "RCPT TO:<c@example.org>");
    stage_clear(&stage);
}

static void test_silence_after_the_dot_is_in_doubt_at_the_deadline(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.dot = fake_silence});
    auto_outcome struct outcome outcome = deliver_host_deliver(stage.host, &message, 400);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.maybe_sent);
    assert_says(outcome.reason, "no answer to the whole mail");
    assert_true(outcome.took_ms >= 300 && outcome.took_ms < 2000);

    /* The next mail must not take the late answer for its own. */
    fake_smtp_follow(stage.smtp, &(struct smtp_script){0});
    auto_outcome struct outcome next = deliver(&stage, NULL);
    assert_int_equal(next.result, TOCSIN_DELIVERED);
    assert_int_equal(fake_smtp_connections(stage.smtp), 2);
    auto_free char *first = fake_smtp_mail(stage.smtp, 0);
    auto_free char *second = fake_smtp_mail(stage.smtp, 1);
    auto_free char *first_id = mail_header(first, "Message-ID");
    auto_free char *second_id = mail_header(second, "Message-ID");
    assert_string_equal(first_id, second_id);
    stage_clear(&stage);
}

static void test_hanging_up_after_the_dot_is_in_doubt(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.dot = fake_hang_up});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.maybe_sent);
    stage_clear(&stage);
}

static void test_silence_before_the_mail_is_in_no_doubt(void **state)
{
    static const struct smtp_script scripts[] = {
        {.greeting = fake_silence}, {.mail = fake_silence}, {.data = fake_silence}};
    const struct tocsin_message message = sample_message();

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct stage stage = stage_set(&scripts[i]);
        auto_outcome struct outcome outcome = deliver_host_deliver(stage.host, &message, 300);
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_false(outcome.maybe_sent);
        assert_true(outcome.took_ms < 2000);
        stage_clear(&stage);
    }
}

static void test_closing_does_not_wait_for_a_server_that_says_nothing(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){0});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    deliver_host_destroy(stage.host);
    fake_smtp_await(stage.smtp, "QUIT\n");
    fake_smtp_stop(stage.smtp);
}

static void test_a_connection_serves_several_mails(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){0});
    for (int i = 0; i < 3; i++) {
        auto_outcome struct outcome outcome = deliver(&stage, NULL);
        assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    }
    assert_int_equal(fake_smtp_connections(stage.smtp), 1);
    stage_clear(&stage);
}

static void test_a_server_that_hung_up_on_an_idle_connection_is_called_again(void **state)
{
    static const char *const last_words[] = {NULL, "421 4.4.2 idle for too long\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof last_words / sizeof *last_words; i++) {
        struct stage stage = stage_set(&(struct smtp_script){0});
        auto_outcome struct outcome first = deliver(&stage, NULL);
        fake_smtp_hang_up(stage.smtp, last_words[i]);
        auto_outcome struct outcome second = deliver(&stage, NULL);
        assert_int_equal(first.result, TOCSIN_DELIVERED);
        assert_int_equal(second.result, TOCSIN_DELIVERED);
        assert_int_equal(fake_smtp_connections(stage.smtp), 2);
        stage_clear(&stage);
    }
}

static void test_nothing_listening_is_tried_again(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){0});
    const struct tocsin_message message = sample_message();
    const char *settings[] = {
        fake_smtp_url(stage.smtp), "tls=none", "from=soc@example.org", "to=a@example.org", NULL};
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);
    stage_clear(&stage);
    auto_outcome struct outcome outcome = deliver_host_deliver(host, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_says(outcome.reason, "connect");
    deliver_host_destroy(host);
}

static void test_a_stopping_daemon_breaks_off(void **state)
{
    (void)state;
    struct stage stage = stage_set(&(struct smtp_script){.mail = fake_silence});
    deliver_host_stop(stage.host);
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.took_ms < 3000);
    stage_clear(&stage);
}

static void test_a_reply_is_one_line_of_ascii_in_a_reason(void **state)
{
    (void)state;
    struct stage stage =
        stage_set(&(struct smtp_script){.mail = "451-4.3.0 one\x1b[31m\r\n451 \xff two"});
    auto_outcome struct outcome outcome = deliver(&stage, NULL);
    assert_says(outcome.reason, "MAIL: 451 4.3.0 one [31m ? two");
    stage_clear(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mail_that_is_taken_is_delivered_with_the_queue_id),
        cmocka_unit_test(test_each_refusal_has_its_meaning),
        cmocka_unit_test(test_only_who_was_put_off_gets_it_again),
        cmocka_unit_test(test_who_is_refused_does_not_keep_it_from_the_others),
        cmocka_unit_test(test_when_nobody_is_accepted_the_replies_decide),
        cmocka_unit_test(test_the_last_one_refused_ends_a_delivery_that_others_have),
        cmocka_unit_test(test_what_is_owed_survives_any_failure),
        cmocka_unit_test(test_owed_recipients_that_left_the_configuration_are_let_go),
        cmocka_unit_test(test_silence_after_the_dot_is_in_doubt_at_the_deadline),
        cmocka_unit_test(test_hanging_up_after_the_dot_is_in_doubt),
        cmocka_unit_test(test_silence_before_the_mail_is_in_no_doubt),
        cmocka_unit_test(test_closing_does_not_wait_for_a_server_that_says_nothing),
        cmocka_unit_test(test_a_connection_serves_several_mails),
        cmocka_unit_test(test_a_server_that_hung_up_on_an_idle_connection_is_called_again),
        cmocka_unit_test(test_nothing_listening_is_tried_again),
        cmocka_unit_test(test_a_stopping_daemon_breaks_off),
        cmocka_unit_test(test_a_reply_is_one_line_of_ascii_in_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
