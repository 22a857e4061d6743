/* The plugin interface's layout on x86_64, and its numbers: whoever changes one of them breaks
 * plugins that exist. A release may add rows for members at the end of a struct that has a size or
 * a stride, with the struct's new size, and for new constants; nothing else here ever changes. */
#include "../unit/cmocka_setup.h"

#include <stddef.h>
#include <stdint.h>
#include <tocsin/sink.h>

struct pin {
    const char *name;
    size_t pinned, found, pinned_size, found_size;
};

#define SIZE(type, size)                                                                           \
    {                                                                                              \
#type, size, sizeof(struct type), 0, 0                                                     \
    }
#define MEMBER(type, member, offset, size)                                                         \
    {                                                                                              \
#type "." #member, offset, offsetof(struct type, member), size,                            \
            sizeof(((struct type *)NULL)->member)                                                  \
    }
#define CONSTANT(name, value)                                                                      \
    {                                                                                              \
#name, value, name, 0, 0                                                                   \
    }

/* clang-format off */
static const struct pin layout[] = {
    SIZE(tocsin_secret, 8),
    MEMBER(tocsin_secret, value, 0, 8),
    SIZE(tocsin_duration, 8),
    MEMBER(tocsin_duration, ms, 0, 8),
    SIZE(tocsin_size, 8),
    MEMBER(tocsin_size, bytes, 0, 8),
    SIZE(tocsin_choice, 4),
    MEMBER(tocsin_choice, index, 0, 4),
    SIZE(tocsin_list, 16),
    MEMBER(tocsin_list, items, 0, 8),
    MEMBER(tocsin_list, count, 8, 8),
    SIZE(tocsin_pair, 16),
    MEMBER(tocsin_pair, key, 0, 8),
    MEMBER(tocsin_pair, value, 8, 8),
    SIZE(tocsin_map, 16),
    MEMBER(tocsin_map, items, 0, 8),
    MEMBER(tocsin_map, count, 8, 8),
    SIZE(tocsin_option, 48),
    MEMBER(tocsin_option, name, 0, 8),
    MEMBER(tocsin_option, type, 8, 4),
    MEMBER(tocsin_option, flags, 12, 4),
    MEMBER(tocsin_option, offset, 16, 4),
    MEMBER(tocsin_option, fallback, 24, 8),
    MEMBER(tocsin_option, choices, 32, 8),
    MEMBER(tocsin_option, help, 40, 8),
    SIZE(tocsin_fact, 16),
    MEMBER(tocsin_fact, label, 0, 8),
    MEMBER(tocsin_fact, value, 8, 8),
    SIZE(tocsin_message, 168),
    MEMBER(tocsin_message, size, 0, 4),
    MEMBER(tocsin_message, attempt, 4, 4),
    MEMBER(tocsin_message, level, 8, 4),
    MEMBER(tocsin_message, marks, 12, 4),
    MEMBER(tocsin_message, urgency, 16, 4),
    MEMBER(tocsin_message, fact_count, 20, 4),
    MEMBER(tocsin_message, fact_stride, 24, 4),
    MEMBER(tocsin_message, delivery, 32, 8),
    MEMBER(tocsin_message, event, 40, 8),
    MEMBER(tocsin_message, sink, 48, 8),
    MEMBER(tocsin_message, rule, 56, 8),
    MEMBER(tocsin_message, type, 64, 8),
    MEMBER(tocsin_message, action, 72, 8),
    MEMBER(tocsin_message, hook, 80, 8),
    MEMBER(tocsin_message, thread, 88, 8),
    MEMBER(tocsin_message, title, 96, 8),
    MEMBER(tocsin_message, text, 104, 8),
    MEMBER(tocsin_message, text_plain, 112, 8),
    MEMBER(tocsin_message, link, 120, 8),
    MEMBER(tocsin_message, resume, 128, 8),
    MEMBER(tocsin_message, first_receipt, 136, 8),
    MEMBER(tocsin_message, time_ms, 144, 8),
    MEMBER(tocsin_message, now_ms, 152, 8),
    MEMBER(tocsin_message, facts, 160, 8),
    SIZE(tocsin_outcome, 56),
    MEMBER(tocsin_outcome, size, 0, 4),
    MEMBER(tocsin_outcome, result, 4, 4),
    MEMBER(tocsin_outcome, retry_after_ms, 8, 8),
    MEMBER(tocsin_outcome, maybe_sent, 16, 4),
    MEMBER(tocsin_outcome, reason, 24, 8),
    MEMBER(tocsin_outcome, receipt, 32, 8),
    MEMBER(tocsin_outcome, resume, 40, 8),
    MEMBER(tocsin_outcome, notice, 48, 8),
    SIZE(tocsin_request, 64),
    MEMBER(tocsin_request, size, 0, 4),
    MEMBER(tocsin_request, method, 8, 8),
    MEMBER(tocsin_request, url, 16, 8),
    MEMBER(tocsin_request, body, 24, 8),
    MEMBER(tocsin_request, body_len, 32, 8),
    MEMBER(tocsin_request, headers, 40, 8),
    MEMBER(tocsin_request, refusal, 48, 8),
    MEMBER(tocsin_request, allow, 56, 8),
    SIZE(tocsin_answer, 40),
    MEMBER(tocsin_answer, size, 0, 4),
    MEMBER(tocsin_answer, status, 4, 4),
    MEMBER(tocsin_answer, retry_after_ms, 8, 8),
    MEMBER(tocsin_answer, body, 16, 8),
    MEMBER(tocsin_answer, body_len, 24, 8),
    MEMBER(tocsin_answer, header, 32, 8),
    SIZE(tocsin_call, 24),
    MEMBER(tocsin_call, size, 0, 4),
    MEMBER(tocsin_call, host, 8, 8),
    MEMBER(tocsin_call, message, 16, 8),
    SIZE(tocsin_host, 80),
    MEMBER(tocsin_host, size, 0, 4),
    MEMBER(tocsin_host, alloc, 8, 8),
    MEMBER(tocsin_host, format, 16, 8),
    MEMBER(tocsin_host, escape, 24, 8),
    MEMBER(tocsin_host, event_json, 32, 8),
    MEMBER(tocsin_host, hmac_sha256, 40, 8),
    MEMBER(tocsin_host, wait, 48, 8),
    MEMBER(tocsin_host, time_left_ms, 56, 8),
    MEMBER(tocsin_host, log, 64, 8),
    MEMBER(tocsin_host, fill, 72, 8),
    SIZE(tocsin_sink_plugin, 136),
    MEMBER(tocsin_sink_plugin, size, 0, 4),
    MEMBER(tocsin_sink_plugin, major, 4, 2),
    MEMBER(tocsin_sink_plugin, min_minor, 6, 2),
    MEMBER(tocsin_sink_plugin, name, 8, 8),
    MEMBER(tocsin_sink_plugin, version, 16, 8),
    MEMBER(tocsin_sink_plugin, help, 24, 8),
    MEMBER(tocsin_sink_plugin, flavour, 32, 4),
    MEMBER(tocsin_sink_plugin, config_size, 36, 4),
    MEMBER(tocsin_sink_plugin, option_stride, 40, 4),
    MEMBER(tocsin_sink_plugin, option_count, 44, 4),
    MEMBER(tocsin_sink_plugin, options, 48, 8),
    MEMBER(tocsin_sink_plugin, rate, 56, 8),
    MEMBER(tocsin_sink_plugin, concurrency, 64, 4),
    MEMBER(tocsin_sink_plugin, check, 72, 8),
    MEMBER(tocsin_sink_plugin, open, 80, 8),
    MEMBER(tocsin_sink_plugin, render, 88, 8),
    MEMBER(tocsin_sink_plugin, judge, 96, 8),
    MEMBER(tocsin_sink_plugin, deliver, 104, 8),
    MEMBER(tocsin_sink_plugin, close, 112, 8),
    MEMBER(tocsin_sink_plugin, max_text, 120, 4),
    MEMBER(tocsin_sink_plugin, probe, 128, 8),
};

static const struct pin constants[] = {
    CONSTANT(TOCSIN_TEXT, 1),
    CONSTANT(TOCSIN_SECRET, 2),
    CONSTANT(TOCSIN_BOOL, 3),
    CONSTANT(TOCSIN_INT, 4),
    CONSTANT(TOCSIN_DURATION, 5),
    CONSTANT(TOCSIN_SIZE, 6),
    CONSTANT(TOCSIN_CHOICE, 7),
    CONSTANT(TOCSIN_LIST, 8),
    CONSTANT(TOCSIN_MAP, 9),
    CONSTANT(TOCSIN_REQUIRED, 1),
    CONSTANT(TOCSIN_URL, 2),
    CONSTANT(TOCSIN_PATH, 4),
    CONSTANT(TOCSIN_HIDDEN, 8),
    CONSTANT(TOCSIN_INFO, 0),
    CONSTANT(TOCSIN_LOW, 1),
    CONSTANT(TOCSIN_MEDIUM, 2),
    CONSTANT(TOCSIN_HIGH, 3),
    CONSTANT(TOCSIN_URGENT, 4),
    CONSTANT(TOCSIN_PLAIN, 0),
    CONSTANT(TOCSIN_MARKDOWN, 1),
    CONSTANT(TOCSIN_TEAMS, 2),
    CONSTANT(TOCSIN_MRKDWN, 3),
    CONSTANT(TOCSIN_HTML, 4),
    CONSTANT(TOCSIN_REPEAT, 1),
    CONSTANT(TOCSIN_NOT_ENRICHED, 2),
    CONSTANT(TOCSIN_FALLBACK, 4),
    CONSTANT(TOCSIN_DELIVERED, 1),
    CONSTANT(TOCSIN_RETRY, 2),
    CONSTANT(TOCSIN_REJECTED, 3),
    CONSTANT(TOCSIN_UNUSABLE, 4),
    CONSTANT(TOCSIN_AGAIN, 5),
};
/* clang-format on */

static void check(const struct pin *pins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pins[i].found != pins[i].pinned)
            fail_msg("%s is %zu now, and was %zu", pins[i].name, pins[i].found, pins[i].pinned);
        if (pins[i].found_size != pins[i].pinned_size)
            fail_msg("%s has %zu bytes now, and had %zu", pins[i].name, pins[i].found_size,
                pins[i].pinned_size);
    }
}

static void test_structs_and_members_lie_where_they_lay(void **state)
{
    (void)state;
    check(layout, sizeof layout / sizeof *layout);
}

static void test_constants_are_what_they_were(void **state)
{
    (void)state;
    check(constants, sizeof constants / sizeof *constants);
}

/* What the loader of any version looks at before it knows the version. */
static void test_a_plugin_says_its_version_in_the_first_eight_bytes(void **state)
{
    const struct tocsin_sink_plugin plugin = {TOCSIN_SINK_V1};

    (void)state;
    assert_int_equal(plugin.size, sizeof plugin);
    assert_int_equal(plugin.major, 1);
    assert_int_equal(plugin.min_minor, 0);
    assert_int_equal(offsetof(struct tocsin_sink_plugin, name), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs_and_members_lie_where_they_lay),
        cmocka_unit_test(test_constants_are_what_they_were),
        cmocka_unit_test(test_a_plugin_says_its_version_in_the_first_eight_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
