/* Where the text of a scalar stands in its file, for templates. */
#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "config/yaml.h"

static void assert_layout(const char *file, size_t line, size_t column)
{
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *root = yaml_load_text("f.yaml", file, strlen(file), &problems);

    assert_non_null(root);
    assert_int_equal(problems.count, 0);
    const struct yaml *node = yaml_get(root, "t");
    if (node->text_line != line || node->text_column != column)
        print_message("# %s\n# is at %zu:%zu\n", file, node->text_line, node->text_column);
    assert_int_equal(node->text_line, line);
    assert_int_equal(node->text_column, column);
}

static void test_a_text_on_one_line_begins_where_it_is_written(void **state)
{
    (void)state;
    assert_layout("t: now {{a}}", 1, 4);
    assert_layout("x: 1\nt:  \"{{a}}\"", 2, 6);
    assert_layout("t: '{{a}}'", 1, 5);
    assert_layout("t: &anchor \"{{a}}\"", 1, 13);
    assert_layout("\"\xc3\xa9\xc3\xa9\": 1\nt: '\xc3\xa9 {{a}}'", 2, 5);
    assert_layout("t:\n  '{{a}}'", 2, 4);
}

static void test_a_block_begins_below_its_mark(void **state)
{
    (void)state;
    assert_layout("t: |\n  one\n  {{a}}\n", 2, 3);
    assert_layout("t: |-  # why\n      {{a}}\n", 2, 7);
    assert_layout("t: |\n\n\n    {{a}}\n", 2, 5);
    assert_layout("t: |2\n    {{a}}\n", 2, 3);
    assert_layout("t: |\r\n  {{a}}\r\n  b\r\n", 2, 3);
    assert_layout("t: &a |\n  {{a}}", 2, 3);
}

static void test_lines_that_editors_do_not_count_are_none_of_the_file(void **state)
{
    (void)state;
    assert_layout("x: 'a\u2028b'\nt: '{{a}}'", 2, 5);
    assert_layout("x: 'a\u2029b'\nt: |\n  {{a}}\n", 3, 3);
    assert_layout("t: |\n  {{a}}\xc2\x85  {{b}}\n", 0, 0);
    assert_layout("t: |\n  {{a}}\r  {{b}}\n", 0, 0);
}

static void test_what_is_written_otherwise_has_no_place_inside(void **state)
{
    (void)state;
    assert_layout("t: >\n  one\n  {{a}}\n", 0, 0);
    assert_layout("t: \"one \\\" {{a}}\"", 0, 0);
    assert_layout("t: \"one\\n{{a}}\"", 0, 0);
    assert_layout("t: 'it''s {{a}}'", 0, 0);
    assert_layout("t: one\n  {{a}}", 0, 0);
    assert_layout("t: 'one\n\n  {{a}}'", 0, 0);
    assert_layout("t: no template", 0, 0);
}

static void test_an_alias_has_the_place_of_what_it_names(void **state)
{
    (void)state;
    assert_layout("x-a: &a '{{a}}'\nt: *a\n", 1, 10);
    assert_layout("x-a: &a |\n  {{a}}\nt: *a\n", 2, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_on_one_line_begins_where_it_is_written),
        cmocka_unit_test(test_a_block_begins_below_its_mark),
        cmocka_unit_test(test_lines_that_editors_do_not_count_are_none_of_the_file),
        cmocka_unit_test(test_what_is_written_otherwise_has_no_place_inside),
        cmocka_unit_test(test_an_alias_has_the_place_of_what_it_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
