#include "../cmocka_setup.h"

#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"

/* RFC 4648, section 10, and bytes that use the last two digits. */
static const struct {
    const char *bytes, *text;
} pairs[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfb\xef", "//777w=="},
    {"Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
};

static void test_what_is_written_is_read_again(void **state)
{
    uint8_t bytes[32];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        auto_free char *text = base64_encode(pairs[i].bytes, strlen(pairs[i].bytes));
        assert_string_equal(text, pairs[i].text);
        assert_true(base64_decode(text, bytes, sizeof bytes, &len));
        assert_int_equal(len, strlen(pairs[i].bytes));
        assert_memory_equal(bytes, pairs[i].bytes, len);
    }
}

static void test_every_byte_comes_through(void **state)
{
    uint8_t bytes[256], again[256];
    size_t len;

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    auto_free char *text = base64_encode(bytes, sizeof bytes);
    assert_true(base64_decode(text, again, sizeof again, &len));
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(again, bytes, sizeof bytes);
}

static void test_nothing_else_is_read(void **state)
{
    static const char *const others[] = {"Zg", "Zg=", "Zg===", "Z===", "====", "=Zg=", "Zm9v\n",
        "Zm 9v", "Zh==", "Zm9=", "Zm9vYg==Zm9v", "Zm=v", "Zm9-", "Zm9_", "Zm\xc3\xa9"};
    uint8_t bytes[32];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (base64_decode(others[i], bytes, sizeof bytes, &len))
            fail_msg("%s was read", others[i]);
}

static void test_what_has_no_room_is_not_read(void **state)
{
    uint8_t bytes[6];
    size_t len;

    (void)state;
    assert_true(base64_decode("Zm9vYmFy", bytes, 6, &len));
    assert_false(base64_decode("Zm9vYmFy", bytes, 5, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read_again),
        cmocka_unit_test(test_every_byte_comes_through),
        cmocka_unit_test(test_nothing_else_is_read),
        cmocka_unit_test(test_what_has_no_room_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
