#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "event/path.h"

static json_t *document(void)
{
    return json_loads("{\"a\":{\"b\":{\"0\":\"zero\"}},\"list\":[\"x\",{\"slug\":\"team\"},[7]],"
                      "\"dot.name\":1,\"back\\\\slash\":2,\"null\":null}",
        0, NULL);
}

static void assert_finds(const char *text, const char *expected)
{
    struct path path;
    auto_json json_t *root = document();

    assert_true(path_init(&path, text, NULL));
    assert_string_equal(path.text, text);
    json_t *value = path_get(&path, root);
    if (expected) {
        auto_free char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        assert_non_null(dump);
        assert_string_equal(dump, expected);
    } else {
        assert_null(value);
    }
    path_finish(&path);
}

static void test_paths_walk_objects_and_lists(void **state)
{
    (void)state;
    assert_finds("a.b.0", "\"zero\""); /* a name in an object */
    assert_finds("list.0", "\"x\"");   /* an index in a list */
    assert_finds("list.1.slug", "\"team\"");
    assert_finds("list.2.0", "7");
    assert_finds("dot\\.name", "1");
    assert_finds("back\\\\slash", "2");
    assert_finds("null", "null"); /* null is a value */
}

static void test_what_is_not_there_is_nothing(void **state)
{
    (void)state;
    assert_finds("b", NULL);
    assert_finds("a.b.0.c", NULL);
    assert_finds("list.3", NULL);
    assert_finds("list.x", NULL);
    assert_finds("list.-1", NULL);
    assert_finds("list.99999999999999999999", NULL);
    assert_finds("null.x", NULL);
    assert_finds("dot.name", NULL);
}

static void test_bad_paths_are_refused(void **state)
{
    static const char *const texts[] = {"", ".", "a.", ".a", "a..b", "a\\", "a\\b"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct path path;
        auto_error struct error error = {0};
        assert_false(path_init(&path, texts[i], &error));
        assert_non_null(strstr(error_text(&error), texts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_walk_objects_and_lists),
        cmocka_unit_test(test_what_is_not_there_is_nothing),
        cmocka_unit_test(test_bad_paths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
