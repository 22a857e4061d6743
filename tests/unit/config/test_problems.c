#include "../cmocka_setup.h"

#include "base/cleanup.h"
#include "config/problems.h"

static void test_problems_come_in_the_order_of_the_file(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    problem_add(&problems, (struct place){"b.yaml", 1, 1}, "last");
    problem_add(&problems, (struct place){"a.yaml", 10, 2}, "third");
    problem_warn(&problems, (struct place){"a.yaml", 9, 20}, "second, a %s", "warning");
    problem_add(&problems, (struct place){"a.yaml", 9, 3}, "first");
    problems_sort(&problems);
    assert_int_equal(problems.count, 4);
    assert_int_equal(problems.error_count, 3);

    static const char *const expected[] = {"a.yaml:9:3: first",
        "a.yaml:9:20: warning: second, a warning", "a.yaml:10:2: third", "b.yaml:1:1: last"};
    for (size_t i = 0; i < 4; i++) {
        auto_free char *text = problem_format(&problems.items[i]);
        assert_string_equal(text, expected[i]);
    }
}

static void test_a_fault_that_is_found_twice_is_told_once(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        problem_add(&problems, (struct place){"a.yaml", 1, 1}, "the same");
    problem_add(&problems, (struct place){"a.yaml", 1, 1}, "another");
    problems_sort(&problems);
    assert_int_equal(problems.count, 2);
    assert_int_equal(problems.error_count, 2);
}

static void test_a_place_may_be_a_whole_file(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    problem_add(&problems, (struct place){"a.yaml", 0, 0}, "cannot be read: %s", "no such file");
    auto_free char *text = problem_format(&problems.items[0]);
    assert_string_equal(text, "a.yaml: cannot be read: no such file");
}

static void test_what_a_problem_quotes_cannot_act_on_a_terminal(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    problem_add(&problems, (struct place){"a.yaml", 1, 1}, "unknown name \"%s\"",
        "a\nb.yaml:9:9: \x1b[31mc\xc2\x9b"
        "31m\u2028\u00e9");
    assert_string_equal(
        problems.items[0].text, "unknown name \"a b.yaml:9:9:  [31mc  31m   \u00e9\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems_come_in_the_order_of_the_file),
        cmocka_unit_test(test_a_fault_that_is_found_twice_is_told_once),
        cmocka_unit_test(test_a_place_may_be_a_whole_file),
        cmocka_unit_test(test_what_a_problem_quotes_cannot_act_on_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
