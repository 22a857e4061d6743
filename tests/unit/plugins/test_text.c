#include "../cmocka_setup.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/shared/text.h"

static void test_a_size_is_what_the_document_takes(void **state)
{
    static const char *const documents[] = {
        "{}",
        "[]",
        "\"\"",
        "[[],{},\"\",{\"a\":[]}]",
        "{\"a\":1,\"b\":[1,-2.5,true,false,null],\"c\":{\"d\":\"e\"}}",
        "{\"quo\\\"te\":\"back\\\\slash / and \\b\\f\\n\\r\\t and \\u0001\\u001f\\u007f\"}",
        "[\"caf\xc3\xa9 \xf0\x9f\x94\x94\",\"\xe2\x80\x8b\"]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        auto_json json_t *document = json_loads(documents[i], JSON_DECODE_ANY, NULL);
        char *written = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_non_null(written);
        assert_int_equal(json_size(document), strlen(written));
        free(written);
    }
}

static void test_units_are_utf_16(void **state)
{
    static const struct {
        const char *text;
        size_t units, max, fits; /* fits: bytes of the beginning that take at most max units */
    } rows[] = {
        {"", 0, 0, 0},
        {"abc", 3, 2, 2},
        {"caf\xc3\xa9", 4, 4, 5},
        {"caf\xc3\xa9", 4, 3, 3},
        {"\xe2\x82\xac\xe2\x82\xac", 2, 1, 3},
        {"a\xf0\x9f\x94\x94"
         "b",
            4, 2, 1}, /* a pair is not parted */
        {"a\xf0\x9f\x94\x94"
         "b",
            4, 3, 5},
        {"abc", 3, SIZE_MAX, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_units(rows[i].text), rows[i].units);
        assert_int_equal(text_fit_units(rows[i].text, rows[i].max), rows[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_size_is_what_the_document_takes),
        cmocka_unit_test(test_units_are_utf_16),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
