#include "../cmocka_setup.h"

#include <string.h>

#include "deliver_host.h"

/* What check says to these settings beside a sender and a recipient that are fine. */
static void assert_refused(const char *const *settings, const char *expected)
{
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);
    const char *fault = deliver_host_check(host);

    if (!fault || !strstr(fault, expected))
        fail_msg("expected \"%s\", got \"%s\"", expected, fault ? fault : "nothing");
    deliver_host_destroy(host);
}

static void assert_taken(const char *const *settings)
{
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);
    const char *fault = deliver_host_check(host);

    if (fault)
        fail_msg("refused: %s", fault);
    deliver_host_destroy(host);
}

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FINE_ADDRESSES "from=SOC <soc@example.org>", "to=duty@example.org"

static void test_usual_settings_are_taken(void **state)
{
    (void)state;
    assert_taken(SETTINGS("url=smtp://mail.example.org:587", FINE_ADDRESSES, "user=tocsin",
        "password=s3cret", "helo=router.example.org"));
    assert_taken(SETTINGS("url=smtps://mail.example.org", FINE_ADDRESSES));
    assert_taken(SETTINGS("url=smtp://[2001:db8::1]:25", "tls=none", FINE_ADDRESSES));
    assert_taken(SETTINGS("url=smtp://mail.example.org", FINE_ADDRESSES, "auth=xoauth2",
        "user=soc@example.org", "token_file=/run/token"));
    assert_taken(SETTINGS("url=smtp://mail.example.org", FINE_ADDRESSES, "auth=xoauth2",
        "user=soc@example.org", "token_command=/usr/local/bin/token,--for,smtp"));
    assert_taken(SETTINGS("url=smtp://mail.example.org", "from=root@localhost",
        "to=a.b+tag@example.org,\"Duty; night\" <night@example.org>,Żółw "
        "<z@xn--bcher-kva.example>"));
}

static void test_urls_that_are_no_mail_server_are_refused(void **state)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"url=http://mail.example.org", "only smtp:// and smtps://"},
        {"url=smtp://", "URL"},
        {"url=smtp://mail.example.org/router", "option helo"},
        {"url=smtp://mail.example.org?x=1", "nothing may follow"},
        {"url=smtp://tocsin:pw@mail.example.org", "options user and password"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(SETTINGS(rows[i].url, FINE_ADDRESSES), rows[i].why);
}

static void test_a_password_in_the_url_is_not_repeated(void **state)
{
    (void)state;
    struct deliver_host *host = deliver_host_create(
        "PLUGIN_EMAIL", SETTINGS("url=smtp://tocsin:hunter2@mail.example.org", FINE_ADDRESSES));
    assert_null(strstr(deliver_host_check(host), "hunter2"));
    deliver_host_destroy(host);
}

static void test_a_password_in_clear_goes_to_loopback_only(void **state)
{
    static const char *const elsewhere[] = {"url=smtp://mail.example.org",
        "url=smtp://127.0.0.1.example.org", "url=smtp://10.0.0.1", "url=smtp://[2001:db8::1]"};
    static const char *const here[] = {
        "url=smtp://127.0.0.1:25", "url=smtp://localhost", "url=smtp://[::1]:25"};

    (void)state;
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_refused(
            SETTINGS(elsewhere[i], FINE_ADDRESSES, "tls=none", "user=tocsin", "password=s3cret"),
            "in clear");
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        assert_taken(
            SETTINGS(here[i], FINE_ADDRESSES, "tls=none", "user=tocsin", "password=s3cret"));
}

static void test_half_a_login_is_refused(void **state)
{
#define SERVER "url=smtp://mail.example.org", FINE_ADDRESSES
    (void)state;
    assert_refused(SETTINGS(SERVER, "user=tocsin"), "needs a password");
    assert_refused(SETTINGS(SERVER, "password=s3cret"), "user: missing");
    assert_refused(SETTINGS(SERVER, "auth=login"), "user: missing");
    assert_refused(SETTINGS(SERVER, "user=u", "password=p", "auth=xoauth2"), "token_file");
    assert_refused(SETTINGS(SERVER, "user=u", "password=p", "token_file=/t"), "needs a password");
    assert_refused(
        SETTINGS(SERVER, "user=u", "password=p", "token_command=/bin/t"), "needs a password");
    assert_refused(SETTINGS(SERVER, "token_command=/bin/t"), "user: missing");
    assert_refused(SETTINGS(SERVER, "user=u", "auth=xoauth2", "token_command=/t", "token_file=/t"),
        "only one");
    assert_refused(
        SETTINGS(SERVER, "user=u", "auth=xoauth2", "token_command=token,smtp"), "absolute path");
    assert_refused(SETTINGS("url=smtps://m.example.org", FINE_ADDRESSES, "tls=none"), "contradict");
#undef SERVER
}

static void test_addresses_that_could_become_commands_are_refused(void **state)
{
    static const struct {
        const char *to, *why;
    } rows[] = {
        {"to=x@y.z>\r\nRCPT TO:<q@r.s", "control character"},
        {"to=x@y.z\n", "control character"},
        {"to=x@y.z> NOTIFY=NEVER", "host name"},
        {"to=a b@example.org", "before the @"},
        {"to=\"a b\"@example.org", "before the @"},
        {"to=a..b@example.org", "single dots"},
        {"to=.a@example.org", "single dots"},
        {"to=nobody", "no @"},
        {"to=a@b@example.org", "more than one @"},
        {"to=a@", "host name"},
        {"to=@example.org", "before the @"},
        {"to=a@[127.0.0.1]", "host name"},
        {"to=a@exa_mple.org", "host name"},
        {"to=żółw@example.org", "SMTPUTF8"},
        {"to=a@bücher.example", "xn--"},
        {"to=Name <a@example.org", "a >"},
        {"to=Name <a@example.org> x", "a >"},
        {"to=", "no @"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(SETTINGS("url=smtp://mail.example.org", "from=soc@example.org", rows[i].to),
            rows[i].why);
    assert_refused(
        SETTINGS("url=smtp://mail.example.org", "from=soc", "to=a@example.org"), "from:");
}

static void test_a_greeting_name_cannot_carry_more_than_a_name(void **state)
{
    (void)state;
    assert_refused(
        SETTINGS("url=smtp://mail.example.org", FINE_ADDRESSES, "helo=a\r\nNOOP"), "helo:");
    assert_refused(
        SETTINGS("url=smtp://mail.example.org", FINE_ADDRESSES, "helo=a%0d%0aNOOP"), "helo:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_settings_are_taken),
        cmocka_unit_test(test_urls_that_are_no_mail_server_are_refused),
        cmocka_unit_test(test_a_password_in_the_url_is_not_repeated),
        cmocka_unit_test(test_a_password_in_clear_goes_to_loopback_only),
        cmocka_unit_test(test_half_a_login_is_refused),
        cmocka_unit_test(test_addresses_that_could_become_commands_are_refused),
        cmocka_unit_test(test_a_greeting_name_cannot_carry_more_than_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
