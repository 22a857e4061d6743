#include "../cmocka_setup.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "enrich/url.h"

static const char alert_url[] = "https://api.example/v1/alerts/{{attributes.uuid}}?stix=false";

static char *fill(const char *text, const char *uuid, struct error *error)
{
    auto_json json_t *names = json_pack("{s:{s:s?}}", "attributes", "uuid", uuid);
    struct url *url = url_compile(text, NULL);
    char *filled = url_fill(url, names, error);

    url_destroy(url);
    return filled;
}

static void test_an_id_is_one_encoded_segment(void **state)
{
    static const struct {
        const char *uuid, *url;
    } rows[] = {
        {"af0a-1", "https://api.example/v1/alerts/af0a-1?stix=false"},
        {"../../keys", "https://api.example/v1/alerts/..%2F..%2Fkeys?stix=false"},
        {"a?b=c#d&e", "https://api.example/v1/alerts/a%3Fb%3Dc%23d%26e?stix=false"},
        {"a b\r\nX: y", "https://api.example/v1/alerts/a%20b%0D%0AX%3A%20y?stix=false"},
        {"\xc3\xa9%41", "https://api.example/v1/alerts/%C3%A9%2541?stix=false"},
        {"{{attributes.uuid}}",
            "https://api.example/v1/alerts/%7B%7Battributes.uuid%7D%7D?stix=false"},
        {"...", "https://api.example/v1/alerts/...?stix=false"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *url = fill(alert_url, rows[i].uuid, NULL);
        assert_string_equal(url, rows[i].url);
    }
}

static void test_what_would_walk_up_the_path_is_not_looked_up(void **state)
{
    static const struct {
        const char *uuid, *reason;
    } rows[] = {
        {".", "the event's attributes.uuid is no id"},
        {"..", "the event's attributes.uuid is no id"},
        {"", "the event has no attributes.uuid to look up"},
        {NULL, "the event has no attributes.uuid to look up"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_error struct error error = {0};
        assert_null(fill(alert_url, rows[i].uuid, &error));
        assert_string_equal(error_text(&error), rows[i].reason);
    }
}

static void test_several_parts_and_numbers_are_filled(void **state)
{
    auto_json json_t *names = json_pack("{s:s,s:{s:i}}", "type", "a/b", "attributes", "n", 7);
    struct url *url = url_compile("http://x/{{type}}/{{attributes.n}}", NULL);

    (void)state;
    auto_free char *filled = url_fill(url, names, NULL);
    assert_string_equal(filled, "http://x/a%2Fb/7");
    url_destroy(url);
}

static void test_a_part_that_is_none_is_refused(void **state)
{
    auto_error struct error error = {0};

    (void)state;
    assert_null(url_compile("http://x/{{attributes.uuid", &error));
    assert_string_equal(error_text(&error), "\"{{\" is not closed");
    assert_null(url_compile("http://x/{{}}", &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_one_encoded_segment),
        cmocka_unit_test(test_what_would_walk_up_the_path_is_not_looked_up),
        cmocka_unit_test(test_several_parts_and_numbers_are_filled),
        cmocka_unit_test(test_a_part_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
