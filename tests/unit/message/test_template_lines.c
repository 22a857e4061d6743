/* What the Mustache specification demands of lines: tags that stand alone on one, and partials with
 * their indentation. */
#include "../cmocka_setup.h"

#include "rendering.h"

static void test_a_tag_alone_takes_its_line_with_it(void **state)
{
    static const struct rendering_case cases[] = {
        {"a comment", "Begin.\n{{! x }}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
        {"indented", "Begin.\n \t {{! x }}\t \nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
        {"of several lines", "Begin.\n{{!\nx\n}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
        {"of several, indented", "Begin.\n  {{!\n    x\n  }}\nEnd.\n", "{}", NULL,
            "Begin.\nEnd.\n"},
        {"CR LF", "|\r\n{{! x }}\r\n|", "{}", NULL, "|\r\n|"},
        {"the first line", "  {{! x }}\n!", "{}", NULL, "!"},
        {"behind a byte-order mark", "\xef\xbb\xbf  {{! x }}\n!", "{}", NULL, "!"},
        {"the last line", "!\n  {{! x }}", "{}", NULL, "!\n"},
        {"the only line", "  {{! x }}  ", "{}", NULL, ""},
        {"not alone", "  12 {{! x }}\n", "{}", NULL, "  12 \n"},
        {"not alone either", "{{! x }} 12\n", "{}", NULL, " 12\n"},
        {"two are not alone", " {{! x }} {{! y }} \n", "{}", NULL, "   \n"},
        {"a carriage return alone ends no line", "a\n{{! x }}\rb", "{}", NULL, "a\n\rb"},
        {"delimiters", "Begin.\n{{=@ @=}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
        {"delimiters, indented", "Begin.\n  {{=@ @=}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
        {"delimiters, CR LF", "|\r\n{{= @ @ =}}\r\n|", "{}", NULL, "|\r\n|"},
        {"delimiters, first", "  {{=@ @=}}\n=", "{}", NULL, "="},
        {"delimiters, last", "=\n  {{=@ @=}}", "{}", NULL, "=\n"},
        {"delimiters, not alone", " | {{=@ @=}}\n", "{}", NULL, " | \n"},
        {"an empty line around stays", "a\n\n{{! x }}\n\nb", "{}", NULL, "a\n\n\nb"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_sections_on_lines_of_their_own(void **state)
{
    static const char t[] = "{\"x\": true}", f[] = "{\"x\": false}";
    static const struct rendering_case cases[] = {
        {"inline", " | {{#x}}\t|\t{{/x}} | \n", t, NULL, " | \t|\t | \n"},
        {"blanks inside", " | {{#x}} {{! y }}\n {{/x}} | \n", t, NULL, " |  \n  | \n"},
        {"indented inline", " {{#x}}YES{{/x}}\n {{#x}}GOOD{{/x}}\n", t, NULL, " YES\n GOOD\n"},
        {"alone", "| This\n{{#x}}\n|\n{{/x}}\n| Line\n", t, NULL, "| This\n|\n| Line\n"},
        {"alone, indented", "| This\n  {{#x}}\n|\n  {{/x}}\n| Line\n", t, NULL,
            "| This\n|\n| Line\n"},
        {"CR LF", "|\r\n{{#x}}\r\n{{/x}}\r\n|", t, NULL, "|\r\n|"},
        {"first", "  {{#x}}\n#{{/x}}\n/", t, NULL, "#\n/"},
        {"last", "#{{#x}}\n/\n  {{/x}}", t, NULL, "#\n/\n"},
        {"inverted inline", " | {{^x}}\t|\t{{/x}} | \n", f, NULL, " | \t|\t | \n"},
        {"inverted, blanks inside", " | {{^x}} {{! y }}\n {{/x}} | \n", f, NULL, " |  \n  | \n"},
        {"inverted, indented inline", " {{^x}}NO{{/x}}\n {{^x}}WAY{{/x}}\n", f, NULL,
            " NO\n WAY\n"},
        {"inverted, alone", "| This\n{{^x}}\n|\n{{/x}}\n| Line\n", f, NULL, "| This\n|\n| Line\n"},
        {"inverted, alone, indented", "| This\n  {{^x}}\n|\n  {{/x}}\n| Line\n", f, NULL,
            "| This\n|\n| Line\n"},
        {"inverted, CR LF", "|\r\n{{^x}}\r\n{{/x}}\r\n|", f, NULL, "|\r\n|"},
        {"inverted, first", "  {{^x}}\n^{{/x}}\n/", f, NULL, "^\n/"},
        {"inverted, last", "^{{^x}}\n/\n  {{/x}}", f, NULL, "^\n/\n"},
        {"a list", "{{#l}}\n- {{.}}\n{{/l}}\n", "{\"l\": [1, 2]}", NULL, "- 1\n- 2\n"},
        {"begin and end on one line", "a\n{{#x}}{{/x}}\nb", t, NULL, "a\n\nb"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_partials(void **state)
{
    static const struct rendering_case cases[] = {
        {"a partial", "'{{>text}}'", "{}", "{\"text\": \"from partial\"}", "'from partial'"},
        {"none of that name", "'{{>text}}'", "{}", NULL, "''"},
        {"the context", "'{{>p}}'", "{\"x\": \"<\"}", "{\"p\": \"*{{x}}*\"}", "'*&lt;*'"},
        {"within a section", "{{#l}}{{>p}}{{/l}}", "{\"l\": [1, 2]}", "{\"p\": \"({{.}})\"}",
            "(1)(2)"},
        {"of itself", "{{>node}}", "{\"c\": \"X\", \"nodes\": [{\"c\": \"Y\", \"nodes\": []}]}",
            "{\"node\": \"{{c}}<{{#nodes}}{{>node}}{{/nodes}}>\"}", "X<Y<>>"},
        {"in partials", "{{>outer}}", "{\"a\": \"hello\", \"b\": \"world\"}",
            "{\"outer\": \"*{{a}} {{>inner}}*\", \"inner\": \"{{b}}!\"}", "*hello world!*"},
        {"names with slashes and dots", "{{>dir/a.b}}", "{}", "{\"dir/a.b\": \"x\"}", "x"},
        {"padded", "|{{> p }}|", "{}", "{\"p\": \"[]\"}", "|[]|"},
        {"a partial is a text of its own", "{{#x}}{{>p}}{{/x}}", "{\"x\": 1}",
            "{\"p\": \"{{#x}}y{{/x}}\"}", "y"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

static void test_a_partial_is_indented_as_its_tag(void **state)
{
    static const struct rendering_case cases[] = {
        {"blanks around", "| {{>p}} |", "{}", "{\"p\": \"\\t|\\t\"}", "| \t|\t |"},
        {"not alone", "  {{x}}  {{> p}}\n", "{\"x\": \"|\"}", "{\"p\": \">\\n>\"}", "  |  >\n>\n"},
        {"CR LF", "|\r\n{{>p}}\r\n|", "{}", "{\"p\": \">\"}", "|\r\n>|"},
        {"first", "  {{>p}}\n>", "{}", "{\"p\": \">\\n>\"}", "  >\n  >>"},
        {"last", ">\n  {{>p}}", "{}", "{\"p\": \">\\n>\"}", ">\n  >\n  >"},
        {"lines of the partial, not of values", "\\\n {{>p}}\n/\n", "{\"x\": \"<\\n->\"}",
            "{\"p\": \"|\\n{{{x}}}\\n|\\n\"}", "\\\n |\n <\n->\n |\n/\n"},
        {"all of a line's values", " {{>p}}\n", "{\"x\": \"<\\n->\"}",
            "{\"p\": \"{{{x}}}a b{{{x}}}c\\n\"}", " <\n->a b<\n->c\n"},
        {"a tab", "\t{{>p}}\n", "{}", "{\"p\": \"a\\nb\\n\"}", "\ta\n\tb\n"},
        {"CR LF within", "  {{>p}}\n", "{}", "{\"p\": \"a\\r\\nb\\r\\n\"}", "  a\r\n  b\r\n"},
        {"added up", " {{>p}}\n", "{}", "{\"p\": \"a\\n  {{>q}}\\nb\\n\", \"q\": \"c\\nd\\n\"}",
            " a\n   c\n   d\n b\n"},
        {"one inside that is not alone has none", " {{>p}}\n", "{}",
            "{\"p\": \"a {{>q}}\\n\", \"q\": \"c\\nd\"}", " a c\nd\n"},
        {"lines that vanish leave nothing", "  {{>p}}\n", "{\"x\": [1, 2]}",
            "{\"p\": \"{{! y }}\\n{{#x}}\\n{{.}}\\n{{/x}}\\nz\\n\"}", "  1\n  2\n  z\n"},
        {"a section that begins a line", "  {{>p}}\n", "{\"x\": false}",
            "{\"p\": \"{{#x}}y{{/x}}z\\n\"}", "  z\n"},
        {"a section's end that begins a line", "  {{>p}}\n", "{\"x\": [1, 2]}",
            "{\"p\": \"{{#x}}a\\n{{/x}}z\\n\"}", "  a\n  a\n  z\n"},
        {"lines of a comment are none", "  {{>p}}\n", "{}", "{\"p\": \"a{{! 1\\n2 }}b\\nc\"}",
            "  ab\n  c"},
        {"empty lines too", "  {{>p}}\n", "{}", "{\"p\": \"a\\n\\nb\"}", "  a\n  \n  b"},
        {"an empty partial", "  {{>p}}\nx", "{}", "{\"p\": \"\"}", "x"},
        {"no partial", "  {{>p}}\nx", "{}", NULL, "x"},
    };

    (void)state;
    ASSERT_RENDERED(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tag_alone_takes_its_line_with_it),
        cmocka_unit_test(test_sections_on_lines_of_their_own),
        cmocka_unit_test(test_partials),
        cmocka_unit_test(test_a_partial_is_indented_as_its_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
