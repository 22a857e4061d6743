/* TLS and authentication: nothing is sent that the configuration did not allow. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "deliver_host.h"
#include "fake_smtp.h"

#define PLAIN_BLOB "AHRvY3NpbgBzM2NyZXQ=" /* NUL tocsin NUL s3cret */
#define LOGIN_BLOB "czNjcmV0"             /* s3cret */

#define STARTTLS_ONLY .hello = "250-fake\r\n250 STARTTLS"

struct
try {
    struct smtp_script script;
    const char *settings[8]; /* beside url, from and to */
    bool trusts;             /* the fake's certificate */
};

/* One delivery; *commands is the caller's. */
static struct outcome try_run(const struct try *try, char **commands)
{
    struct fake_smtp *smtp = fake_smtp_start(&try->script);
    const char *settings[16] = {fake_smtp_url(smtp), "from=soc@example.org", "to=duty@example.org"};
    size_t count = 3;
    const struct tocsin_message message = sample_message();

    if (try->trusts)
        settings[count++] = fake_smtp_ca(smtp);
    for (size_t i = 0; try->settings[i]; i++)
        settings[count++] = try->settings[i];
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);
    assert_null(deliver_host_check(host));
    struct outcome outcome = deliver_host_deliver(host, &message, 5000);
    deliver_host_destroy(host);
    *commands = fake_smtp_commands(smtp);
    fake_smtp_stop(smtp);
    return outcome;
}

static void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

/* Neither a secret nor a mail's beginning went over the wire. */
static void assert_nothing_sent(const char *commands)
{
    assert_null(strstr(commands, "AUTH"));
    assert_null(strstr(commands, LOGIN_BLOB));
    assert_null(strstr(commands, "MAIL"));
}

static void test_login_happens_under_tls(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {{STARTTLS_ONLY, .hello_tls = "250-fake\r\n250 AUTH LOGIN PLAIN"},
        {"user=tocsin", "password=s3cret"}, .trusts = true};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_says(commands, "STARTTLS\n* EHLO");
    assert_says(commands, "* AUTH PLAIN " PLAIN_BLOB "\n* MAIL FROM:<soc@example.org>\n");
}

static void test_login_is_used_where_there_is_no_plain(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {{STARTTLS_ONLY, .hello_tls = "250 AUTH GSSAPI NTLM LOGIN"},
        {"user=tocsin@example.org", "password=s3cret"}, .trusts = true};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_says(commands, "* AUTH LOGIN");
    assert_says(commands, "* " LOGIN_BLOB "\n* MAIL");
}

static void test_without_starttls_nothing_is_sent(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {
        {.hello = "250-fake\r\n250 AUTH PLAIN"}, {"user=tocsin", "password=s3cret"}, true};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
    assert_says(outcome.reason, "offers no STARTTLS");
    assert_nothing_sent(commands);
}

static void test_a_certificate_nobody_vouches_for_stops_everything(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {{STARTTLS_ONLY, .hello_tls = "250 AUTH PLAIN"},
        {"user=tocsin", "password=s3cret"}, .trusts = false};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
    assert_says(outcome.reason, "certificate");
    assert_nothing_sent(commands);
}

static void test_a_server_without_auth_gets_no_mail_from_a_user(void **state)
{
    static const struct try tries[] = {
        {{STARTTLS_ONLY, .hello_tls = "250-fake\r\n250 8BITMIME"},
            {"user=tocsin", "password=s3cret"}, true},
        /* AUTH is offered before TLS, and gone after it. */
        {{.hello = "250-AUTH PLAIN\r\n250 STARTTLS", .hello_tls = "250 fake"},
            {"user=tocsin", "password=s3cret"}, true},
        /* EHLO is refused, and HELO knows no extensions. */
        {{STARTTLS_ONLY, .hello_tls = "502 no"}, {"user=tocsin", "password=s3cret"}, true},
        {{.hello = "502 no"}, {"tls=none", "user=tocsin", "password=s3cret"}, false},
        {{.hello = "250 8BITMIME"}, {"tls=none", "user=tocsin", "password=s3cret"}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        auto_free char *commands = NULL;
        auto_outcome struct outcome outcome = try_run(&tries[i], &commands);
        assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
        assert_says(outcome.reason, "offers no AUTH");
        assert_nothing_sent(commands);
    }
}

static void test_no_mechanism_in_common_is_unusable(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {{STARTTLS_ONLY, .hello_tls = "250 AUTH CRAM-MD5 LOGIN"},
        {"user=tocsin", "password=s3cret", "auth=plain"}, true};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
    assert_says(outcome.reason, "no way of AUTH");
    assert_nothing_sent(commands);
}

static void test_refused_logins_tell_lasting_from_passing(void **state)
{
    static const struct {
        const char *reply;
        uint32_t result;
    } rows[] = {{"535 5.7.8 wrong", TOCSIN_UNUSABLE}, {"454 4.7.0 later", TOCSIN_RETRY},
        {"550 5.7.30 Basic authentication is not supported", TOCSIN_UNUSABLE}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *commands = NULL;
        const struct try try = {
            {STARTTLS_ONLY, .hello_tls = "250 AUTH PLAIN", .auth = rows[i].reply},
            {"user=tocsin", "password=s3cret"}, true};
        auto_outcome struct outcome outcome = try_run(&try, &commands);
        assert_int_equal(outcome.result, rows[i].result);
        assert_says(outcome.reason, rows[i].reply);
        assert_null(strstr(commands, "MAIL"));
    }
}

static void test_a_server_that_repeats_the_password_is_not_quoted(void **state)
{
    static const char *const replies[] = {("535 not " PLAIN_BLOB " again"),
        "535 user tocsin password s3cret is wrong", ("535 " LOGIN_BLOB)};

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        auto_free char *commands = NULL;
        const struct try try = {{STARTTLS_ONLY, .hello_tls = "250 AUTH PLAIN", .auth = replies[i]},
            {"user=tocsin", "password=s3cret"}, true};
        auto_outcome struct outcome outcome = try_run(&try, &commands);
        assert_int_equal(outcome.result, TOCSIN_UNUSABLE);
        assert_says(outcome.reason, "***");
        assert_null(strstr(outcome.reason, "s3cret"));
        assert_null(strstr(outcome.reason, PLAIN_BLOB));
        assert_null(strstr(outcome.reason, LOGIN_BLOB));
    }
}

static void test_starttls_that_fails_sends_nothing(void **state)
{
    static const struct {
        const char *reply;
        uint32_t result;
        const char *reason;
    } rows[] = {
        {"454 4.7.0 TLS not available", TOCSIN_RETRY, "STARTTLS: 454 4.7.0 TLS not available"},
        {"502 5.5.1 not here", TOCSIN_UNUSABLE, "STARTTLS: 502 5.5.1 not here"},
        {fake_hang_up, TOCSIN_RETRY, "STARTTLS: "},
        /* Said before TLS, to be taken for the server's after it (CVE-2021-22947). */
        {"220 go\r\n250-fake\r\n250 AUTH PLAIN", TOCSIN_RETRY, "STARTTLS: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *commands = NULL;
        const struct try try = {
            {STARTTLS_ONLY, .starttls = rows[i].reply, .hello_tls = "250 AUTH PLAIN"},
            {"user=tocsin", "password=s3cret"}, true};
        auto_outcome struct outcome outcome = try_run(&try, &commands);
        assert_int_equal(outcome.result, rows[i].result);
        assert_says(outcome.reason, rows[i].reason);
        assert_nothing_sent(commands);
    }
}

static void test_a_password_that_was_mended_at_the_server_is_taken(void **state)
{
    struct fake_smtp *smtp = fake_smtp_start(&(struct smtp_script){
        STARTTLS_ONLY, .hello_tls = "250 AUTH PLAIN", .auth = "535 5.7.8 wrong"});
    const char *settings[] = {fake_smtp_url(smtp), fake_smtp_ca(smtp), "from=soc@example.org",
        "to=duty@example.org", "user=tocsin", "password=s3cret", NULL};
    const struct tocsin_message message = sample_message();
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);

    (void)state;
    auto_outcome struct outcome refused = deliver_host_deliver(host, &message, 5000);
    assert_int_equal(refused.result, TOCSIN_UNUSABLE);
    fake_smtp_follow(smtp, &(struct smtp_script){STARTTLS_ONLY, .hello_tls = "250 AUTH PLAIN"});
    auto_outcome struct outcome taken = deliver_host_deliver(host, &message, 5000);
    assert_int_equal(taken.result, TOCSIN_DELIVERED);
    deliver_host_destroy(host);
    fake_smtp_stop(smtp);
}

static void test_tls_none_talks_in_clear(void **state)
{
    auto_free char *commands = NULL;
    const struct try try = {{STARTTLS_ONLY}, {"tls=none"}, false};

    (void)state;
    auto_outcome struct outcome outcome = try_run(&try, &commands);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_null(strstr(commands, "STARTTLS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_happens_under_tls),
        cmocka_unit_test(test_login_is_used_where_there_is_no_plain),
        cmocka_unit_test(test_without_starttls_nothing_is_sent),
        cmocka_unit_test(test_a_certificate_nobody_vouches_for_stops_everything),
        cmocka_unit_test(test_a_server_without_auth_gets_no_mail_from_a_user),
        cmocka_unit_test(test_no_mechanism_in_common_is_unusable),
        cmocka_unit_test(test_refused_logins_tell_lasting_from_passing),
        cmocka_unit_test(test_a_server_that_repeats_the_password_is_not_quoted),
        cmocka_unit_test(test_starttls_that_fails_sends_nothing),
        cmocka_unit_test(test_a_password_that_was_mended_at_the_server_is_taken),
        cmocka_unit_test(test_tls_none_talks_in_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
