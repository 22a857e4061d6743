#include "../cmocka_setup.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/filename.h"

static void assert_absolute(const char *name, const char *beside, const char *expected)
{
    auto_free char *absolute = filename_absolute(name, beside);

    assert_string_equal(absolute, expected);
}

static void test_names_are_relative_to_the_file_that_holds_them(void **state)
{
    (void)state;
    assert_absolute("rules.yaml", "/etc/tocsin/tocsin.yaml", "/etc/tocsin/rules.yaml");
    assert_absolute("./rules.yaml", "/etc/tocsin/tocsin.yaml", "/etc/tocsin/rules.yaml");
    assert_absolute("../rules.yaml", "/etc/tocsin/tocsin.yaml", "/etc/tocsin/../rules.yaml");
    assert_absolute("rules.yaml", "/tocsin.yaml", "/rules.yaml");
    assert_absolute("/var/rules.yaml", "/etc/tocsin/tocsin.yaml", "/var/rules.yaml");
}

static void test_a_relative_file_is_itself_relative_to_here(void **state)
{
    (void)state;
    assert_int_equal(chdir("/usr"), 0);
    assert_absolute("rules.yaml", "conf/tocsin.yaml", "/usr/conf/rules.yaml");
    assert_absolute("rules.yaml", "./tocsin.yaml", "/usr/rules.yaml");
    assert_absolute("rules.yaml", "tocsin.yaml", "/usr/rules.yaml");
    assert_absolute("tocsin.yaml", NULL, "/usr/tocsin.yaml");
}

static void test_a_folder_is_no_pattern_whatever_is_in_its_name(void **state)
{
    (void)state;
    auto_free char *plain = filename_literal("/etc/tocsin");
    auto_free char *odd = filename_literal("/srv/a*b?[c]\\d");
    assert_string_equal(plain, "/etc/tocsin");
    assert_string_equal(odd, "/srv/a\\*b\\?\\[c]\\\\d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_folder_is_no_pattern_whatever_is_in_its_name),
        cmocka_unit_test(test_names_are_relative_to_the_file_that_holds_them),
        cmocka_unit_test(test_a_relative_file_is_itself_relative_to_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
