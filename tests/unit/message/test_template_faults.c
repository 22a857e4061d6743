/* What is wrong with a template is said with its place and the cure, and what data could make grow
 * ends. */
#include "../cmocka_setup.h"

#include "rendering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "message/template.h"

static void test_faults_have_a_place_and_a_cure(void **state)
{
    static const struct {
        const char *template;
        const char *fault; /* its beginning */
    } rows[] = {
        {"a {{x", "1:3: \"{{\" is not closed: its \"}}\" is missing"},
        {"a {{x}", "1:3: \"{{\" is not closed: its \"}}\" is missing"},
        {"a\n\u00e9 {{", "2:3: \"{{\" is not closed: its \"}}\" is missing"},
        {"\xef\xbb\xbf{{x", "1:1: \"{{\" is not closed"}, /* a byte-order mark takes no place */
        {"{{a {{b}}", "1:1: \"{{\" is not closed: its \"}}\" is missing"},
        {"{{{a}}", "1:1: \"{{{\" is not closed: its \"}}}\" is missing"},
        {"{{{a}} b {{{c}}}", "1:1: \"{{{\" is not closed: its \"}}}\" is missing"},
        {"{{! no end", "1:1: \"{{\" is not closed: its \"}}\" is missing"},
        {"{{=<% %>=}}<%x", "1:12: \"<%\" is not closed: its \"%>\" is missing"},
        {"{{=<% %>}}", "1:1: \"{{=\" is not closed: its \"=}}\" is missing"},
        {"{{}}", "1:1: an empty tag: a name belongs between \"{{\" and \"}}\""},
        {"{{#  }}", "1:1: an empty tag"},
        {"{{{}}}", "1:1: an empty tag"},
        {"{{=<%=}}",
            "1:1: new delimiters are two words with a blank between, and no \"=\" in them, "
            "such as {{=<% %>=}}"},
        {"{{=a b c=}}", "1:1: new delimiters are two words"},
        {"{{=a= b=}}", "1:1: new delimiters are two words"},
        {"{{==}}", "1:1: new delimiters are two words"},
        {"{{= =}}", "1:1: new delimiters are two words"},
        {"\n {{#a}} x", "2:2: section \"a\" has no end: {{/a}} is missing"},
        {"{{^a}}{{#b}}{{/b}}", "1:1: section \"a\" has no end: {{/a}} is missing"},
        {"x{{/a}}", "1:2: the end of section \"a\", but no section is open here"},
        {"{{#a}}\n{{#b}}{{/a}}{{/b}}",
            "2:7: the end of section \"a\" stands where section \"b\" is open, which begins at "
            "line 2, column 1, and must end first"},
        {"{{#a}}{{/A}}", "1:7: the end of section \"A\" stands where section \"a\" is open"},
        {"{{if a}}", "1:1: \"if a\" is no name, there is a blank in it. What depends on a value is "
                     "written {{#name}}...{{/name}}"},
        {"{{#each a}}{{/each}}", "1:1: \"each a\" is no name"},
        {"{{x\n\x1b[31m}}", "1:1: \"x  [31m\" is no name"}, /* one line, without controls */
        {"{{> a b }}", "1:1: \"a b\" is no name"},
        {"{{{{a}}}}", "1:1: \"{a\" is no name, there is a brace in it"},
        {"{{a}b}}", "1:1: \"a}b\" is no name, there is a brace in it"},
        {"{{a..b}}", "1:1: \"a..b\" has an empty part"},
        {"{{a.}}", "1:1: \"a.\" has an empty part"},
        {"{{../a}}", "1:1: \"../a\": a name that a section does not have is looked for outside"},
        {"{{#..}}{{/..}}", "1:1: \"..\": a name that a section does not have"},
        {"{{a\\b}}", "1:1: in \"a\\b\" a back-slash stands before neither a dot nor another"},
        {"{{<parent}}{{/parent}}", "1:1: \"{{<\" (inheritance) is not supported"},
        {"a{{$block}}{{/block}}", "1:2: \"{{$\" (inheritance) is not supported"},
        {"{{>*name}}", "1:1: \"{{>*name}}\": a partial is named itself"},
        {"{{#a|json}}{{/a|json}}", "1:1: \"a|json\": a section takes no format"},
        {"{{ |json}}", "1:1: a name is missing before \"|\""},
        {"a {{x|tme}}", "1:7: unknown format \"tme\"; did you mean \"time\"?"},
        {"{{x | json | frobnicate}}",
            "1:14: unknown format \"frobnicate\"; there are time, ago, cut, or, json"},
        {"{{x|}}", "1:5: a format is missing behind \"|\": time, ago, cut, or, json"},
        {"{{x|json||ago}}", "1:10: a format is missing behind \"|\""},
        {"{{x|cut}}", "1:5: cut needs something behind a colon: cut:200"},
        {"{{x|cut:}}",
            "1:5: cut takes a number of characters from 1 up, such as cut:200, not \"\""},
        {"{{x|cut:abc}}", "1:5: cut takes a number of characters from 1 up"},
        {"{{x|cut:0}}", "1:5: cut takes a number of characters from 1 up"},
        {"{{x|cut:-5}}", "1:5: cut takes a number of characters from 1 up"},
        {"{{x|cut:12345678}}", "1:5: cut takes a number of characters from 1 up"},
        {"{{x|or}}", "1:5: or needs something behind a colon: or:\"none\""},
        {"{{x|or:\"a}}", "1:5: the quote behind the colon is not closed within the tag"},
        {"{{x|or:\"a\" b}}", "1:5: \"b\" stands behind a quoted text: a \"|\" belongs between"},
        {"{{x|ago:1}}", "1:5: ago takes nothing behind a colon"},
        {"{{x|json:1}}", "1:5: json takes nothing behind a colon"},
        {"{{x|time:}}", "1:5: "},
        {"{{x|time:Europe/Pari}}", "1:5: "},
        {"{{{x|tim}}}", "1:6: unknown format \"tim\"; did you mean \"time\"?"},
        {"{{&x|tim}}", "1:6: unknown format \"tim\"; did you mean \"time\"?"},
        {"a\n\xff", "2:1: byte 0xff is no UTF-8 text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *fault = compile_fault(rows[i].template);
        if (strncmp(fault, rows[i].fault, strlen(rows[i].fault)) != 0)
            fail_msg("%s: expected [%s...], got [%s]", rows[i].template, rows[i].fault, fault);
    }
}

static void note_fault(const struct template_fault *fault, void *arg)
{
    buf_printf(arg, "%zu:%zu ", fault->line, fault->column);
}

/* places: of all faults, a blank behind each. */
static void assert_faults(const char *template, const char *places)
{
    auto_buf struct buf told = {0};

    assert_int_equal(
        template_check(template, strlen(template), note_fault, &told), *places == '\0');
    assert_string_equal(buf_text(&told), places);
}

static void test_all_faults_are_told_at_once(void **state)
{
    (void)state;
    assert_faults("{{#a}}{{b|cut:3}}{{/a}}", "");
    assert_faults("{{a b}}\n{{c|tme}}{{d..}}{{>*e}}\n{{f", "1:1 2:5 2:10 2:17 3:1 ");
    assert_faults("{{a b|tme}}", "1:1 1:7 ");
    assert_faults("{{^a}}{{#b c}}{{/b c}}{{#d}}", "1:7 1:1 1:23 ");
}

static void test_what_follows_from_a_fault_is_not_told(void **state)
{
    (void)state;
    assert_faults("{{#a}}{{#b}}{{/a}}{{/b}}", "1:13 ");
    assert_faults("{{#a}}{{#b}}{{/a}}", "1:13 ");
    assert_faults("{{#a}}{{/b}}{{/a}}{{/c}}", "1:7 ");
    assert_faults("{{<a}}{{$b}}{{/b}}{{/a}}", "1:1 1:7 ");
}

static void test_a_nul_is_no_text(void **state)
{
    struct template_fault fault = {0};

    (void)state;
    assert_null(template_compile("ab\0c", 4, &fault));
    assert_string_equal(fault.reason, "byte 0x00 is no UTF-8 text");
    assert_int_equal(fault.column, 3);
    template_fault_finish(&fault);
    assert_null(template_compile("{{", 2, NULL)); /* who asks for no reason gets none */
}

static void repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(out, text);
}

static void test_sections_nest_to_a_depth(void **state)
{
    auto_buf struct buf text = {0};

    (void)state;
    repeat(&text, "{{#a}}", 64);
    buf_puts(&text, "x");
    repeat(&text, "{{/a}}", 64);
    auto_free char *result = rendered(buf_text(&text), "{\"a\": true}", FLAVOUR_PLAIN);
    assert_string_equal(result, "x");
    buf_clear(&text);
    repeat(&text, "{{#a}}", 65);
    auto_free char *fault = compile_fault(buf_text(&text));
    assert_string_equal(fault, "1:385: sections are nested deeper than 64");
}

static void test_partials_nest_to_a_depth(void **state)
{
    (void)state;
    auto_free char *endless = render_fault("a\n {{>p}}", "{}", "{\"p\": \"{{x}} {{>p}}\"}");
    assert_string_equal(endless,
        "2:2: in partial \"p\", line 1, column 7: partials nest deeper than 32; one that includes "
        "itself must end somewhere, by a section");
    /* Sections around each of them count too. */
    auto_free char *deep = render_fault("{{>p}}", "{\"a\": true}",
        "{\"p\": \"{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{>p}}"
        "{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}\"}");
    assert_non_null(strstr(deep, "sections and partials nest deeper than 256"));
}

/* {"l": [[1, 1, ...], [1, 1, ...], ...]}, the caller's to free. */
static char *lists(size_t count, size_t of)
{
    struct buf text = {0};

    buf_puts(&text, "{\"l\": [");
    for (size_t i = 0; i < count; i++) {
        buf_puts(&text, i ? ",[" : "[");
        repeat(&text, "1,", of - 1);
        buf_puts(&text, "1]");
    }
    buf_puts(&text, "]}");
    return buf_take(&text);
}

static void test_a_result_has_a_longest_length(void **state)
{
    auto_free char *data = lists(256, 256);

    (void)state;
    auto_free char *fits = rendered("{{#l}}{{#.}}1234{{/.}}{{/l}}", data, FLAVOUR_PLAIN);
    assert_int_equal(strlen(fits), 256 << 10);
    auto_free char *fault = render_fault("{{#l}}{{#.}}1234{{/.}}{{/l}}5", data, NULL);
    assert_string_equal(fault, "1:29: the result is longer than 256 KiB");
}

static void test_work_that_shows_nothing_ends_too(void **state)
{
    auto_free char *data = lists(1000, 50);

    (void)state;
    auto_free char *sections = render_fault("{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}", data, NULL);
    assert_non_null(strstr(sections, "it takes too long: "));
    auto_free char *formats = render_fault("{{#l}}{{#.}}{{l|json|cut:1}}{{/.}}{{/l}}", data, NULL);
    assert_non_null(strstr(formats, "1:13: it takes too long: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_have_a_place_and_a_cure),
        cmocka_unit_test(test_all_faults_are_told_at_once),
        cmocka_unit_test(test_what_follows_from_a_fault_is_not_told),
        cmocka_unit_test(test_a_nul_is_no_text),
        cmocka_unit_test(test_sections_nest_to_a_depth),
        cmocka_unit_test(test_partials_nest_to_a_depth),
        cmocka_unit_test(test_a_result_has_a_longest_length),
        cmocka_unit_test(test_work_that_shows_nothing_ends_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
