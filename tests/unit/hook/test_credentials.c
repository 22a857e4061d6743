#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"
#include "config/config.h"
#include "hook/credentials.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define NOW_MS INT64_C(1795428000000)

static const char *const names[] = {"good", "missing", "malformed", "wrong", "stale"};

struct row {
    const char *value;
    enum credentials found;
};

static void assert_judged(
    const struct config_auth *auth, const struct row *rows, size_t count, const char *body)
{
    for (size_t i = 0; i < count; i++) {
        enum credentials found = credentials_judge(auth, rows[i].value, body, strlen(body), NOW_MS);
        if (found != rows[i].found)
            fail_msg("%s: %s, not %s", rows[i].value, names[found], names[rows[i].found]);
    }
}

static char token[] = "tok-0123456789", old_token[] = "tok-of-old", aladdin[] = "QWxhZGRpbjpvcGVu";

static void test_a_hook_without_auth_wants_nothing(void **state)
{
    static const struct config_auth none = {0};
    static const struct row rows[] = {{NULL, CREDENTIALS_GOOD}, {"Bearer x", CREDENTIALS_GOOD}};

    (void)state;
    assert_null(credentials_header(&none));
    assert_judged(&none, rows, LENGTH(rows), "");
}

static void test_a_bearer_shows_one_of_the_tokens(void **state)
{
    static struct secret secrets[] = {{token}, {old_token}};
    static const struct config_auth auth = {CONFIG_AUTH_BEARER, secrets, 2};
    static const struct row rows[] = {
        {NULL, CREDENTIALS_MISSING},
        {"", CREDENTIALS_MISSING},
        {"Bearer tok-0123456789", CREDENTIALS_GOOD},
        {"bEARER   tok-of-old", CREDENTIALS_GOOD},
        {"Bearer tok-012345678", CREDENTIALS_WRONG},
        {"Bearer tok-01234567890", CREDENTIALS_WRONG},
        {"Bearer TOK-0123456789", CREDENTIALS_WRONG},
        {"Bearer tok-0123456789tok-0123456789", CREDENTIALS_WRONG},
        {"Bearer", CREDENTIALS_MALFORMED},
        {"Bearer ", CREDENTIALS_MALFORMED},
        {"Bearer\ttok-0123456789", CREDENTIALS_MALFORMED},
        {"Bearertok-0123456789", CREDENTIALS_MALFORMED},
        {"Bearer tok-0123456789 ", CREDENTIALS_MALFORMED},
        {"Bearer tok-0123456789, Bearer x", CREDENTIALS_MALFORMED},
        {"Basic tok-0123456789", CREDENTIALS_MALFORMED},
        {"tok-0123456789", CREDENTIALS_MALFORMED},
    };

    (void)state;
    assert_string_equal(credentials_header(&auth), "Authorization");
    assert_judged(&auth, rows, LENGTH(rows), "");
    auto_free char *first = credentials_challenge(&auth, CREDENTIALS_MISSING);
    auto_free char *then = credentials_challenge(&auth, CREDENTIALS_WRONG);
    assert_string_equal(first, "Bearer realm=\"tocsin\"");
    assert_string_equal(then, "Bearer realm=\"tocsin\", error=\"invalid_token\"");
}

static void test_a_user_and_password_come_in_base64(void **state)
{
    static struct secret secrets[] = {{aladdin}};
    static const struct config_auth auth = {CONFIG_AUTH_BASIC, secrets, 1};
    static const struct row rows[] = {
        {NULL, CREDENTIALS_MISSING},
        {"Basic QWxhZGRpbjpvcGVu", CREDENTIALS_GOOD},
        {"basic QWxhZGRpbjpvcGVu", CREDENTIALS_GOOD},
        {"Basic QWxhZGRpbjpvcGV1", CREDENTIALS_WRONG},
        {"Basic QWxhZGRpbjpvcGVu==", CREDENTIALS_WRONG},
        {"Basic Aladdin:open", CREDENTIALS_WRONG},
        {"Bearer QWxhZGRpbjpvcGVu", CREDENTIALS_MALFORMED},
    };

    (void)state;
    assert_judged(&auth, rows, LENGTH(rows), "");
    auto_free char *challenge = credentials_challenge(&auth, CREDENTIALS_MISSING);
    assert_string_equal(challenge, "Basic realm=\"tocsin\", charset=\"UTF-8\"");
}

#if HAVE_OPENSSL
static char github_key[] = "It's a Secret to Everybody", our_key[] = "It's a secret to everybody";
static char wrong_key[] = "Everybody knows";
static char header[] = "X-Hub-Signature-256",
            prefix[] = "sha256=", version[] = "v1=", nothing[] = "";

#define GITHUB_HEX "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

/* The example of GitHub's documentation, "Validating webhook deliveries". */
static void test_a_signature_is_of_the_body_as_it_came(void **state)
{
    static struct secret secrets[] = {{wrong_key}, {github_key}};
    static const struct config_auth auth = {CONFIG_AUTH_HMAC_SHA256, secrets, 2, header, prefix, 0};
    static const struct row rows[] = {
        {NULL, CREDENTIALS_MISSING},
        {"sha256=" GITHUB_HEX, CREDENTIALS_GOOD},
        {"sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
            CREDENTIALS_GOOD},
        {"sha256=dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc=", CREDENTIALS_GOOD},
        {"sha256=dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhg=", CREDENTIALS_WRONG},
        {"sha256=857107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            CREDENTIALS_WRONG},
        {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18",
            CREDENTIALS_WRONG},
        {GITHUB_HEX, CREDENTIALS_MALFORMED},
        {"SHA256=" GITHUB_HEX, CREDENTIALS_MALFORMED},
        {"sha256=" GITHUB_HEX "0", CREDENTIALS_MALFORMED},
        {"sha256=757107ea", CREDENTIALS_MALFORMED},
        {"sha256=", CREDENTIALS_MALFORMED},
        {"sha256", CREDENTIALS_MALFORMED},
        {"sha256=g57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            CREDENTIALS_MALFORMED},
        {"sha1=" GITHUB_HEX, CREDENTIALS_MALFORMED},
    };
    static const struct row of_another_body[] = {{"sha256=" GITHUB_HEX, CREDENTIALS_WRONG}};

    (void)state;
    assert_string_equal(credentials_header(&auth), "X-Hub-Signature-256");
    assert_judged(&auth, rows, LENGTH(rows), "Hello, World!");
    assert_judged(&auth, of_another_body, 1, "Hello, World");
    assert_judged(&auth, of_another_body, 1, "");
    auto_free char *challenge = credentials_challenge(&auth, CREDENTIALS_WRONG);
    assert_string_equal(challenge, "HMAC-SHA256 header=\"X-Hub-Signature-256\"");
}

static void test_a_signature_needs_no_prefix_and_a_body_may_be_empty(void **state)
{
    static struct secret secrets[] = {{our_key}};
    static const struct config_auth auth = {
        CONFIG_AUTH_HMAC_SHA256, secrets, 1, header, nothing, 0};
    static const struct row rows[] = {
        {"1b23c99e7f61ce28eec4cb57516e2733e4d90a5998ff40bbc243b00a97f70768", CREDENTIALS_GOOD}};

    (void)state;
    assert_judged(&auth, rows, LENGTH(rows), "");
}

#define TIMED "49fdb351155286ea8e39ac7393e15c543f39aef32fff09401c8cb596c0bddfc6"

static void test_with_a_tolerance_the_time_is_signed_too(void **state)
{
    static struct secret secrets[] = {{our_key}};
    static const struct config_auth auth = {
        CONFIG_AUTH_HMAC_SHA256, secrets, 1, header, version, 300000};
    static const struct row rows[] = {
        {"t=1795428000,v1=" TIMED, CREDENTIALS_GOOD},
        {"v1=" TIMED ",t=1795428000", CREDENTIALS_GOOD},
        {"t=1795428000, v0=abc, v1=" GITHUB_HEX ", v1=" TIMED ", v1=abc", CREDENTIALS_GOOD},
        {"t=1795428000,v1=" GITHUB_HEX, CREDENTIALS_WRONG},
        {"t=1795428001,v1=" TIMED, CREDENTIALS_WRONG},
        {"t=01795428000,v1=" TIMED, CREDENTIALS_WRONG},
        {"t=1795428000,v0=" TIMED, CREDENTIALS_MALFORMED},
        {"t=1795428000", CREDENTIALS_MALFORMED},
        {"v1=" TIMED, CREDENTIALS_MALFORMED},
        {TIMED, CREDENTIALS_MALFORMED},
        {"t=,v1=" TIMED, CREDENTIALS_MALFORMED},
        {"t=now,v1=" TIMED, CREDENTIALS_MALFORMED},
        {"t=-1795428000,v1=" TIMED, CREDENTIALS_MALFORMED},
        {"t=1795428000000000,v1=" TIMED, CREDENTIALS_MALFORMED},
        {"t=1795428000,t=1795428000,v1=" TIMED, CREDENTIALS_MALFORMED},
        {"t=1795428000;v1=" TIMED, CREDENTIALS_MALFORMED},
        {",", CREDENTIALS_MALFORMED},
        {",,,t=1795428000,,v1=" TIMED ",", CREDENTIALS_GOOD},
    };

    (void)state;
    assert_judged(&auth, rows, LENGTH(rows), "{\"type\":\"probe\"}");
}

static void test_a_time_may_be_off_by_the_tolerance_either_way(void **state)
{
    static struct secret secrets[] = {{our_key}};
    static const struct config_auth auth = {
        CONFIG_AUTH_HMAC_SHA256, secrets, 1, header, version, 300000};
    static const char value[] = "t=1795428000,v1=" TIMED, body[] = "{\"type\":\"probe\"}";
    static const struct {
        int64_t off_ms;
        enum credentials found;
    } rows[] = {{0, CREDENTIALS_GOOD}, {300000, CREDENTIALS_GOOD}, {300001, CREDENTIALS_STALE},
        {-300000, CREDENTIALS_GOOD}, {-300001, CREDENTIALS_STALE}, {-NOW_MS, CREDENTIALS_STALE}};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(
            credentials_judge(&auth, value, body, strlen(body), NOW_MS + rows[i].off_ms),
            rows[i].found);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hook_without_auth_wants_nothing),
        cmocka_unit_test(test_a_bearer_shows_one_of_the_tokens),
        cmocka_unit_test(test_a_user_and_password_come_in_base64),
#if HAVE_OPENSSL
        cmocka_unit_test(test_a_signature_is_of_the_body_as_it_came),
        cmocka_unit_test(test_a_signature_needs_no_prefix_and_a_body_may_be_empty),
        cmocka_unit_test(test_with_a_tolerance_the_time_is_signed_too),
        cmocka_unit_test(test_a_time_may_be_off_by_the_tolerance_either_way),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
