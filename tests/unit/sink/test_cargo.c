/* Each member of each struct that goes to a plugin in a child, or comes from it, arrives as it was;
 * what was cut or bent on the way is broken, and nothing beyond it is read. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/parcel.h"
#include "config/options.h"
#include "sink/call.h"
#include "sink/cargo.h"
#include "sink/plugin.h"

static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};

static const struct tocsin_fact facts[] = {{"Entity", "DMZ-01"}, {"Source", NULL}, {NULL, ""}};

static struct tocsin_message full_message(void)
{
    return (struct tocsin_message){.size = sizeof(struct tocsin_message),
        .attempt = 3,
        .level = TOCSIN_URGENT,
        .marks = TOCSIN_REPEAT | TOCSIN_FALLBACK,
        .urgency = -1,
        .fact_count = 3,
        .fact_stride = sizeof *facts,
        .delivery = "d-1",
        .event = "e-2",
        .sink = "the sink",
        .rule = "the rule",
        .type = "alert",
        .action = "created",
        .hook = "soc",
        .thread = "a thread",
        .title = "a title\twith ünïcode",
        .text = "",
        .text_plain = "plain",
        .link = NULL,
        .resume = "resume",
        .first_receipt = "receipt",
        .time_ms = INT64_MIN,
        .now_ms = INT64_MAX,
        .facts = facts};
}

static void assert_text(const char *given, const char *expected)
{
    if (given && expected)
        assert_string_equal(given, expected);
    else
        assert_ptr_equal(given, expected);
}

static void assert_message(
    const struct tocsin_message *message, const struct tocsin_message *expected)
{
    const char *const given[] = {message->delivery, message->event, message->sink, message->rule,
        message->type, message->action, message->hook, message->thread, message->title,
        message->text, message->text_plain, message->link, message->resume, message->first_receipt};
    const char *const wanted[] = {expected->delivery, expected->event, expected->sink,
        expected->rule, expected->type, expected->action, expected->hook, expected->thread,
        expected->title, expected->text, expected->text_plain, expected->link, expected->resume,
        expected->first_receipt};

    assert_int_equal(message->size, sizeof *message);
    assert_int_equal(message->attempt, expected->attempt);
    assert_int_equal(message->level, expected->level);
    assert_int_equal(message->marks, expected->marks);
    assert_int_equal(message->urgency, expected->urgency);
    assert_true(message->time_ms == expected->time_ms && message->now_ms == expected->now_ms);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        assert_text(given[i], wanted[i]);
    assert_int_equal(message->fact_count, expected->fact_count);
    assert_int_equal(message->fact_stride, sizeof *facts);
    for (size_t i = 0; i < expected->fact_count; i++) {
        assert_text(message->facts[i].label, expected->facts[i].label);
        assert_text(message->facts[i].value, expected->facts[i].value);
    }
}

static void test_a_message(void **state)
{
    struct tocsin_message expected = full_message(), message;
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_message(&packing, NULL, &expected);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_message(&parcel, &call, &message);
    assert_true(parcel_is_whole(&parcel));
    assert_message(&message, &expected);
    call_finish(&call);
}

/* A table of a newer header has wider rows. */
static void test_the_facts_of_a_message_are_stepped_through_by_its_stride(void **state)
{
    const struct {
        struct tocsin_fact fact;
        int64_t more;
    } wide[] = {{facts[0], -1}, {facts[1], -1}, {facts[2], -1}};
    struct tocsin_message expected = full_message(), message;
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    expected.facts = &wide[0].fact;
    expected.fact_stride = sizeof *wide;
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_message(&packing, NULL, &expected);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_message(&parcel, &call, &message);
    assert_true(parcel_is_whole(&parcel));
    expected.facts = facts;
    assert_message(&message, &expected);
    call_finish(&call);
}

static void carry_request(struct tocsin_request *given, struct tocsin_request *taken,
    struct buf *bytes, struct call *call)
{
    struct parcel packing = parcel_to(bytes), parcel;

    cargo_request(&packing, NULL, given);
    parcel = parcel_from(bytes->data, bytes->len);
    cargo_request(&parcel, call, taken);
    assert_true(parcel_is_whole(&parcel));
}

static void test_a_request(void **state)
{
    static const char *const headers[] = {"A: b", "", NULL}, *const nothing[] = {NULL};
    static const char body[] = "with\0a NUL \xff and no UTF-8";
    struct tocsin_request taken, given = {.size = sizeof given,
                                     .method = "PUT",
                                     .url = "https://host.example/",
                                     .body = body,
                                     .body_len = sizeof body - 1,
                                     .headers = headers,
                                     .refusal = "too bad",
                                     .allow = nothing};
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    carry_request(&given, &taken, &bytes, &call);
    assert_int_equal(taken.size, sizeof taken);
    assert_string_equal(taken.method, "PUT");
    assert_string_equal(taken.url, given.url);
    assert_int_equal(taken.body_len, sizeof body - 1);
    assert_memory_equal(taken.body, body, sizeof body);
    assert_string_equal(taken.headers[0], "A: b");
    assert_string_equal(taken.headers[1], "");
    assert_null(taken.headers[2]);
    assert_string_equal(taken.refusal, "too bad");
    assert_non_null(taken.allow); /* no network at all is another thing than any */
    assert_null(taken.allow[0]);
    call_finish(&call);
}

static void test_a_request_of_nothing(void **state)
{
    struct tocsin_request given = {.size = sizeof given}, taken;
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    carry_request(&given, &taken, &bytes, &call);
    assert_null(taken.method);
    assert_null(taken.url);
    assert_null(taken.body);
    assert_int_equal(taken.body_len, 0);
    assert_null(taken.headers);
    assert_null(taken.refusal);
    assert_null(taken.allow);
    call_finish(&call);
}

static void test_a_body_without_a_length_ends_at_its_nul(void **state)
{
    struct tocsin_request given = {.size = sizeof given, .body = "{}"}, taken;
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    carry_request(&given, &taken, &bytes, &call);
    assert_int_equal(taken.body_len, 2);
    assert_string_equal(taken.body, "{}");
    call_finish(&call);
}

static void test_an_outcome(void **state)
{
    struct tocsin_outcome taken, given = {.size = sizeof given,
                                     .result = TOCSIN_AGAIN,
                                     .retry_after_ms = 1LL << 40,
                                     .maybe_sent = 1,
                                     .reason = "a reason",
                                     .receipt = "a receipt",
                                     .resume = NULL,
                                     .notice = ""};
    auto_buf struct buf bytes = {0};

    (void)state;
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_outcome(&packing, &given);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_outcome(&parcel, &taken);
    assert_true(parcel_is_whole(&parcel));
    assert_int_equal(taken.size, sizeof taken);
    assert_int_equal(taken.result, TOCSIN_AGAIN);
    assert_true(taken.retry_after_ms == given.retry_after_ms);
    assert_int_equal(taken.maybe_sent, 1);
    assert_string_equal(taken.reason, "a reason");
    assert_string_equal(taken.receipt, "a receipt");
    assert_null(taken.resume);
    assert_string_equal(taken.notice, "");
}

static void test_an_answer(void **state)
{
    static const char body[] = "odd\0bytes \xff";
    static const char headers[] = "Retry-After: 5\0X-Id: 7\0";
    struct http_answer taken = {0}, given = {.status = 599,
                                        .retry_after_ms = 5000,
                                        .body = body,
                                        .body_len = sizeof body - 1,
                                        .headers = headers};
    auto_buf struct buf bytes = {0};

    (void)state;
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_answer(&packing, &given);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_answer(&parcel, &taken);
    assert_true(parcel_is_whole(&parcel));
    assert_int_equal(taken.status, 599);
    assert_true(taken.retry_after_ms == 5000);
    assert_int_equal(taken.body_len, sizeof body - 1);
    assert_memory_equal(taken.body, body, sizeof body);
    assert_string_equal(http_answer_header(&taken, "x-id"), "7");
    assert_null(http_answer_header(&taken, "x"));
}

/* One of each type. */
struct config {
    const char *text, *absent;
    struct tocsin_secret secret;
    bool flag;
    int64_t number;
    struct tocsin_duration duration;
    struct tocsin_size size;
    struct tocsin_choice choice;
    struct tocsin_list list, empty;
    struct tocsin_map map;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, text, TOCSIN_REQUIRED, NULL, "a text"),
    TOCSIN_OPTION(struct config, absent, 0, NULL, "a text that is not there"),
    TOCSIN_OPTION(struct config, secret, TOCSIN_URL, NULL, "a secret"),
    TOCSIN_OPTION(struct config, flag, 0, "true", "a flag"),
    TOCSIN_OPTION(struct config, number, 0, "-5", "a number"),
    TOCSIN_OPTION(struct config, duration, 0, "5s", "a duration"),
    TOCSIN_OPTION(struct config, size, 0, "1m", "a size"),
    TOCSIN_WORDS(struct config, choice, 0, "two", "one two", "a choice"),
    TOCSIN_OPTION(struct config, list, TOCSIN_HIDDEN, NULL, "a list"),
    TOCSIN_OPTION(struct config, empty, 0, NULL, "a list of nothing"),
    TOCSIN_OPTION(struct config, map, 0, NULL, "a map"),
};

static struct plugin plugin_of_each_type(void)
{
    return (struct plugin){
        .descriptor = {TOCSIN_SINK_V1, .name = "each", .version = "1.0",
            .help = "has an option of each type", .flavour = TOCSIN_HTML,
            TOCSIN_OPTIONS(struct config, options), .rate = "4/s", .concurrency = 7,
            .max_text = 4000},
        .options = OPTION_TABLE(options),
        .judges = true,
    };
}

static void test_a_config_with_an_option_of_each_type(void **state)
{
    static const char *const items[] = {"one", ""};
    static const struct tocsin_pair pairs[] = {{"key", "value"}};
    struct config taken = {0}, given = {.text = "text",
                                   .secret = {"https://secret.example/x"},
                                   .flag = true,
                                   .number = INT64_MIN,
                                   .duration = {-1},
                                   .size = {UINT64_MAX},
                                   .choice = {1},
                                   .list = {items, 2},
                                   .map = {pairs, 1}};
    const struct plugin plugin = plugin_of_each_type();
    auto_buf struct buf bytes = {0};

    (void)state;
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_config(&packing, &plugin, &given);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_config(&parcel, &plugin, &taken);
    assert_true(parcel_is_whole(&parcel));
    assert_string_equal(taken.text, "text");
    assert_null(taken.absent);
    assert_string_equal(taken.secret.value, given.secret.value);
    assert_true(taken.flag && taken.number == INT64_MIN && taken.duration.ms == -1);
    assert_true(taken.size.bytes == UINT64_MAX && taken.choice.index == 1);
    assert_int_equal(taken.list.count, 2);
    assert_string_equal(taken.list.items[0], "one");
    assert_string_equal(taken.list.items[1], "");
    assert_int_equal(taken.empty.count, 0);
    assert_int_equal(taken.map.count, 1);
    assert_string_equal(taken.map.items[0].key, "key");
    assert_string_equal(taken.map.items[0].value, "value");
    free((void *)(uintptr_t)taken.list.items);
    free((void *)(uintptr_t)taken.empty.items);
    free((void *)(uintptr_t)taken.map.items);
}

static void assert_option(const struct tocsin_option *given, const struct tocsin_option *expected)
{
    assert_string_equal(given->name, expected->name);
    assert_int_equal(given->type, expected->type);
    assert_int_equal(given->flags, expected->flags);
    assert_int_equal(given->offset, expected->offset);
    assert_text(given->fallback, expected->fallback);
    assert_text(given->choices, expected->choices);
    assert_string_equal(given->help, expected->help);
}

static void test_what_a_plugin_is(void **state)
{
    struct plugin given = plugin_of_each_type(), taken = {0};
    auto_buf struct buf bytes = {0};

    (void)state;
    struct parcel packing = parcel_to(&bytes), parcel;
    cargo_plugin(&packing, &given);
    parcel = parcel_from(bytes.data, bytes.len);
    cargo_plugin(&parcel, &taken);
    assert_true(parcel_is_whole(&parcel));
    const struct tocsin_sink_plugin *descriptor = &taken.descriptor;
    assert_string_equal(descriptor->name, "each");
    assert_string_equal(descriptor->version, "1.0");
    assert_string_equal(descriptor->help, "has an option of each type");
    assert_int_equal(descriptor->flavour, TOCSIN_HTML);
    assert_int_equal(descriptor->config_size, sizeof(struct config));
    assert_string_equal(descriptor->rate, "4/s");
    assert_int_equal(descriptor->concurrency, 7);
    assert_int_equal(descriptor->max_text, 4000);
    assert_true(taken.judges && !taken.blocks && !taken.checks);
    assert_int_equal(descriptor->option_count, sizeof options / sizeof *options);
    assert_int_equal(descriptor->option_stride, sizeof *options);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_option(&descriptor->options[i], &options[i]);
    free((void *)(uintptr_t)descriptor->options);
}

/* As a child may send it whose memory a plugin has damaged. */
static void test_what_is_cut_or_bent_is_broken_and_never_more_than_its_bytes(void **state)
{
    static const char *const headers[] = {"A: b", "C: d", NULL};
    struct tocsin_request given = {
        .size = sizeof given, .url = "u", .body = "b", .headers = headers};
    auto_buf struct buf bytes = {0};
    struct call call;

    (void)state;
    call_init(&call, &silent);
    struct parcel packing = parcel_to(&bytes);
    cargo_request(&packing, NULL, &given);
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = memcpy(malloc(len + 1), bytes.data, len); /* its end is an end to a sanitizer */
        struct parcel parcel = parcel_from(cut, len);
        struct tocsin_request taken;
        cargo_request(&parcel, &call, &taken);
        assert_false(parcel_is_whole(&parcel));
        free(cut);
    }
    for (size_t at = 0; at < bytes.len; at++) {
        char *bent = memcpy(malloc(bytes.len), bytes.data, bytes.len);
        struct parcel parcel = parcel_from(bent, bytes.len);
        struct tocsin_request taken;
        bent[at] = (char)(bent[at] ^ 0xff);
        cargo_request(&parcel, &call, &taken);
        assert_true(parcel.at <= parcel.len);
        free(bent);
    }
    call_finish(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message),
        cmocka_unit_test(test_the_facts_of_a_message_are_stepped_through_by_its_stride),
        cmocka_unit_test(test_a_request),
        cmocka_unit_test(test_a_request_of_nothing),
        cmocka_unit_test(test_a_body_without_a_length_ends_at_its_nul),
        cmocka_unit_test(test_an_outcome),
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_a_config_with_an_option_of_each_type),
        cmocka_unit_test(test_what_a_plugin_is),
        cmocka_unit_test(test_what_is_cut_or_bent_is_broken_and_never_more_than_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
