#include "../cmocka_setup.h"

#include <tocsin/sink.h>

#include "sink/verdict.h"

static void test_every_status_has_its_verdict(void **state)
{
    static const struct {
        int status;
        uint32_t verdict;
    } rows[] = {
        {200, TOCSIN_DELIVERED},
        {202, TOCSIN_DELIVERED},
        {204, TOCSIN_DELIVERED},
        {301, TOCSIN_UNUSABLE},
        {304, TOCSIN_UNUSABLE},
        {401, TOCSIN_UNUSABLE},
        {403, TOCSIN_UNUSABLE},
        {404, TOCSIN_UNUSABLE},
        {410, TOCSIN_UNUSABLE},
        {501, TOCSIN_UNUSABLE},
        {408, TOCSIN_RETRY},
        {425, TOCSIN_RETRY},
        {429, TOCSIN_RETRY},
        {500, TOCSIN_RETRY},
        {502, TOCSIN_RETRY},
        {503, TOCSIN_RETRY},
        {504, TOCSIN_RETRY},
        {599, TOCSIN_RETRY},
        {400, TOCSIN_REJECTED},
        {405, TOCSIN_REJECTED},
        {413, TOCSIN_REJECTED},
        {422, TOCSIN_REJECTED},
        {499, TOCSIN_REJECTED},
        {0, TOCSIN_RETRY},
        {199, TOCSIN_RETRY},
        {999, TOCSIN_RETRY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(verdict_of_status(rows[i].status), rows[i].verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_status_has_its_verdict)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
