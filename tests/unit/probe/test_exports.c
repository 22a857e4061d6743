#include "../cmocka_setup.h"

#include "base/error.h"
#include "probe/exports.h"

static void test_the_exports_of_what_is_no_object_are_none(void **state)
{
    auto_error struct error error = {0};
    struct exports exports;

    (void)state;
    assert_int_equal(exports_read(&exports, "/etc/passwd", &error), EXPORTS_NO_OBJECT);
    exports_finish(&exports);
    assert_int_equal(exports_read(&exports, "/not/there", &error), EXPORTS_NO_FILE);
    exports_finish(&exports);
    assert_int_equal(exports_read(&exports, "/", &error), EXPORTS_NO_FILE);
    exports_finish(&exports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_exports_of_what_is_no_object_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
