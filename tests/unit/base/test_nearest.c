#include "../cmocka_setup.h"

#include "base/nearest.h"

static void test_a_slip_finds_its_word(void **state)
{
    static const char *const words[] = {"soc-teams", "soc-chat", NULL, "duty-mail"};

    (void)state;
    assert_string_equal(nearest_word("soc-team", words, 4), "soc-teams");
    assert_string_equal(nearest_word("SOC-CHAT", words, 4), "soc-chat");
    assert_string_equal(nearest_word("dutymail", words, 4), "duty-mail");
}

static void test_swapped_letters_are_one_slip(void **state)
{
    static const char *const words[] = {"time", "title", "text"};

    (void)state;
    assert_string_equal(nearest_word("titel", words, 3), "title");
    assert_string_equal(nearest_word("tiem", words, 3), "time");
    assert_string_equal(nearest_word("etxt", words, 3), "text");
}

static void test_another_word_finds_none(void **state)
{
    static const char *const words[] = {"soc-teams", "to", "x"};

    (void)state;
    assert_null(nearest_word("pagerduty", words, 3));
    assert_null(nearest_word("y", words, 3));
    assert_null(nearest_word("anything", words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slip_finds_its_word),
        cmocka_unit_test(test_swapped_letters_are_one_slip),
        cmocka_unit_test(test_another_word_finds_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
