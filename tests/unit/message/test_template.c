/* What the Mustache specification demands of names, values and sections, case for case, and what it
 * leaves open. Lines and partials: test_template_lines.c. */
#include "../cmocka_setup.h"

#include "rendering.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "message/template.h"

/* Interpolation ---------------------------------------------------------------------------------*/

static void test_values(void **state)
{
    static const struct rendering_case cases[] = {
        {"no tag", "from {Somebody} }} {\n", "{}", NULL, "from {Somebody} }} {\n"},
        {"nothing at all", "", "{}", NULL, ""},
        {"a name", "Dear {{who}}!\n", "{\"who\": \"duty\"}", NULL, "Dear duty!\n"},
        {"a value is no template", "{{a}}: {{b}}", "{\"a\": \"{{b}}\", \"b\": 1}", NULL,
            "{{b}}: 1"},
        {"escaped", "{{x}}", "{\"x\": \"& \\\" < >\"}", NULL, "&amp; &quot; &lt; &gt;"},
        {"triple", "{{{x}}}", "{\"x\": \"& \\\" < >\"}", NULL, "& \" < >"},
        {"ampersand", "{{&x}}", "{\"x\": \"& \\\" < >\"}", NULL, "& \" < >"},
        {"an integer", "{{n}} {{{n}}} {{&n}}", "{\"n\": 85}", NULL, "85 85 85"},
        {"a decimal", "{{n}} {{{n}}} {{&n}}", "{\"n\": 1.210}", NULL, "1.21 1.21 1.21"},
        {"a whole decimal", "{{n}}", "{\"n\": 85.0}", NULL, "85"},
        {"a negative", "{{n}}", "{\"n\": -0.5}", NULL, "-0.5"},
        {"a great integer", "{{n}}", "{\"n\": 9007199254740993}", NULL, "9007199254740993"},
        {"null", "({{x}}{{{x}}}{{&x}})", "{\"x\": null}", NULL, "()"},
        {"absent", "({{x}}{{{x}}}{{&x}})", "{}", NULL, "()"},
        {"booleans", "{{t}} {{f}}", "{\"t\": true, \"f\": false}", NULL, "true false"},
        {"a list is JSON", "{{{x}}}", "{\"x\": [1, \"a\", 0.1]}", NULL, "[1,\"a\",0.1]"},
        {"an object is JSON", "{{x}}", "{\"x\": {\"a\": 1}}", NULL, "{&quot;a&quot;:1}"},
        {"letters of any kind", "\u5999{{\u00e9}}\u7d4c", "{\"\u00e9\": \"\u6cd5\"}", NULL,
            "\u5999\u6cd5\u7d4c"},
        {"blanks around", "| {{x}} | {{{x}}} | {{&x}} |", "{\"x\": \"---\"}", NULL,
            "| --- | --- | --- |"},
        {"alone on a line", "  {{x}}\n  {{{x}}}\n  {{&x}}\n", "{\"x\": \"---\"}", NULL,
            "  ---\n  ---\n  ---\n"},
        {"blanks inside", "|{{ x }}|{{{ x }}}|{{& x }}|{{\n\tx\n}}|", "{\"x\": \"-\"}", NULL,
            "|-|-|-|-|"},
        {"braces around", "{ {{x}} } {{{x}}}}", "{\"x\": 1}", NULL, "{ 1 } 1}"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_dotted_names(void **state)
{
    static const struct rendering_case cases[] = {
        {"shorthand of a section", "{{p.n}}{{{p.n}}}{{&p.n}} {{#p}}{{n}}{{/p}}",
            "{\"p\": {\"n\": \"Jo\"}}", NULL, "JoJoJo Jo"},
        {"deep", "{{a.b.c.d.e.n}}", "{\"a\": {\"b\": {\"c\": {\"d\": {\"e\": {\"n\": 5}}}}}}", NULL,
            "5"},
        {"broken", "({{a.b.c}})", "{\"a\": {}}", NULL, "()"},
        {"broken at null", "({{a.b.c}})", "{\"a\": {\"b\": null}}", NULL, "()"},
        {"through a text", "({{a.length}})", "{\"a\": \"xyz\"}", NULL, "()"},
        {"broken stays within its parent", "({{a.b.c.n}})",
            "{\"a\": {\"b\": {}}, \"c\": {\"n\": \"wrong\"}}", NULL, "()"},
        {"the first part is any name", "{{#a}}{{b.c.d}}{{/a}}",
            "{\"a\": {\"b\": {\"c\": {\"d\": 1}}}, \"b\": {\"c\": {\"d\": 2}}}", NULL, "1"},
        {"the nearest first part counts", "({{#a}}{{b.c}}{{/a}})",
            "{\"a\": {\"b\": {}}, \"b\": {\"c\": \"wrong\"}}", NULL, "()"},
        {"a dot is no part of a key", "({{a.b}})", "{\"a.b\": 1}", NULL, "()"},
        {"such a key hides nothing", "{{a.b}}", "{\"a.b\": 1, \"a\": {\"b\": 2}}", NULL, "2"},
        {"unless it is written so", "{{a\\.b}}", "{\"a.b\": 1, \"a\": {\"b\": 2}}", NULL, "1"},
        {"elements of lists", "{{a.1.n}}{{a.7.n}}", "{\"a\": [{\"n\": 1}, {\"n\": 2}]}", NULL, "2"},
        {"a leading dot looks nowhere else", "{{#a}}({{.n}}){{/a}}{{#b}}({{.n}}{{.c.n}}){{/b}}",
            "{\"a\": {}, \"b\": {\"n\": 1, \"c\": {\"n\": 2}}, \"n\": \"wrong\"}", NULL, "()(12)"},
        {"null in a section is found there", "({{#a}}{{n}}{{/a}})",
            "{\"a\": {\"n\": null}, \"n\": \"wrong\"}", NULL, "()"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_the_dot_is_the_value_itself(void **state)
{
    static const struct rendering_case cases[] = {
        {"a text", "Hello, {{.}}!", "\"world\"", NULL, "Hello, world!"},
        {"escaped", "{{.}} {{{.}}} {{&.}}", "\"& \\\" < >\"", NULL,
            "&amp; &quot; &lt; &gt; & \" < > & \" < >"},
        {"a number", "{{.}}", "85", NULL, "85"},
        {"null", "({{.}})", "null", NULL, "()"},
        {"names of a text", "({{a}}{{.a}}{{a.b}})", "\"text\"", NULL, "()"},
        {"a list at the root", "{{#.}}({{value}}){{/.}}", "[{\"value\": 1}, {\"value\": 2}]", NULL,
            "(1)(2)"},
        {"a list of texts at the root", "{{#.}}{{.}},{{/.}}", "[\"<\", 2, 3.5, true]", NULL,
            "&lt;,2,3.5,true,"},
        {"texts", "{{#l}}({{.}}){{/l}}", "{\"l\": [\"a\", \"b\"]}", NULL, "(a)(b)"},
        {"integers", "{{#l}}({{.}}){{/l}}", "{\"l\": [1, 2, 3]}", NULL, "(1)(2)(3)"},
        {"decimals", "{{#l}}({{.}}){{/l}}", "{\"l\": [1.10, 2.20, 5.50]}", NULL, "(1.1)(2.2)(5.5)"},
        {"lists in a list", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\": [[1, 2], [\"a\", \"b\"]]}",
            NULL, "(12)(ab)"},
        {"each is escaped", "{{#l}}({{.}}){{/l}}{{#l}}({{{.}}}{{&.}}){{/l}}",
            "{\"l\": [\"&\", \"\\\"\", \"<\", \">\"]}", NULL,
            "(&amp;)(&quot;)(&lt;)(&gt;)(&&)(\"\")(<<)(>>)"},
        {"elements that are false", "{{#l}}({{.}}){{/l}}", "{\"l\": [null, false, \"\", 0]}", NULL,
            "()(false)()(0)"},
        {"missing", "{{^.}}nothing{{/.}}", "null", NULL, "nothing"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

/* Sections --------------------------------------------------------------------------------------*/

static void test_sections(void **state)
{
    static const struct rendering_case cases[] = {
        {"true", "'{{#x}}shown{{/x}}'", "{\"x\": true}", NULL, "'shown'"},
        {"false", "'{{#x}}shown{{/x}}'", "{\"x\": false}", NULL, "''"},
        {"null", "'{{#x}}shown{{/x}}'", "{\"x\": null}", NULL, "''"},
        {"absent", "'{{#x}}shown{{/x}}'", "{}", NULL, "''"},
        {"an empty list", "'{{#x}}shown{{/x}}'", "{\"x\": []}", NULL, "''"},
        {"an empty text", "'{{#x}}shown{{/x}}'", "{\"x\": \"\"}", NULL, "''"},
        {"zero is a number to show", "{{#x}}urgency {{x}}{{/x}}", "{\"x\": 0}", NULL, "urgency 0"},
        {"an empty object", "{{#x}}shown{{/x}}", "{\"x\": {}}", NULL, "shown"},
        {"a text is no list", "{{#x}}shown{{/x}}", "{\"x\": \"123\"}", NULL, "shown"},
        {"an object is the context", "{{#x}}Hi {{n}}.{{/x}}", "{\"x\": {\"n\": \"Jo\"}}", NULL,
            "Hi Jo."},
        {"names from around", "{{#s}}{{a}}, {{b}}, {{c.d}}{{/s}}",
            "{\"a\": 1, \"b\": 2, \"s\": {\"b\": 3}, \"c\": {\"d\": 4}}", NULL, "1, 3, 4"},
        {"the value itself", "{{#x}}{{.}} is {{x}}{{/x}}", "{\"x\": \"bar\"}", NULL, "bar is bar"},
        {"a list", "{{#l}}{{n}}{{/l}}", "{\"l\": [{\"n\": 1}, {\"n\": 2}, {\"n\": 3}]}", NULL,
            "123"},
        {"contexts of lists",
            "{{#t}}{{#m}}{{w.low}}{{n}}.{{#b}}{{w.up}}{{n}}{{k}}.{{/b}}{{/m}}{{/t}}",
            "{\"t\": [{\"w\": {\"up\": \"A\", \"low\": \"a\"}, \"m\": [{\"n\": 1, \"b\": [{\"k\": "
            "\"x\"}, {\"k\": \"y\"}]}]}]}",
            NULL, "a1.A1x.A1y."},
        {"twice", "{{#x}}\n* 1\n{{/x}}\n* {{two}}\n{{#x}}\n* 3\n{{/x}}\n",
            "{\"x\": true, \"two\": 2}", NULL, "* 1\n* 2\n* 3\n"},
        {"nested, true", "| A {{#x}}B {{#x}}C{{/x}} D{{/x}} E |", "{\"x\": true}", NULL,
            "| A B C D E |"},
        {"nested, false", "| A {{#x}}B {{#x}}C{{/x}} D{{/x}} E |", "{\"x\": false}", NULL,
            "| A  E |"},
        {"dotted", "'{{#a.b.c}}Here{{/a.b.c}}'", "{\"a\": {\"b\": {\"c\": true}}}", NULL, "'Here'"},
        {"dotted, false", "'{{#a.b.c}}Here{{/a.b.c}}'", "{\"a\": {\"b\": {\"c\": false}}}", NULL,
            "''"},
        {"dotted, broken", "'{{#a.b.c}}Here{{/a.b.c}}'", "{\"a\": {}}", NULL, "''"},
        {"padded", "|{{# x }}={{/ x }}|", "{\"x\": true}", NULL, "|=|"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_every_context_around_is_seen(void **state)
{
    static const struct rendering_case cases[] = {
        {"five deep",
            "{{#a}}\n{{1}}\n{{#b}}\n{{1}}{{2}}{{1}}\n{{#c}}\n{{1}}{{2}}{{3}}\n{{#d}}\n"
            "{{1}}{{2}}{{3}}{{4}}\n{{#5}}\n{{1}}{{2}}{{3}}{{4}}{{5}}\n"
            "{{1}}{{2}}{{3}}{{4}}{{.}}6{{.}}{{4}}{{3}}{{2}}{{1}}\n{{/5}}\n"
            "{{1}}{{2}}{{3}}{{4}}\n{{/d}}\n{{1}}{{2}}{{3}}\n{{/c}}\n{{1}}{{2}}\n{{/b}}\n{{1}}\n"
            "{{/a}}\n",
            "{\"a\": {\"1\": 1}, \"b\": {\"2\": 2}, \"c\": {\"3\": 3, \"d\": {\"4\": 4, \"5\": "
            "5}}}",
            NULL, "1\n121\n123\n1234\n12345\n12345654321\n1234\n123\n12\n1\n"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_inverted_sections(void **state)
{
    static const struct rendering_case cases[] = {
        {"false", "'{{^x}}shown{{/x}}'", "{\"x\": false}", NULL, "'shown'"},
        {"true", "'{{^x}}shown{{/x}}'", "{\"x\": true}", NULL, "''"},
        {"null", "'{{^x}}shown{{/x}}'", "{\"x\": null}", NULL, "'shown'"},
        {"absent", "'{{^x}}shown{{/x}}'", "{}", NULL, "'shown'"},
        {"an empty text", "'{{^x}}shown{{/x}}'", "{\"x\": \"\"}", NULL, "'shown'"},
        {"zero", "'{{^x}}shown{{/x}}'", "{\"x\": 0}", NULL, "''"},
        {"an object", "'{{^x}}Hi {{n}}.{{/x}}'", "{\"x\": {\"n\": \"Jo\"}}", NULL, "''"},
        {"a list", "'{{^l}}{{n}}{{/l}}'", "{\"l\": [{\"n\": 1}]}", NULL, "''"},
        {"an empty list", "'{{^l}}none{{/l}}'", "{\"l\": []}", NULL, "'none'"},
        {"twice", "{{^x}}\n* 1\n{{/x}}\n* {{two}}\n{{^x}}\n* 3\n{{/x}}\n",
            "{\"x\": false, \"two\": 2}", NULL, "* 1\n* 2\n* 3\n"},
        {"nested, false", "| A {{^x}}B {{^x}}C{{/x}} D{{/x}} E |", "{\"x\": false}", NULL,
            "| A B C D E |"},
        {"nested, true", "| A {{^x}}B {{^x}}C{{/x}} D{{/x}} E |", "{\"x\": true}", NULL,
            "| A  E |"},
        {"dotted", "'{{^a.b.c}}No{{/a.b.c}}'", "{\"a\": {\"b\": {\"c\": true}}}", NULL, "''"},
        {"dotted, false", "'{{^a.b.c}}No{{/a.b.c}}'", "{\"a\": {\"b\": {\"c\": false}}}", NULL,
            "'No'"},
        {"dotted, broken", "'{{^a.b.c}}No{{/a.b.c}}'", "{\"a\": {}}", NULL, "'No'"},
        {"padded", "|{{^ x }}={{/ x }}|", "{\"x\": false}", NULL, "|=|"},
        {"one or the other", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{\"x\": [1]}", NULL, "yes"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

/* Comments, delimiters --------------------------------------------------------------------------*/

static void test_comments_and_delimiters(void **state)
{
    static const struct rendering_case cases[] = {
        {"a comment", "12345{{! a | b {{ c! }}67890", "{}", NULL, "1234567890"},
        {"of several lines", "12345{{!\n  of\n  two...\n}}67890\n", "{}", NULL, "1234567890\n"},
        {"blanks around one", "12345 {{! x }} 67890", "{}", NULL, "12345  67890"},
        {"an empty one", "a{{!}}b", "{}", NULL, "ab"},
        {"that is no name", "({{! x }}{{!x}}{{ !x}})", "{\"! x\": 1, \"!x\": 2}", NULL, "()"},
        {"new delimiters", "{{=<% %>=}}(<%x%>)", "{\"x\": \"Hey!\"}", NULL, "(Hey!)"},
        {"of one letter", "({{=[ ]=}}[x])", "{\"x\": 1}", NULL, "(1)"},
        {"the same twice", "{{=| |=}}|x| {{x}}", "{\"x\": 1}", NULL, "1 {{x}}"},
        {"and back", "{{=<% %>=}}<%x%><%={{ }}=%>{{x}}<%x%>", "{\"x\": 1}", NULL, "11<%x%>"},
        {"unescaped in them", "{{=<% %>=}}<%{x}%><%& x %>", "{\"x\": \"<\"}", NULL, "<<"},
        {"through sections",
            "[\n{{#s}}\n  {{x}}\n  |x|\n{{/s}}\n\n{{= | | =}}\n|#s|\n  {{x}}\n  |x|\n|/s|\n]\n",
            "{\"s\": true, \"x\": \"Y\"}", NULL, "[\n  Y\n  |x|\n\n  {{x}}\n  Y\n]\n"},
        {"through inverted ones",
            "[\n{{^s}}\n  {{x}}\n  |x|\n{{/s}}\n\n{{= | | =}}\n|^s|\n  {{x}}\n  |x|\n|/s|\n]\n",
            "{\"s\": false, \"x\": \"Y\"}", NULL, "[\n  Y\n  |x|\n\n  {{x}}\n  Y\n]\n"},
        {"set within a section", "{{#s}}{{=< >=}}<x><={{ }}=>{{/s}}{{x}}",
            "{\"s\": true, \"x\": 1}", NULL, "11"},
        {"not in partials", "[ {{>p}} ]\n{{= | | =}}\n[ |>p| ]\n", "{\"x\": \"yes\"}",
            "{\"p\": \".{{x}}.\"}", "[ .yes. ]\n[ .yes. ]\n"},
        {"not behind partials", "[ {{>p}} ]\n[ .{{x}}.  .|x|. ]\n", "{\"x\": \"yes\"}",
            "{\"p\": \".{{x}}. {{= | | =}} .|x|.\"}", "[ .yes.  .yes. ]\n[ .yes.  .|x|. ]\n"},
        {"blanks around", "| {{=@ @=}} |", "{}", NULL, "|  |"},
        {"padded", "|{{= @   @ =}}|", "{}", NULL, "||"},
        {"over lines", "|{{=\n<%\n%>\n=}}<%x%>|", "{\"x\": 1}", NULL, "|1|"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

/* Beyond the specification ----------------------------------------------------------------------*/

static void test_each_flavour_escapes_values_and_no_text(void **state)
{
    static const struct {
        enum flavour flavour;
        const char *expected;
    } rows[] = {
        {FLAVOUR_PLAIN, "*<@all &>* *<@all &>*"},
        {FLAVOUR_MARKDOWN, "*&#60;@\u200ball &amp;\\>* *<@all &>*"},
        {FLAVOUR_TEAMS, "*<\u200b@\u200ball &>* *<@all &>*"},
        {FLAVOUR_MRKDWN, "*&lt;@\u200ball &amp;&gt;* *<@all &>*"},
        {FLAVOUR_HTML, "*&lt;@all &amp;&gt;* *<@all &>*"},
        {FLAVOUR_URL, "*%3C%40all%20%26%3E* *<@all &>*"},
        {FLAVOUR_JSON, "*\"<@all &>\"* *\"<@all &>\"*"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *text =
            rendered("*{{x}}* *{{{x}}}*", "{\"x\": \"<@all &>\"}", rows[i].flavour);
        assert_string_equal(text, rows[i].expected);
    }
}

static void note(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    static const char *const kinds[] = {"name", "section", "inverted", "end", "partial"};

    buf_printf(arg, "%s %s %zu:%zu\n", kinds[kind], name, line, column);
}

static void test_a_visitor_sees_all_that_is_named(void **state)
{
    static const char text[] = "\u00e9 {{title}} {{{a.b | cut:3}}}\n"
                               "{{#list}}{{.}}{{^.x}}{{> dir/part }}{{/.x}}\n"
                               "  {{/list}} {{! no }}";
    auto_buf struct buf seen = {0};
    struct template *template = template_compile(text, strlen(text), NULL);

    (void)state;
    template_visit(template, note, &seen);
    assert_string_equal(buf_text(&seen), "name title 1:3\nname a.b 1:13\n"
                                         "section list 2:1\nname . 2:10\ninverted .x 2:15\n"
                                         "partial dir/part 2:22\nend .x 2:37\nend list 3:3\n");
    template_destroy(template);
}

static void test_results_are_appended(void **state)
{
    const struct template_scope scope = {.flavour = FLAVOUR_PLAIN}; /* no data, no partials */
    struct template *template = template_compile("b{{x}}{{.}}{{>p}}{{#x}}{{/x}}c", 30, NULL);
    auto_buf struct buf out = {0};

    (void)state;
    buf_puts(&out, "a");
    assert_true(template_render(template, &scope, &out, NULL));
    assert_string_equal(buf_text(&out), "abc");
    template_destroy(template);
    template_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_dotted_names),
        cmocka_unit_test(test_the_dot_is_the_value_itself),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_every_context_around_is_seen),
        cmocka_unit_test(test_inverted_sections),
        cmocka_unit_test(test_comments_and_delimiters),
        cmocka_unit_test(test_each_flavour_escapes_values_and_no_text),
        cmocka_unit_test(test_a_visitor_sees_all_that_is_named),
        cmocka_unit_test(test_results_are_appended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
