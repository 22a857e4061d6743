#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/locator.h"

static void assert_part(const struct locator_part *part, const char *expected)
{
    auto_free char *text = text_copy_n(part->len ? part->start : "", part->len);

    assert_string_equal(text, expected);
}

static void test_urls_are_taken_apart(void **state)
{
    static const struct {
        const char *text, *scheme, *user, *host, *port, *path;
    } rows[] = {
        {"https://a.example/b?c#d", "https", "", "a.example", "", "/b?c#d"},
        {"http://127.0.0.1:8080", "http", "", "127.0.0.1", "8080", ""},
        {"http://[::1]:80/", "http", "", "::1", "80", "/"},
        {"tls://[2001:db8::1]", "tls", "", "2001:db8::1", "", ""},
        {"smtp://u:p%40@mail.example:587", "smtp", "u:p%40", "mail.example", "587", ""},
        {"https://u@x@a.example/@", "https", "u@x", "a.example", "", "/@"},
        {"unix:///run/log", "unix", "", "", "", "/run/log"},
        {"udp+x://h?q", "udp+x", "", "h", "", "?q"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct locator locator;
        assert_null(locator_split(rows[i].text, &locator));
        assert_part(&locator.scheme, rows[i].scheme);
        assert_part(&locator.user, rows[i].user);
        assert_part(&locator.host, rows[i].host);
        assert_part(&locator.port, rows[i].port);
        assert_string_equal(locator.path, rows[i].path);
    }
}

static void test_what_is_no_url_is_told_why(void **state)
{
    static const struct {
        const char *text, *fault;
    } rows[] = {
        {"", "it has no scheme (https://...)"},
        {"a.example/b", "it has no scheme (https://...)"},
        {"//a.example", "it has no scheme (https://...)"},
        {"1http://a", "it has no scheme (https://...)"},
        {"https:/a.example", "it has no scheme (https://...)"},
        {"https://", "it has no host"},
        {"https:///path", "it has no host"},
        {"https://:80", "it has no host"},
        {"https://u@/x", "it has no host"},
        {"https://a.example/b c", "it holds a blank or a control character"},
        {"https://a.example\n", "it holds a blank or a control character"},
        {"https://a:", "its port is no number from 1 to 65535"},
        {"https://a:0", "its port is no number from 1 to 65535"},
        {"https://a:65536", "its port is no number from 1 to 65535"},
        {"https://a:80x/", "its port is no number from 1 to 65535"},
        {"https://[::1]80", "its port is no number from 1 to 65535"},
        {"https://[::1", "the address in [...] is no IPv6 address"},
        {"https://[a.example]", "the address in [...] is no IPv6 address"},
        {"https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
            "the address in [...] is no IPv6 address"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct locator locator;
        const char *fault = locator_split(rows[i].text, &locator);
        assert_non_null(fault);
        assert_string_equal(fault, rows[i].fault);
    }
}

static void test_loopback_is_only_this_machine(void **state)
{
    static const char *const here[] = {
        "http://localhost:1/", "http://LOCALHOST", "http://127.1.2.3", "http://[::1]"};
    static const char *const elsewhere[] = {"http://127.evil.example", "http://localhost.example",
        "http://128.0.0.1", "http://[::2]", "http://0.0.0.0", "unix:///x",
        "http://a-name-that-is-longer-than-any-address-could-be.example"};
    struct locator locator;

    (void)state;
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        assert_null(locator_split(here[i], &locator));
        assert_true(locator_is_loopback(&locator));
    }
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        assert_null(locator_split(elsewhere[i], &locator));
        assert_false(locator_is_loopback(&locator));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_are_taken_apart),
        cmocka_unit_test(test_what_is_no_url_is_told_why),
        cmocka_unit_test(test_loopback_is_only_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
