#include "../cmocka_setup.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_size_is_what_the_document_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
