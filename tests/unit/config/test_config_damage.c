#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/config.h"
#include "scene.h"
#include "told.h"

/* A generator of our own, so that a failure can be repeated anywhere (Knuth's constants). */
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33);
}

static const char whole[] = WHOLE;

static void assert_survives(const char *text, size_t len)
{
    auto_problems struct problems problems = {0};

    write_file("tocsin.yaml", text, len);
    struct config *config = config_load("tocsin.yaml", "/p", &problems);
    assert_true(config || problems.error_count > 0);
    for (size_t i = 0; i < problems.count; i++)
        assert_null(strstr(problems.items[i].text, SECRET));
    config_destroy(config);
}

static void test_no_truncated_file_does_harm(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(whole); len++)
        assert_survives(whole, len);
}

static void test_no_damaged_file_does_harm(void **state)
{
    static const char bytes[] = "{}[]:#&*!|>'\"%@`,- \n\t~$<?\\x0\xff";
    uint64_t seed = 20261123;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        auto_free char *text = text_copy(whole);
        for (uint32_t count = next_random(&seed) % 4 + 1; count > 0; count--)
            text[next_random(&seed) % strlen(whole)] =
                bytes[next_random(&seed) % (sizeof bytes - 1)];
        assert_survives(text, strlen(whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_truncated_file_does_harm),
        cmocka_unit_test(test_no_damaged_file_does_harm),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
