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

static void test_the_key_behind_a_word_is_redacted_without_the_word_too(void **state)
{
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add_parts(secrets, "Bearer  pl4nted-key for me");
    secrets_add_parts(secrets, "");
    secrets_add_parts(secrets, NULL);
    auto_free char *text =
        secrets_redact(secrets, "Bearer pl4nted-key; Bearer  pl4nted-key for me");
    assert_string_equal(text, "Bearer ***; ***");
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

/* As a far end repeats a URL: in JSON, in a query, in a page, and one in the other. */
static void test_a_secret_is_known_in_every_spelling(void **state)
{
    static const char *const spellings[] = {
        "https:\\/\\/h.example\\/a%2Fb?sig=Qw-1",
        "https:\\\\\\/\\\\\\/h.example\\\\\\/a%2Fb?sig=Qw-1",
        "\\u0068ttps://h.example/a%2Fb?sig\\u003dQw-1",
        "https%3A%2F%2Fh.example%2Fa%252Fb%3Fsig%3DQw-1",
        "https%3a%2f%2fh.example%2fa%252fb%3fsig%3dQw-1",
        "https%253A%252F%252Fh.example%252Fa%25252Fb%253Fsig%253DQw-1",
        "https://h.example/a/b?sig=Qw-1",
        "https:&#47;&#x2F;h.example/a%2Fb?sig=Qw-1",
        "https:\\x2f\\x2Fh.example/a%2fb?sig=Qw-1",
    };
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add(secrets, "https://h.example/a%2Fb?sig=Qw-1");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        auto_free char *said = text_format("to \"%s\", 100%% \\ & gone", spellings[i]);
        auto_free char *text = secrets_redact(secrets, said);
        assert_string_equal(text, "to \"***\", 100% \\ & gone");
    }
    secrets_destroy(secrets);
}

/* What stands in a part as it is, and in the whole with an escape. */
static void test_a_part_never_breaks_up_the_whole_in_another_spelling(void **state)
{
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add_url(secrets, "https://h.example/short/long-enough");
    auto_free char *text =
        secrets_redact(secrets, "to https:\\/\\/h.example\\/short\\/long-enough, or long-enough");
    assert_string_equal(text, "to ***, or ***");
    secrets_destroy(secrets);
}

static void test_passwords_are_known_with_their_odd_letters_escaped(void **state)
{
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add(secrets, "p\u00e4\U0001f511&\"q\\");
    auto_free char *json = secrets_redact(secrets, "{\"p\": \"p\\u00e4\\ud83d\\udd11&\\\"q\\\\\"}");
    auto_free char *url = secrets_redact(secrets, "p=p%C3%A4%F0%9F%94%91%26%22q%5C;");
    auto_free char *html = secrets_redact(secrets, "<b>p&#228;&#x1F511;&amp;&quot;q\\</b>");
    assert_string_equal(json, "{\"p\": \"***\"}");
    assert_string_equal(url, "p=***;");
    assert_string_equal(html, "<b>***</b>");
    secrets_destroy(secrets);
}

static void test_what_only_looks_like_an_escape_stays_as_it_is(void **state)
{
    static const char text[] =
        "100%, %2, %zz, \\, \\u12, \\ud800, &, &amp, &#;, &#x;, &no;, %00 hooked";
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add(secrets, "%41%42"); /* AB: too short to hide without its escapes */
    secrets_add(secrets, "hook%00id");
    auto_free char *clean = secrets_redact(secrets, text);
    auto_free char *other = secrets_redact(secrets, "AB %41%42 hook%2500id");
    assert_string_equal(clean, text);
    assert_string_equal(other, "AB *** ***");
    secrets_destroy(secrets);
}

/* A far end's answer is kept to a length, and a secret may stand across its end. */
static void test_of_a_cut_text_the_beginning_of_a_secret_is_redacted(void **state)
{
    static const char *const ends[] = {
        "https://h.example/hooks/abc", "https:\\/\\/h.exam", "https%3A%2F%2Fh%", "https:\\/\\u00"};
    struct secrets *secrets = secrets_create();

    (void)state;
    secrets_add(secrets, "https://h.example/hooks/abcdefgh");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        auto_free char *said = text_format("posted to %s", ends[i]);
        auto_free char *text = secrets_redact_cut(secrets, said);
        assert_string_equal(text, "posted to ***");
    }
    auto_free char *other = secrets_redact_cut(secrets, "all of it, htt");
    auto_free char *none = secrets_redact_cut(NULL, "as it is");
    assert_string_equal(other, "all of it, htt");
    assert_string_equal(none, "as it is");
    secrets_destroy(secrets);
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
        cmocka_unit_test(test_the_key_behind_a_word_is_redacted_without_the_word_too),
        cmocka_unit_test(test_what_is_learnt_later_is_redacted_too),
        cmocka_unit_test(test_a_secret_is_known_in_every_spelling),
        cmocka_unit_test(test_a_part_never_breaks_up_the_whole_in_another_spelling),
        cmocka_unit_test(test_passwords_are_known_with_their_odd_letters_escaped),
        cmocka_unit_test(test_what_only_looks_like_an_escape_stays_as_it_is),
        cmocka_unit_test(test_of_a_cut_text_the_beginning_of_a_secret_is_redacted),
        cmocka_unit_test(test_no_registry_hides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
