/* The text of a message on its way into a card: what the template's author wrote as Markdown is
 * shown as meant, and nothing that a value holds ever is. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "render_host.h"
#include "teams_host.h"

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define FIXED_BLANK "\xc2\xa0"

static void stretch_append(struct buf *out, const json_t *run)
{
    const json_t *action = json_object_get(run, "selectAction");
    bool is_bold = json_object_get(run, "weight"), is_italic = json_object_get(run, "italic");

    if (action)
        buf_printf(out, "<a %s>", json_text_at(action, "url"));
    buf_printf(out, "%s%s%s%s%s", is_bold ? "<b>" : "", is_italic ? "<i>" : "",
        json_text_at(run, "text"), is_italic ? "</i>" : "", is_bold ? "</b>" : "");
    if (action)
        buf_puts(out, "</a>");
}

/* The text as it looks, a line each; the caller frees it. */
static char *looks(struct render_host *host, const char *flavoured, const char *plain)
{
    struct tocsin_message message = message_example();
    struct buf out = {0};
    size_t i, j;
    json_t *block, *run;

    message.text = flavoured;
    message.text_plain = plain;
    message.fact_count = 0;
    auto_json json_t *envelope = rendered(host, &message);
    const json_t *body = json_at(envelope, CARD ".body");
    json_array_foreach (body, i, block) {
        if (i > 1)
            buf_putc(&out, '\n');
        json_array_foreach (json_object_get(block, "inlines"), j, run)
            stretch_append(&out, run);
    }
    return buf_take(&out);
}

/* As the host renders a template, in which each % stands for {{value}}; in both forms. */
static char *looks_with(struct render_host *host, const char *template, const char *value)
{
    auto_buf struct buf flavoured = {0}, plain = {0};
    auto_free char *escaped = as_value(value);

    for (; *template != '\0'; template ++) {
        if (*template != '%') {
            buf_putc(&flavoured, *template);
            buf_putc(&plain, *template);
            continue;
        }
        buf_puts(&flavoured, escaped);
        buf_puts(&plain, value);
    }
    return looks(host, buf_text(&flavoured), buf_text(&plain));
}

static void assert_looks(
    struct render_host *host, const char *template, const char *value, const char *expected)
{
    auto_free char *text = looks_with(host, template, value);

    assert_string_equal(text, expected);
}

static void test_markdown_of_the_template_is_shown_as_meant(void **state)
{
    static const char *const rows[][2] = {
        {"**bold** and __bold__", "<b>bold</b> and <b>bold</b>"},
        {"_italic_ and *italic*", "<i>italic</i> and <i>italic</i>"},
        {"***both***", "<b><i>both</i></b>"},
        {"**bold _and italic_**", "<b>bold </b><b><i>and italic</i></b>"},
        {"**a*b**", "<b>a*b</b>"},
        {"*a **b** c*", "<i>a </i><b><i>b</i></b><i> c</i>"},
        {"[Runbook](https://wiki.example/a?b=c#d)", "<a https://wiki.example/a?b=c#d>Runbook</a>"},
        {"see [one](http://a.example/x_(y)), [two](HTTPS://b.example)",
            "see <a http://a.example/x_(y)>one</a>, <a HTTPS://b.example>two</a>"},
        {"**[bold](https://a.example/)** [**bold**](https://a.example/)",
            "<a https://a.example/><b>bold</b></a> <a https://a.example/><b>bold</b></a>"},
        {"[a [b] c](https://a.example/)", "<a https://a.example/>a [b] c</a>"},
        {"[caf\xc3\xa9](https://a.example/caf\xc3\xa9`{}\"<>|)",
            "<a https://a.example/caf%C3%A9%60%7B%7D%22%3C%3E%7C>caf\xc3\xa9</a>"},
        {"- one\n* two\n+ **three**\n1. four", "\xe2\x80\xa2 one\n\xe2\x80\xa2 two\n"
                                               "\xe2\x80\xa2 <b>three</b>\n1. four"},
        {"- one\n  - within", "\xe2\x80\xa2 one\n" FIXED_BLANK FIXED_BLANK "\xe2\x80\xa2 within"},
        {"**over\ntwo lines**", "<b>over</b>\n<b>two lines</b>"},
        {"\\*\\*no\\*\\* \\[no\\](https://a.example/) \\_ \\\\ \\x",
            "**no** [no](https://a.example/) _ \\ \\x"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_looks(*state, rows[i][0], "", rows[i][1]);
}

static void test_what_is_no_markdown_stays_as_it_is(void **state)
{
    static const char *const texts[] = {"**", "****", "** no **", "**not closed", "not opened**",
        "a * b * c", "2*3", "snake_case_name and x__init__y_", "* ", "-", "-x", "--- x", "***",
        "[t]", "[t]()", "[t](x)", "[t](javascript:alert(1))", "[t](/path)", "[t](https://)",
        "[t](https:///x)", "[t](https://?x)", "[t](https://a.example/ x)",
        "[t] (https://a.example)", "[t](https://a.example", "[](https://a.example/)",
        "[ ](https://a.example/)", "[t](mailto:a@a.example)", "# heading", "> quote", "`code`",
        "~~struck~~", "<b>html</b>", "| a | b |", "https://a.example/", "&amp;"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_looks(*state, texts[i], "", texts[i]);
    assert_looks(*state, "**first\n\nsecond**", "", "**first\nsecond**");
    assert_looks(
        *state, "- **first\n- second**", "", "\xe2\x80\xa2 **first\n\xe2\x80\xa2 second**");
}

static const char *const hostile[] = {"**bold**", "*i*", "_i_", "__b__", "***x***",
    "[click](https://evil.example/)", "![i](https://evil.example/x.png)",
    "](https://evil.example/) [", "[", "]", "](", "\\", "\\\\", "\\*x\\*", "\\[", "_", "*", "__",
    "**", "- item", "\n- item\n* item\n+ item", "1. x", "(https://evil.example/)", "x_",
    "_\xe2\x80\x8bx_", "*\xe2\x80\x8bx*", "_\xe2\x80\x8b\xe2\x80\x8bx_",
    "\xe2\x80\x8b_x_\xe2\x80\x8b", "]\xe2\x80\x8b(https://evil.example/)",
    "[x]\xe2\x88\x97(https://evil.example/)", "\xe2\x88\x97x\xe2\x88\x97", "\xcb\x8b`",
    "[a](https:\xe2\x80\x8b//evil.example/)", "    code", "\xc2\xa0- x", "C:\\_x_\\*.exe",
    "\\\\host\\share$", "a\n\n\nb", "~~x~~", "&amp;"};

enum {
    HOSTILE = sizeof hostile / sizeof *hostile
};

/* The value's lines that are not blank, with blanks that cannot be swallowed before them. */
static char *lines_of(const char *value)
{
    auto_free char *copy = text_copy(value);
    struct buf out = {0};

    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        if (line[strspn(line, " ")] == '\0')
            continue;
        if (out.len > 0)
            buf_putc(&out, '\n');
        for (; *line == ' '; line++)
            buf_puts(&out, FIXED_BLANK);
        buf_puts(&out, line);
    }
    return buf_take(&out);
}

static void test_a_value_is_shown_to_the_byte_and_does_nothing(void **state)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        auto_free char *expected = lines_of(hostile[i]);
        assert_looks(*state, "%", hostile[i], expected);
    }
}

static void test_values_together_do_nothing_either(void **state)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        auto_free char *twice = text_format("%s%s", hostile[i], hostile[i]);
        auto_free char *expected = lines_of(twice);
        assert_looks(*state, "%%", hostile[i], expected);
    }
}

static void test_the_templates_markdown_holds_around_any_value(void **state)
{
    static const struct {
        const char *template, *value, *expected;
    } rows[] = {
        {"Status: **%**", "Closed", "Status: <b>Closed</b>"},
        {"Status: **%**", "a*b_c", "Status: <b>a*b_c</b>"},
        {"Status: **%**", "**", "Status: <b>**</b>"},
        {"_%_", "x", "<i>x</i>"},
        {"_%_", "_x_", "<i>_x_</i>"},
        {"- %", "- x", "\xe2\x80\xa2 - x"},
        {"- %\n- %", "*", "\xe2\x80\xa2 *\n\xe2\x80\xa2 *"},
        {"[%](https://a.example/)", "x", "<a https://a.example/>x</a>"},
        {"[%](https://a.example/)", "[WARN] x", "<a https://a.example/>[WARN] x</a>"},
        {"[%](https://a.example/)", "**x**", "<a https://a.example/>**x**</a>"},
        {"[t](https://a.example/%)", "a_b*c]d\\.", "<a https://a.example/a_b*c]d%5C.>t</a>"},
        {"[t](https://a.example/?q=%&x=%)", "~{", "<a https://a.example/?q=~%7B&x=~%7B>t</a>"},
        {"[t](https://a.example/%)", ") [u](https://evil.example/",
            "<a https://a.example/>t</a> [u](https://evil.example/)"},
        {"[t](%)", "https://evil.example/", "[t](https://evil.example/)"},
        {"[t]%", "(https://evil.example/)", "[t](https://evil.example/)"},
        {"[t](%://a.example/)", "https", "<a https://a.example/>t</a>"},
        {"[t](%://a.example/)", "javascript", "[t](javascript://a.example/)"},
        {"[t%(https://a.example/)", "]", "[t](https://a.example/)"},
        {"**%**", "first\nsecond", "<b>first</b>\n<b>second</b>"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_looks(*state, rows[i].template, rows[i].value, rows[i].expected);
}

/* The host cuts blank lines off the plain form; of the other one it cannot, since escaped blanks
 * are none. */
static void test_blank_lines_before_a_value_change_nothing(void **state)
{
    auto_free char *text =
        looks(*state, FIXED_BLANK FIXED_BLANK "\n \n" FIXED_BLANK "**bold**", " **bold**");

    assert_string_equal(text, FIXED_BLANK "<b>bold</b>");
}

static void test_forms_that_do_not_fit_together_are_plain_text(void **state)
{
    static const char *const flavoured[] = {"", "other **words**", "**bold", "xx\n**bold**"};

    for (size_t i = 0; i < sizeof flavoured / sizeof *flavoured; i++) {
        auto_free char *text = looks(*state, flavoured[i], "**bold** - [t](https://a.example/)");
        assert_string_equal(text, "**bold** - [t](https://a.example/)");
    }
    auto_free char *half = looks(*state, "**bold** _x_", "**bold** x _y_");
    assert_string_equal(half, "<b>bold</b> x _y_");
}

/* Xorshift: the same values at each run. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static char *random_value(uint64_t *seed)
{
    static const char *const pieces[] = {"*", "**", "_", "__", "[", "]", "](", "(", ")", "\\", " ",
        "\n", "- ", "+ ", "1. ", "https://evil.example/", "https:", "http", "//", "`", "~", "{{",
        "<", "@", "&", "$", "#", ">", "=", "a", "1", ".", ZERO_WIDTH_SPACE, FIXED_BLANK,
        "\xe2\x88\x97", "\xcb\x8b", "\xc3\xa9", "\xf0\x9f\x94\xa5"};
    struct buf out = {0};

    for (uint64_t n = random_next(seed) % 12 + 1; n > 0; n--)
        buf_puts(&out, pieces[random_next(seed) % (sizeof pieces / sizeof *pieces)]);
    return buf_take(&out);
}

static void test_no_value_of_many_acts(void **state)
{
    uint64_t seed = 0x9e3779b97f4a7c15;

    for (size_t i = 0; i < 20000; i++) {
        auto_free char *value = random_value(&seed);
        /* Those show nothing, or are broken up. */
        if (value[strspn(value, " \n")] == '\0' || strstr(value, "{{"))
            continue;
        auto_free char *expected = lines_of(value);
        auto_free char *text = looks_with(*state, "%", value);
        assert_string_equal(text, expected);
    }
}

static void test_no_value_of_many_leads_a_link_elsewhere(void **state)
{
    static const char *const templates[] = {"[%](https://a.example/)", "[t](https://a.example/%)",
        "% [t](https://a.example/) %", "**%** _%_ [%](https://a.example/?%)", "[t]%", "[t](%)",
        "[%", "%](https://a.example/)", "- %\n- %", "\\%", "[%](https://a.example/)%"};
    uint64_t seed = 0x2545f4914f6cdd1d;

    for (size_t i = 0; i < 20000; i++) {
        auto_free char *value = random_value(&seed);
        auto_free char *text =
            looks_with(*state, templates[i % (sizeof templates / sizeof *templates)], value);
        for (const char *link = text; (link = strstr(link, "<a h"));)
            assert_memory_equal(link++, "<a https://a.example/", strlen("<a https://a.example/"));
    }
}

static void test_a_cut_text_keeps_its_looks_and_the_budget(void **state)
{
    static const char *const units[] = {"**bold** ", "_a_ b ", "[t](https://a.example/x?y=z) ",
        "- **x**\n", "word **bold** \xf0\x9f\x94\xa5 "};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (size_t bytes = 1000; bytes < 120000; bytes += 7919) {
            auto_free char *whole = repeated(units[i], bytes);
            auto_free char *text = looks(*state, whole, whole);
            bool is_cut = strstr(text, ELLIPSIS);
            assert_int_equal(strstr(text, "**") != NULL, false);
            assert_true(is_cut || bytes < BUDGET);
        }
}

/* Bold from end to end, and more than is ever shown. */
static void test_the_end_of_a_long_stretch_is_found(void **state)
{
    auto_free char *words = repeated("word ", 30000);
    auto_free char *whole = text_format("**%sx**", words);
    auto_free char *text = looks(*state, whole, whole);

    assert_memory_equal(text, "<b>word", strlen("<b>word"));
    assert_non_null(strstr(text, ELLIPSIS "</b>"));
}

static void test_marks_without_end_take_no_time(void **state)
{
    static const char *const units[] = {"**a ", "*a_", "[", "](", "[](https://", "[a](https://x",
        "\\", "_ ", "** ", "*a **b ", "- ", "-\n", "[a](http://b) "};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        auto_free char *whole = repeated(units[i], MEGABYTE);
        auto_free char *text = looks(*state, whole, whole);
        assert_non_null(strstr(text, ELLIPSIS));
    }
}

static void test_nothing_but_marks_of_a_value_changes_a_default_text(void **state)
{
    static const char text[] =
        "Status is now Closed.\n\nC:\\Users\\*\\run_me.exe --x `id` [1] a@b.c "
        "https://evil.example/ {x}";
    auto_free char *escaped = as_value(text);
    auto_free char *shown = looks(*state, escaped, text);

    assert_string_equal(shown, "Status is now Closed.\nC:\\Users\\*\\run_me.exe --x `id` [1] a@b.c "
                               "https://evil.example/ {x}");
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, teams_set_up, teams_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_markdown_of_the_template_is_shown_as_meant),
        STORY(test_what_is_no_markdown_stays_as_it_is),
        STORY(test_a_value_is_shown_to_the_byte_and_does_nothing),
        STORY(test_values_together_do_nothing_either),
        STORY(test_the_templates_markdown_holds_around_any_value),
        STORY(test_blank_lines_before_a_value_change_nothing),
        STORY(test_forms_that_do_not_fit_together_are_plain_text),
        STORY(test_no_value_of_many_acts),
        STORY(test_no_value_of_many_leads_a_link_elsewhere),
        STORY(test_a_cut_text_keeps_its_looks_and_the_budget),
        STORY(test_the_end_of_a_long_stretch_is_found),
        STORY(test_marks_without_end_take_no_time),
        STORY(test_nothing_but_marks_of_a_value_changes_a_default_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
