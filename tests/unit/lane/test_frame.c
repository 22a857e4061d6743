#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lane/frame.h"

struct pair {
    int near, far;
    struct frame_inbox inbox;
};

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int fds[2];

    if (!pair || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -1;
    pair->near = fds[0];
    pair->far = fds[1];
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    frame_inbox_finish(&pair->inbox);
    if (pair->near >= 0)
        close(pair->near);
    close(pair->far);
    free(pair);
    return 0;
}

static void send_text(struct pair *pair, uint8_t kind, const char *text)
{
    auto_buf struct buf frame = {0};

    frame_begin(&frame, kind);
    buf_puts(&frame, text);
    assert_int_equal(frame_send(pair->near, &frame, clock_mono_ms() + 5000), FRAME_HERE);
}

static void expect_text(struct pair *pair, uint8_t kind, const char *text)
{
    const char *data;
    uint8_t found;
    size_t len;

    while (frame_next(&pair->inbox, &found, &data, &len) == FRAME_NOT_YET)
        assert_int_equal(frame_read(&pair->inbox, pair->far), FRAME_HERE);
    assert_int_equal(found, kind);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
}

static void test_frames_come_one_by_one_as_they_were_sent(void **state)
{
    struct pair *pair = *state;

    send_text(pair, 1, "one");
    send_text(pair, 2, "");
    send_text(pair, 3, "three");
    expect_text(pair, 1, "one");
    expect_text(pair, 2, "");
    expect_text(pair, 3, "three");
    assert_int_equal(frame_read(&pair->inbox, pair->far), FRAME_NOT_YET);
}

static void test_one_that_comes_byte_by_byte_is_given_out_when_it_is_whole(void **state)
{
    static const char bytes[] = {2, 0, 0, 0, 7, 'o', 'k'};
    struct pair *pair = *state;
    const char *data;
    uint8_t kind;
    size_t len;

    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(frame_next(&pair->inbox, &kind, &data, &len), FRAME_NOT_YET);
        assert_int_equal(write(pair->near, &bytes[i], 1), 1);
        assert_int_equal(frame_read(&pair->inbox, pair->far), FRAME_HERE);
    }
    expect_text(pair, 7, "ok");
}

static void test_a_length_that_is_too_large_is_no_frame(void **state)
{
    static const char bytes[] = {0, 0, 0, 0x7f, 1};
    struct pair *pair = *state;
    const char *data;
    uint8_t kind;
    size_t len;

    assert_int_equal(write(pair->near, bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(frame_read(&pair->inbox, pair->far), FRAME_HERE);
    assert_int_equal(frame_next(&pair->inbox, &kind, &data, &len), FRAME_BROKEN);
}

static void test_who_does_not_read_is_not_waited_for_longer_than_said(void **state)
{
    struct pair *pair = *state;
    auto_buf struct buf frame = {0};
    int64_t began_ms = clock_mono_ms();

    frame_begin(&frame, 1);
    buf_reserve(&frame, 8 << 20);
    memset(frame.data + frame.len, 'x', 8 << 20);
    frame.len += 8 << 20;
    assert_int_equal(frame_send(pair->near, &frame, began_ms + 100), FRAME_NOT_YET);
    assert_in_range(clock_mono_ms() - began_ms, 90, 5000);
}

static void test_who_is_gone_is_told_from_who_is_silent(void **state)
{
    struct pair *pair = *state;

    send_text(pair, 1, "last words");
    close(pair->near);
    pair->near = -1;
    expect_text(pair, 1, "last words");
    assert_int_equal(frame_read(&pair->inbox, pair->far), FRAME_CLOSED);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(test_frames_come_one_by_one_as_they_were_sent),
        STORY(test_one_that_comes_byte_by_byte_is_given_out_when_it_is_whole),
        STORY(test_a_length_that_is_too_large_is_no_frame),
        STORY(test_who_does_not_read_is_not_waited_for_longer_than_said),
        STORY(test_who_is_gone_is_told_from_who_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
