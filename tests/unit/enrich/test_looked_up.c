#include "../cmocka_setup.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enrich/enricher.h"

static void test_an_answer_is_read_to_its_end_and_no_further(void **state)
{
    static const char answer[] = "{\"data\":{\"title\":\"x\"}}";
    size_t len = strlen(answer), page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    char *bytes = pages + page - len;
    memcpy(bytes, answer, len);

    struct looked_up *looked_up = looked_up_create("alert", "found", bytes, len, "data");
    munmap(pages, 2 * page);
    assert_string_equal(looked_up->bytes, answer);
    assert_int_equal(looked_up->len, len);
    assert_string_equal(json_string_value(json_object_get(looked_up->object, "title")), "x");
    looked_up_release(looked_up);
}

static void test_an_answer_without_the_object_is_a_failure(void **state)
{
    static const struct {
        const char *answer, *status;
    } rows[] = {
        {"{\"data\":[]}", "the answer is no object: data"},
        {"{\"x\":{}}", "the answer is no object: data"},
        {"[]", "the answer is no object: data"},
        {"", "the answer is no object: line 1, column 0: unexpected token near end of file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct looked_up *looked_up =
            looked_up_create("alert", "found", rows[i].answer, strlen(rows[i].answer), "data");
        assert_null(looked_up->object);
        assert_null(looked_up->bytes);
        assert_string_equal(looked_up->status, rows[i].status);
        looked_up_release(looked_up);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_read_to_its_end_and_no_further),
        cmocka_unit_test(test_an_answer_without_the_object_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
