#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "message/escape.h"

#define PART "\u200b"

static void assert_escaped(enum flavour flavour, const char *text, const char *expected)
{
    auto_buf struct buf out = {0};

    escape_append(&out, flavour, text, strlen(text));
    assert_string_equal(buf_text(&out), expected);
}

static void test_harmless_text_stays_readable(void **state)
{
    static const char text[] = "Brute force on 10.0.0.1, 2 \xc3\xa9tapes";

    (void)state;
    assert_escaped(FLAVOUR_PLAIN, text, text);
    assert_escaped(FLAVOUR_TEAMS, text, text);
    assert_escaped(FLAVOUR_MRKDWN, text, text);
    assert_escaped(FLAVOUR_HTML, text, text);
    assert_escaped(FLAVOUR_MARKDOWN, text, "Brute force on 10\\.0\\.0\\.1, 2 \xc3\xa9tapes");
}

static void test_nobody_is_mentioned(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_MARKDOWN, "@channel @all", "@" PART "channel @" PART "all");
    assert_escaped(FLAVOUR_MARKDOWN, "<!channel> <@U1>", "&#60;\\!channel\\> &#60;@" PART "U1\\>");
    assert_escaped(FLAVOUR_MARKDOWN, "x @", "x @" PART); /* the name may follow */
    assert_escaped(FLAVOUR_TEAMS, "<at>Boss</at>", "<" PART "at>Boss<" PART "/at>");
    assert_escaped(FLAVOUR_TEAMS, "&lt;at&gt;", "&" PART "lt;at&" PART "gt;");
    assert_escaped(FLAVOUR_MRKDWN, "<!channel> @here", "&lt;!channel&gt; @" PART "here");
    assert_escaped(FLAVOUR_MARKDOWN, "a @ b @.x", "a @ b @" PART "\\.x");
}

static void test_nothing_becomes_a_link(void **state)
{
    (void)state;
    assert_escaped(
        FLAVOUR_MARKDOWN, "[x](javascript:alert(1))", "\\[x\\]\\(javascript&#58;alert\\(1\\)\\)");
    assert_escaped(FLAVOUR_MARKDOWN, "<http://e.example>", "&#60;http&#58;//e\\.example\\>");
    assert_escaped(
        FLAVOUR_MARKDOWN, "MailTo:x mattermost:y x:/y", "MailTo&#58;x mattermost&#58;y x&#58;/y");
    assert_escaped(
        FLAVOUR_MARKDOWN, "10.0.0.1:80 e.example:", "10\\.0\\.0\\.1:80 e\\.example&#58;");
    assert_escaped(FLAVOUR_MARKDOWN, "www.e.example", "www\\.e\\.example");
    assert_escaped(FLAVOUR_MARKDOWN, "<a|b>", "&#60;a\\|b\\>");
    assert_escaped(FLAVOUR_MARKDOWN, "#tag ~town C#", "\\#" PART "tag \\~" PART "town C\\#");
    assert_escaped(FLAVOUR_MARKDOWN, "\u2026#tag \u00e9~town",
        "\u2026\\#" PART "tag \u00e9\\~" PART "town"); /* no letters before, to JavaScript */
    assert_escaped(
        FLAVOUR_MARKDOWN, "<a@e.example> <x:/y>", "&#60;a@" PART "e\\.example\\> &#60;x&#58;/y\\>");
    assert_escaped(FLAVOUR_TEAMS, "[x](http://e.example)", "[x]" PART "(http:" PART "//e.example)");
    assert_escaped(FLAVOUR_TEAMS, "<http://e.example>", "<" PART "http:" PART "//e.example>");
    assert_escaped(FLAVOUR_MRKDWN, "<http://e.example|x>", "&lt;http:" PART "//e.example|x&gt;");
    assert_escaped(FLAVOUR_HTML, "<a href=\"x\">", "&lt;a href=&quot;x&quot;&gt;");
}

static void test_nothing_becomes_markup(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_MARKDOWN, "**b** _i_ `c` ~~s~~ |t| $x$",
        "\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\~\\~" PART "s\\~\\~ \\|t\\| &#36;x&#36;");
    assert_escaped(FLAVOUR_TEAMS, "**b** _i_ `c`",
        "\u2217\u2217b\u2217\u2217 " PART "_" PART "i" PART "_" PART " \u02cbc\u02cb");
    assert_escaped(FLAVOUR_MRKDWN, "*b*", PART "*" PART "b" PART "*" PART);
    assert_escaped(
        FLAVOUR_HTML, "<script>'&'</script>", "&lt;script&gt;&#39;&amp;&#39;&lt;/script&gt;");
    assert_escaped(FLAVOUR_MARKDOWN, "&#42;x&amp", "&amp;\\#" PART "42;x&amp;amp");
}

static void test_nothing_becomes_a_picture(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_MARKDOWN, "![x](y)", "\\!\\[x\\]\\(y\\)");
    assert_escaped(FLAVOUR_MARKDOWN, ":bomb: \u00e9:-) <3 ;) a; b",
        "&#58;bomb: \u00e9&#58;\\-\\) &#60;3 &#59;\\) a; b");
    assert_escaped(FLAVOUR_MARKDOWN, "a: b, 12:30:45, : c", "a: b, 12:30:45, : c");
    assert_escaped(FLAVOUR_MARKDOWN, "fe80::1", "fe80:&#58;1");
    assert_escaped(FLAVOUR_MARKDOWN, ":", "&#58;"); /* the name may follow */
}

static void test_nothing_is_expanded(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_TEAMS, "{{DATE(2026-11-23T10:00:00Z,SHORT)}}",
        "{" PART "{DATE(2026-11-23T10:00:00Z,SHORT)}}");
    assert_escaped(FLAVOUR_TEAMS, "{", "{" PART); /* the second may follow */
    assert_escaped(FLAVOUR_TEAMS, "${x}", "$" PART "{x}");
}

static void test_no_line_begins_a_block(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_MARKDOWN, "# h\n> q\n- l\n1. n\n===\n    code",
        "\\# h\n\\> q\n\\- l\n1\\. n\n" PART "===\n\u2007\u2007\u2007\u2007"
        "code");
    assert_escaped(FLAVOUR_TEAMS, "- l\n1. n\n\t* l", PART "- l\n" PART "1. n\n\u00a0\u2217 l");
    assert_escaped(FLAVOUR_MRKDWN, "> q", PART "&gt; q");
    assert_escaped(FLAVOUR_TEAMS, "a - b = c", "a - b = c");
}

static void test_a_windows_path_keeps_its_back_slashes(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_PLAIN, "C:\\a\\.b", "C:\\a\\.b");
    assert_escaped(FLAVOUR_MARKDOWN, "C:\\a\\.b", "C:\\a\\\\\\.b");
    assert_escaped(FLAVOUR_MARKDOWN, "\\\\srv\\_x\\", "\\\\\\srv\\\\\\_x\\\\");
    assert_escaped(FLAVOUR_TEAMS, "C:\\a\\.b\\", "C:\\a\\" PART ".b\\" PART);
}

static void test_controls_are_gone_in_every_flavour(void **state)
{
    (void)state;
    for (int flavour = FLAVOUR_PLAIN; flavour <= FLAVOUR_HTML; flavour++) {
        auto_buf struct buf out = {0};
        static const char text[] = "a\0b\x1b"
                                   "c\x7f"
                                   "d\xc2\x9b"
                                   "e\r\nf\rg\xe2\x80\xa8h";
        escape_append(&out, (enum flavour)flavour, text, sizeof text - 1);
        assert_string_equal(buf_text(&out), "a b c d e\nf g h");
    }
}

static void test_a_part_of_a_link_stays_one_part(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_URL, "AZaz09-._~", "AZaz09-._~");
    assert_escaped(FLAVOUR_URL, "a/b?c=d&e#f:g@h%20 +", "a%2Fb%3Fc%3Dd%26e%23f%3Ag%40h%2520%20%2B");
    assert_escaped(FLAVOUR_URL, "\r\n\u00e9\u202e\x7f\xff", "%0D%0A%C3%A9%E2%80%AE%7F%FF");
}

/* What is dropped must not part two characters while they are looked at, and be gone after. */
static void test_hidden_characters_hide_nothing(void **state)
{
    (void)state;
    assert_escaped(FLAVOUR_PLAIN, "txt.\u202e\u202c", "txt.");
    assert_escaped(FLAVOUR_TEAMS, "{\u2066\u2069{x}}", "{" PART "{x}}");
    assert_escaped(FLAVOUR_MARKDOWN, "http:\u200e//x", "http&#58;//x");
    assert_escaped(FLAVOUR_MARKDOWN,
        "@\u200e"
        "channel",
        "@" PART "channel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_text_stays_readable),
        cmocka_unit_test(test_nobody_is_mentioned),
        cmocka_unit_test(test_nothing_becomes_a_link),
        cmocka_unit_test(test_nothing_becomes_markup),
        cmocka_unit_test(test_nothing_becomes_a_picture),
        cmocka_unit_test(test_nothing_is_expanded),
        cmocka_unit_test(test_no_line_begins_a_block),
        cmocka_unit_test(test_a_windows_path_keeps_its_back_slashes),
        cmocka_unit_test(test_controls_are_gone_in_every_flavour),
        cmocka_unit_test(test_a_part_of_a_link_stays_one_part),
        cmocka_unit_test(test_hidden_characters_hide_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
