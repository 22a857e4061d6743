#include "../cmocka_setup.h"

#include <string.h>

#include "base/parcel.h"

/* All kinds of values, as one list of calls packs and unpacks them. */
struct values {
    uint32_t number;
    int64_t time_ms;
    bool yes, no;
    const char *text, *empty, *none, *bytes;
    uint64_t bytes_len;
    size_t count;
};

static void carry(struct parcel *parcel, struct values *values)
{
    parcel_u32(parcel, &values->number);
    parcel_i64(parcel, &values->time_ms);
    parcel_bool(parcel, &values->yes);
    parcel_bool(parcel, &values->no);
    parcel_text(parcel, &values->text);
    parcel_text(parcel, &values->empty);
    parcel_text(parcel, &values->none);
    parcel_bytes(parcel, &values->bytes, &values->bytes_len);
    parcel_count(parcel, &values->count, PARCEL_TEXT_LEAST);
    for (size_t i = 0; i < values->count; i++) {
        bool item = true;
        parcel_bool(parcel, &item);
    }
}

static void pack(struct buf *out)
{
    struct values values = {.number = 4000000000u,
        .time_ms = INT64_MIN,
        .yes = true,
        .text = "é\n",
        .empty = "",
        .bytes = "a\0b",
        .bytes_len = 3,
        .count = 2};
    struct parcel parcel = parcel_to(out);

    carry(&parcel, &values);
}

static void test_what_is_packed_comes_out_the_same(void **state)
{
    auto_buf struct buf out = {0};
    struct values values = {.none = "something", .no = true};

    (void)state;
    pack(&out);
    struct parcel parcel = parcel_from(out.data, out.len);
    carry(&parcel, &values);

    assert_true(parcel_is_whole(&parcel));
    assert_int_equal(values.number, 4000000000u);
    assert_true(values.time_ms == INT64_MIN);
    assert_true(values.yes && !values.no);
    assert_string_equal(values.text, "é\n");
    assert_string_equal(values.empty, "");
    assert_null(values.none);
    assert_int_equal(values.bytes_len, 3);
    assert_memory_equal(values.bytes, "a\0b", 4);
    assert_int_equal(values.count, 2);
}

/* Each beginning of it, each in memory of its own, so that a sanitizer sees a read beyond. */
static void test_what_is_cut_short_is_broken_and_nothing_beyond_is_read(void **state)
{
    auto_buf struct buf out = {0};

    (void)state;
    pack(&out);
    for (size_t len = 0; len < out.len; len++) {
        auto_buf struct buf part = {0};
        struct values values = {0};
        buf_append(&part, out.data, len);
        struct parcel parcel = parcel_from(part.data, len);
        carry(&parcel, &values);
        assert_false(parcel_is_whole(&parcel));
        assert_true(parcel.is_broken);
    }
}

static void test_what_has_more_behind_it_is_not_whole(void **state)
{
    auto_buf struct buf out = {0};
    struct values values = {0};

    (void)state;
    pack(&out);
    buf_putc(&out, 'x');
    struct parcel parcel = parcel_from(out.data, out.len);
    carry(&parcel, &values);
    assert_false(parcel.is_broken);
    assert_false(parcel_is_whole(&parcel));
}

/* Each byte of it another: texts that end elsewhere, counts that are too large. */
static void test_no_byte_that_is_wrong_leads_beyond_the_end(void **state)
{
    auto_buf struct buf out = {0};

    (void)state;
    pack(&out);
    for (size_t at = 0; at < out.len; at++) {
        for (int value = 0; value < 256; value += 51) {
            auto_buf struct buf bent = {0};
            struct values values = {0};
            buf_append(&bent, out.data, out.len);
            bent.data[at] = (char)value;
            struct parcel parcel = parcel_from(bent.data, bent.len);
            carry(&parcel, &values);
            assert_true(parcel.at <= parcel.len);
            assert_true(values.count <= bent.len);
            if (values.text)
                assert_true(strlen(values.text) < bent.len);
        }
    }
}

static void test_a_count_cannot_be_more_than_what_is_left(void **state)
{
    auto_buf struct buf out = {0};
    size_t count = 1000000;

    (void)state;
    struct parcel packing = parcel_to(&out);
    parcel_count(&packing, &count, 1);
    struct parcel parcel = parcel_from(out.data, out.len);
    parcel_count(&parcel, &count, 1);
    assert_true(parcel.is_broken);
    assert_int_equal(count, 0);
}

static void test_a_count_cannot_ask_for_more_room_than_its_things_would_take(void **state)
{
    static const char bytes[8];

    (void)state;
    for (size_t wanted = 1; wanted <= 3; wanted++) {
        auto_buf struct buf out = {0};
        size_t count = wanted;
        struct parcel packing = parcel_to(&out);
        parcel_count(&packing, &count, PARCEL_TEXT_LEAST);
        buf_append(&out, bytes, sizeof bytes);
        struct parcel parcel = parcel_from(out.data, out.len);
        parcel_count(&parcel, &count, PARCEL_TEXT_LEAST);
        assert_int_equal(parcel.is_broken, wanted == 3);
        assert_int_equal(count, wanted == 3 ? 0 : wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_packed_comes_out_the_same),
        cmocka_unit_test(test_what_is_cut_short_is_broken_and_nothing_beyond_is_read),
        cmocka_unit_test(test_what_has_more_behind_it_is_not_whole),
        cmocka_unit_test(test_no_byte_that_is_wrong_leads_beyond_the_end),
        cmocka_unit_test(test_a_count_cannot_be_more_than_what_is_left),
        cmocka_unit_test(test_a_count_cannot_ask_for_more_room_than_its_things_would_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
