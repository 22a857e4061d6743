#include "../cmocka_setup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lane/guard.h"

enum {
    most_networks = 4
};

struct post {
    struct network networks[most_networks];
    struct guard guard;
    struct sentry sentry;
};

/* A sentry with the networks that are divided by blanks. */
static void post_init(struct post *post, const char *allowed)
{
    char text[200], *rest = NULL;

    *post = (struct post){.guard = {.allowed = post->networks}};
    snprintf(text, sizeof text, "%s", allowed);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        assert_true(network_parse(word, &post->networks[post->guard.count++], NULL));
    sentry_init(&post->sentry, &post->guard);
}

static void test_the_internet_passes(void **state)
{
    static const char *const addresses[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
        "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1",
        "2001:200::1", "2003::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1",
        "2001:0:101:101:0:0:fefe:fefe" /* Teredo: 1.1.1.1 and its server 1.1.1.1 */};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct post post;
        post_init(&post, "");
        if (!sentry_passes(&post.sentry, addresses[i]))
            fail_msg("%s does not pass: %s", addresses[i], post.sentry.refusal);
        assert_false(sentry_has_refused(&post.sentry));
    }
}

static void test_what_is_not_public_does_not(void **state)
{
    static const char *const addresses[] = {"0.0.0.0", "0.255.255.255", "10.0.0.1",
        "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.0", "198.19.255.255", "198.51.100.9", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::2", "::10.0.0.1",
        "::1.1.1.1", "100::1", "100:0:0:1::1", "2001:db8::1", "2001:2::1", "2001:10::1", "3fff::1",
        "4000::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        "64:ff9b:1::1"};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct post post;
        post_init(&post, "");
        if (sentry_passes(&post.sentry, addresses[i]))
            fail_msg("%s passes", addresses[i]);
        assert_true(sentry_has_refused(&post.sentry));
        assert_memory_equal(post.sentry.refusal, addresses[i], strlen(addresses[i]));
    }
}

static void test_an_address_that_stands_for_another_is_judged_by_that(void **state)
{
    static const char *const addresses[] = {"::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::", "2002:c0a8:101::1",
        "2001:0:101:101:0:0:f5ff:fffe" /* Teredo of 10.0.0.1 */,
        "2001:0:a00:1:0:0:fefe:fefe" /* by the server 10.0.0.1 */};
    struct post post;

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        post_init(&post, "");
        if (sentry_passes(&post.sentry, addresses[i]))
            fail_msg("%s passes", addresses[i]);
    }
    post_init(&post, "10.0.0.0/8");
    assert_true(sentry_passes(&post.sentry, "::ffff:10.0.0.1"));
    assert_true(sentry_passes(&post.sentry, "64:ff9b::10.0.0.1"));
    assert_true(sentry_passes(&post.sentry, "2002:a00:1::"));
    assert_false(sentry_passes(&post.sentry, "64:ff9b::192.168.0.1"));
}

static void test_what_is_allowed_passes_and_nothing_beside_it(void **state)
{
    struct post post;

    (void)state;
    post_init(&post, "10.1.0.0/16 fd00:1::/32 192.168.0.7");
    assert_true(sentry_passes(&post.sentry, "10.1.255.255"));
    assert_true(sentry_passes(&post.sentry, "fd00:1::5"));
    assert_true(sentry_passes(&post.sentry, "192.168.0.7"));
    assert_true(sentry_passes(&post.sentry, "1.1.1.1"));
    assert_false(sentry_passes(&post.sentry, "10.2.0.0"));
    assert_false(sentry_passes(&post.sentry, "fd00:2::5"));
    assert_false(sentry_passes(&post.sentry, "192.168.0.8"));
    post_init(&post, "::/0");
    assert_true(sentry_passes(&post.sentry, "::1"));
    assert_false(sentry_passes(&post.sentry, "127.0.0.1"));
}

static void test_what_is_no_address_does_not_pass(void **state)
{
    static const char *const texts[] = {"", "localhost", "10.0.0", "fe80::1%eth0", "/run/socket"};
    struct post post;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        post_init(&post, "0.0.0.0/0 ::/0");
        assert_false(sentry_passes(&post.sentry, texts[i]));
    }
    post_init(&post, "");
    assert_false(sentry_passes_socket(&post.sentry, &(struct sockaddr){.sa_family = AF_UNIX}));
}

static void test_without_a_guard_all_pass(void **state)
{
    struct sentry sentry = {0};

    (void)state;
    assert_true(sentry_passes(&sentry, "127.0.0.1"));
    assert_true(sentry_passes(&sentry, "nonsense"));
    assert_true(sentry_passes_url(&sentry, "http://127.0.0.1/"));
    assert_false(sentry_has_refused(&sentry));
}

static void test_sockets_are_judged_by_their_address(void **state)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = 2};
    struct post post;

    (void)state;
    post_init(&post, "");
    inet_pton(AF_INET, "1.1.1.1", &v4.sin_addr);
    assert_true(sentry_passes_socket(&post.sentry, (struct sockaddr *)&v4));
    inet_pton(AF_INET, "10.0.0.7", &v4.sin_addr);
    assert_false(sentry_passes_socket(&post.sentry, (struct sockaddr *)&v4));
    assert_string_equal(post.sentry.refusal, "10.0.0.7 is private (RFC 1918)");
    assert_false(sentry_has_refused(&post.sentry)); /* the other one may answer */
    inet_pton(AF_INET6, "fe80::7", &v6.sin6_addr);
    assert_false(sentry_passes_socket(&post.sentry, (struct sockaddr *)&v6));
    assert_string_equal(post.sentry.refusal, "fe80::7 is link-local (RFC 4291)");
}

/* For what somebody else looks up. */
static void test_an_address_in_a_url_is_found_however_it_is_written(void **state)
{
    static const char *const refused[] = {"http://127.0.0.1/", "http://127.1/",
        "http://0x7f.0.0.1:80/x", "http://2130706433/", "http://017700000001/", "http://[::1]/",
        "http://[::ffff:10.0.0.1]:8080/x?y", "http://[fe80::1%25eth0]/", "http://localhost/",
        "http://LOCALHOST:81/", "http://user:word@10.0.0.1/"};
    static const char *const passed[] = {"http://example.org/", "https://1.1.1.1/10.0.0.1",
        "https://[2606:4700::1111]/", "https://10.0.0.1.example.org/"};
    struct post post;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        post_init(&post, "");
        if (sentry_passes_url(&post.sentry, refused[i]))
            fail_msg("%s passes", refused[i]);
        assert_true(sentry_has_refused(&post.sentry));
    }
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        post_init(&post, "");
        if (!sentry_passes_url(&post.sentry, passed[i]))
            fail_msg("%s does not pass", passed[i]);
    }
    post_init(&post, "127.0.0.0/8");
    assert_true(sentry_passes_url(&post.sentry, "http://localhost/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_internet_passes),
        cmocka_unit_test(test_what_is_not_public_does_not),
        cmocka_unit_test(test_an_address_that_stands_for_another_is_judged_by_that),
        cmocka_unit_test(test_what_is_allowed_passes_and_nothing_beside_it),
        cmocka_unit_test(test_what_is_no_address_does_not_pass),
        cmocka_unit_test(test_without_a_guard_all_pass),
        cmocka_unit_test(test_sockets_are_judged_by_their_address),
        cmocka_unit_test(test_an_address_in_a_url_is_found_however_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
