#include "../cmocka_setup.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/secret.h"

static void test_a_secret_prints_as_stars(void **state)
{
    struct secret secret = {text_copy("hunter22")}, none = {NULL};

    (void)state;
    assert_string_equal(secret_print(&secret), "***");
    assert_string_equal(secret_reveal(&secret), "hunter22");
    assert_string_equal(secret_print(&none), "");
    secret_finish(&secret);
    assert_string_equal(secret_reveal(&secret), "");
}

static void test_remembered_secrets_are_redacted_longest_first(void **state)
{
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add(secrets, "tokens");
    secrets_add(secrets, "tokensandmore");
    secrets_add(secrets, "abc"); /* too short to hide */
    auto_free char *text = secrets_redact(secrets, "abc tokensandmore tokens, tokens");
    assert_string_equal(text, "abc *** ***, ***");
    secrets_destroy(secrets);
}

/* Mattermost's error message repeats the hook's id, not its URL. */
static void test_parts_of_a_secret_url_are_redacted_too(void **state)
{
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add_url(secrets, "https://chat.example.org/hooks/xkcd1234abcd?sig=QwErTy-123&v=1");
    auto_free char *text = secrets_redact(secrets,
        "Failed for incoming webhook xkcd1234abcd at chat.example.org, sig QwErTy-123, v 1");
    assert_string_equal(text, "Failed for incoming webhook *** at chat.example.org, sig ***, v 1");
    secrets_destroy(secrets);
}

static void test_what_is_learnt_later_is_redacted_too(void **state)
{
    struct secrets *known = secrets_create(), *more = secrets_create(), *last = secrets_create();

    (void)state;
    secrets_add(known, "first-secret");
    secrets_add(more, "first-secret");
    secrets_add(more, "second-secret");
    secrets_add(last, "third-secret");
    secrets_learn(known, more);
    secrets_learn(known, last);
    secrets_learn(known, last);
    secrets_destroy(more);
    secrets_destroy(last);
    auto_free char *text =
        secrets_redact(known, "third-secret, first-secret and second-secret; fourth-secret");
    assert_string_equal(text, "***, *** and ***; fourth-secret");
    secrets_destroy(known);
}

static void test_no_registry_hides_nothing(void **state)
{
    (void)state;
    auto_free char *text = secrets_redact(NULL, "as it is");
    assert_string_equal(text, "as it is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_secret_prints_as_stars),
        cmocka_unit_test(test_remembered_secrets_are_redacted_longest_first),
        cmocka_unit_test(test_parts_of_a_secret_url_are_redacted_too),
        cmocka_unit_test(test_what_is_learnt_later_is_redacted_too),
        cmocka_unit_test(test_no_registry_hides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
