#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "config/options.h"

struct conf {
    const char *text;
    struct tocsin_secret secret;
    bool flag;
    int64_t number;
    struct tocsin_duration duration;
    struct tocsin_size size;
    struct tocsin_choice choice;
    struct tocsin_list list;
    struct tocsin_map map;
};

static const char *const reserved[] = {"plugin", "timeout", "retry"};

static char *fault_of(const struct tocsin_option *options, size_t count)
{
    const struct option_table table = {options, count, sizeof *options};

    return options_fault(&table, sizeof(struct conf), reserved, 3);
}

static void test_a_good_table_has_no_fault(void **state)
{
    static const struct tocsin_option options[] = {
        TOCSIN_OPTION(struct conf, text, 0, "@here", "a text"),
        TOCSIN_OPTION(struct conf, secret, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "a secret"),
        TOCSIN_OPTION(struct conf, flag, 0, "true", "a flag"),
        TOCSIN_OPTION(struct conf, number, 0, "-5", "a number"),
        TOCSIN_OPTION(struct conf, duration, 0, "10s", "a duration"),
        TOCSIN_OPTION(struct conf, size, 0, "64k", "a size"),
        TOCSIN_WORDS(struct conf, choice, 0, "two", "one two", "a choice"),
        TOCSIN_OPTION(struct conf, list, 0, "[a, b]", "a list"),
        TOCSIN_OPTION(struct conf, map, 0, "{a: b}", "a map"),
    };

    (void)state;
    assert_null(fault_of(options, sizeof options / sizeof *options));
    assert_null(fault_of(NULL, 0));
}

static void test_a_faulty_table_is_told_where(void **state)
{
    static const struct {
        struct tocsin_option option;
        const char *fault;
    } rows[] = {
        {{NULL, TOCSIN_TEXT, 0, 0, NULL, NULL, "x"}, "option 1 has no name"},
        {{"Url", TOCSIN_TEXT, 0, 0, NULL, NULL, "x"},
            "option \"Url\": names are lower-case letters, digits and _, and begin with a letter"},
        {{"", TOCSIN_TEXT, 0, 0, NULL, NULL, "x"},
            "option \"\": names are lower-case letters, digits and _, and begin with a letter"},
        {{"retry", TOCSIN_TEXT, 0, 0, NULL, NULL, "x"},
            "option \"retry\": this name belongs to the host"},
        {{"a", 0, 0, 0, NULL, NULL, "x"}, "option \"a\": its type is not known"},
        {{"a", 10, 0, 0, NULL, NULL, "x"}, "option \"a\": its type is not known"},
        {{"a", TOCSIN_MAP, 0, sizeof(struct conf) - 8, NULL, NULL, "x"},
            "option \"a\": its member lies outside of the config struct"},
        {{"a", TOCSIN_TEXT, 0, UINT32_MAX, NULL, NULL, "x"},
            "option \"a\": its member lies outside of the config struct"},
        {{"a", TOCSIN_TEXT, 0, 4, NULL, NULL, "x"}, "option \"a\": its member is not aligned"},
        {{"a", TOCSIN_TEXT, 16, 0, NULL, NULL, "x"}, "option \"a\": it has an unknown flag"},
        {{"a", TOCSIN_TEXT, TOCSIN_HIDDEN, 0, NULL, NULL, "x"},
            "option \"a\": only lists and maps are hidden; a text is made a secret"},
        {{"a", TOCSIN_INT, TOCSIN_PATH, 0, NULL, NULL, "x"},
            "option \"a\": only texts are URLs or paths"},
        {{"a", TOCSIN_TEXT, TOCSIN_PATH | TOCSIN_URL, 0, NULL, NULL, "x"},
            "option \"a\": it is both a URL and a path"},
        {{"a", TOCSIN_TEXT, TOCSIN_REQUIRED, 0, "b", NULL, "x"},
            "option \"a\": it is required and has a fallback"},
        {{"a", TOCSIN_TEXT, 0, 0, NULL, NULL, NULL}, "option \"a\": its help is missing"},
        {{"a", TOCSIN_TEXT, 0, 0, NULL, NULL, ""}, "option \"a\": its help is missing"},
        {{"a", TOCSIN_CHOICE, 0, 0, NULL, " ", "x"}, "option \"a\": its choices are missing"},
        {{"a", TOCSIN_CHOICE, 0, 0, NULL, NULL, "x"}, "option \"a\": its choices are missing"},
        {{"a", TOCSIN_TEXT, 0, 0, NULL, "b c", "x"},
            "option \"a\": it has choices but is no choice"},
        {{"a", TOCSIN_DURATION, 0, 0, "10", NULL, "x"},
            "option \"a\": its fallback is wrong: \"a\" must be a duration such as 250ms, 5s, 10m, "
            "2h "
            "or 7d, not \"10\"; a unit is missing"},
        {{"a", TOCSIN_CHOICE, 0, 0, "d", "b c", "x"},
            "option \"a\": its fallback is wrong: \"a\" must be b or c, not \"d\""},
        {{"a", TOCSIN_LIST, 0, 0, "[b", NULL, "x"},
            "option \"a\": its fallback is wrong: not YAML: while parsing a flow sequence (from "
            "1:1) "
            "did not find expected ',' or ']'; close the list with ], or quote the text that "
            "holds one of { } [ ] , or a quote"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *fault = fault_of(&rows[i].option, 1);
        assert_non_null(fault);
        assert_string_equal(fault, rows[i].fault);
    }
}

static void test_a_name_stands_in_a_table_once(void **state)
{
    static const struct tocsin_option options[] = {
        TOCSIN_OPTION(struct conf, text, 0, NULL, "a text"),
        TOCSIN_OPTION(struct conf, text, 0, NULL, "the same"),
    };
    auto_free char *fault = fault_of(options, 2);

    (void)state;
    assert_string_equal(fault, "option \"text\": it stands in the table twice");
}

/* A plugin of a later interface may have longer options; one of an older one cannot be. */
static void test_the_stride_is_the_plugins(void **state)
{
    static const struct {
        struct tocsin_option option;
        const char *later;
    } longer[] = {{TOCSIN_OPTION(struct conf, text, 0, NULL, "a text"), "more"},
        {TOCSIN_OPTION(struct conf, number, 0, "x", "a number"), "more"}};
    const struct option_table table = {&longer[0].option, 2, sizeof *longer};
    const struct option_table shorter = {&longer[0].option, 2, 8};
    auto_free char *missing = fault_of(NULL, 1);
    auto_free char *fault = options_fault(&table, sizeof(struct conf), NULL, 0);
    auto_free char *stride = options_fault(&shorter, sizeof(struct conf), NULL, 0);

    (void)state;
    assert_string_equal(fault,
        "option \"number\": its fallback is wrong: \"number\" must be a whole "
        "number such as 10, not \"x\"");
    assert_string_equal(missing, "the option table is missing");
    assert_non_null(strstr(stride, "the stride of the option table is 8 bytes"));
    assert_string_equal(option_at(&table, 1)->name, "number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_table_has_no_fault),
        cmocka_unit_test(test_a_faulty_table_is_told_where),
        cmocka_unit_test(test_a_name_stands_in_a_table_once),
        cmocka_unit_test(test_the_stride_is_the_plugins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
