#include "../cmocka_setup.h"

#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "message/filling.h"
#include "sink/call.h"

static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};

static void test_memory_is_zeroed_aligned_and_nobody_elses(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 16, 0, 900, 959, 960, 961, 5000, 3, 100000};
    unsigned char *given[sizeof sizes / sizeof *sizes];
    struct call call;

    (void)state;
    call_init(&call, &silent);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        given[i] = call.face.host->alloc(&call.face, sizes[i]);
        assert_int_equal((uintptr_t)given[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(given[i][at], 0);
        memset(given[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(given[i][at], i + 1);
    call_finish(&call);
}

static void test_texts_stay_as_they_were_while_others_are_made(void **state)
{
    static char longer[3000];
    struct call call;

    (void)state;
    memset(longer, '*', sizeof longer - 1);
    call_init(&call, &silent);
    const struct tocsin_host *host = call.face.host;
    const char *first = host->format(&call.face, "%s %d", "a", 1);
    const char *empty = host->format(&call.face, "%s", "");
    const char *escaped = host->escape(&call.face, TOCSIN_MARKDOWN, longer);
    const char *nothing = host->escape(&call.face, TOCSIN_PLAIN, "");
    const char *last = host->format(&call.face, "%s/%s", first, longer);
    assert_string_equal(first, "a 1");
    assert_string_equal(empty, "");
    assert_int_equal(strlen(escaped), 2 * (sizeof longer - 1));
    assert_string_equal(nothing, "");
    assert_int_equal(strlen(last), 4 + sizeof longer - 1);
    call_finish(&call);
}

static void test_a_flavour_that_there_is_none_of_is_plain(void **state)
{
    static const uint32_t numbers[] = {TOCSIN_HTML + 1, 77, UINT32_MAX};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    const struct tocsin_host *host = call.face.host;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_string_equal(host->escape(&call.face, numbers[i], "a *b* & c/d"), "a *b* & c/d");
    call_finish(&call);
}

static void test_a_template_is_filled_with_or_without_a_place_to_keep_it(void **state)
{
    struct filling filling = {0}, *const places[] = {NULL, &filling, &filling};
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct call call;
        call_init(&call, &silent);
        call.filling = places[i];
        const struct tocsin_host *host = call.face.host;
        assert_string_equal(
            host->fill(&call.face, "[{{a}}]", "{\"a\": \"\\\"\"}", &why), "[\"\\\"\"]");
        assert_null(host->fill(&call.face, "[{{b}}]", "{\"a\": 1}", &why));
        assert_string_equal(why, "line 1, column 2: there is no \"b\"");
        call_finish(&call);
    }
    filling_finish(&filling);
}

static void test_in_check_the_sample_events_come_one_by_one(void **state)
{
    size_t count = 0, alerts = 0;
    const char *event;
    struct call call;

    (void)state;
    call_init(&call, &silent);
    assert_string_equal(call.face.host->event_json(&call.face), "{}");
    call.is_check = true;
    for (; (event = call.face.host->event_json(&call.face)); count++) {
        assert_memory_equal(event, "{\"id\":\"sample\",", 15);
        alerts += strstr(event, "\"objects\":{\"alert\":{") != NULL;
    }
    assert_in_range(count, 5, 100);
    assert_in_range(alerts, 1, count - 1);
    call_finish(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_nobody_elses),
        cmocka_unit_test(test_a_flavour_that_there_is_none_of_is_plain),
        cmocka_unit_test(test_a_template_is_filled_with_or_without_a_place_to_keep_it),
        cmocka_unit_test(test_in_check_the_sample_events_come_one_by_one),
        cmocka_unit_test(test_texts_stay_as_they_were_while_others_are_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
