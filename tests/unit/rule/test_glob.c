#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "rule/glob.h"

static void test_patterns_match_whole_texts(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"abc", "Abc", false},
        {"", "", true},
        {"*", "", true},
        {"*", "a/b.c\n", true},
        {"?", "", false},
        {"?", "\xc3\xa9", true}, /* one character, not one byte */
        {"??", "\xc3\xa9", false},
        {"a*c", "abbbc", true},
        {"a*c", "ac", true},
        {"a*c*", "abcbd", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"*.example", "www.example", true},
        {"[a-c]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"[!a-c]x", "dx", true},
        {"[^a-c]x", "ax", false},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
        {"[\xc3\xa0-\xc3\xbf]", "e", false},
        {"[abc", "[abc", true}, /* a set that is never closed is a text */
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"\\[a]", "[a]", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (glob_match(rows[i].pattern, rows[i].text) != rows[i].matches)
            print_message("# %s on %s\n", rows[i].pattern, rows[i].text);
        assert_int_equal(glob_match(rows[i].pattern, rows[i].text), rows[i].matches);
    }
}

/* Going back through every star, this would outlast the universe. */
static void test_a_hostile_text_is_soon_done_with(void **state)
{
    auto_free char *text = mem_alloc(40001);

    (void)state;
    memset(text, 'a', 40000);
    assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_match_whole_texts),
        cmocka_unit_test(test_a_hostile_text_is_soon_done_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
