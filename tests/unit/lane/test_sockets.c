#include "../cmocka_setup.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lane/sockets.h"

/* A connection that the sockets opened, and its other end. */
struct scene {
    struct event_base *base;
    struct sockets *sockets;
    int fd, far;
    int calls;
    short kinds; /* of the last call */
};

static void on_ready(int fd, short kinds, void *arg)
{
    struct scene *scene = arg;
    char byte;

    scene->calls++;
    scene->kinds = kinds;
    if (kinds & EV_READ)
        assert_int_equal(read(fd, &byte, 1), 1);
}

static void scene_init(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    *scene = (struct scene){.base = event_base_new()};
    scene->sockets = sockets_create(scene->base, on_ready, scene);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &len);
    scene->fd = sockets_open(scene->sockets, AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(scene->fd, (struct sockaddr *)&address, len), 0);
    scene->far = accept(listener, NULL, NULL);
    close(listener);
}

static void scene_finish(struct scene *scene)
{
    close(scene->far);
    sockets_destroy(scene->sockets);
    event_base_free(scene->base);
}

static void far_end_says_something(struct scene *scene)
{
    assert_int_equal(write(scene->far, "x", 1), 1);
}

/* One turn of the loop, with a byte on the way: it waits for it. */
static void turn(struct scene *scene)
{
    event_base_loop(scene->base, EVLOOP_ONCE);
}

static int watched(struct scene *scene)
{
    return event_base_get_num_events(scene->base, EVENT_BASE_COUNT_ADDED);
}

static void test_a_socket_is_watched_for_what_is_wanted(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    sockets_want(scene.sockets, scene.fd, EV_WRITE);
    turn(&scene);
    assert_int_equal(scene.kinds, EV_WRITE);
    sockets_want(scene.sockets, scene.fd, EV_READ);
    far_end_says_something(&scene);
    turn(&scene);
    assert_int_equal(scene.kinds, EV_READ);
    assert_int_equal(scene.calls, 2);
    sockets_close(scene.sockets, scene.fd);
    assert_int_equal(watched(&scene), 0);
    scene_finish(&scene);
}

static void test_a_resting_socket_stays_registered_and_serves_again(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    sockets_want(scene.sockets, scene.fd, EV_READ);
    sockets_want(scene.sockets, scene.fd, 0);
    assert_int_equal(watched(&scene), 1);
    sockets_want(scene.sockets, scene.fd, EV_READ);
    far_end_says_something(&scene);
    turn(&scene);
    assert_int_equal(scene.calls, 1);
    sockets_close(scene.sockets, scene.fd);
    scene_finish(&scene);
}

/* An idle connection that the far end closes is readable for ever: nobody reads it until it is to
 * be used again. */
static void test_what_comes_at_a_resting_socket_does_not_keep_the_loop_busy(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    sockets_want(scene.sockets, scene.fd, EV_READ);
    sockets_want(scene.sockets, scene.fd, 0);
    far_end_says_something(&scene);
    turn(&scene);
    assert_int_equal(scene.calls, 0);
    assert_int_equal(watched(&scene), 0);
    /* Wanted again, it is ready at once. */
    sockets_want(scene.sockets, scene.fd, EV_READ);
    turn(&scene);
    assert_int_equal(scene.calls, 1);
    sockets_close(scene.sockets, scene.fd);
    scene_finish(&scene);
}

/* curl's resolver has descriptors of its own, closes them when it likes, and the next socket gets
 * the same number. */
static void test_a_descriptor_from_elsewhere_is_forgotten_when_nobody_waits(void **state)
{
    struct scene scene;
    int pair[2];

    (void)state;
    scene_init(&scene);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    sockets_want(scene.sockets, pair[0], EV_READ);
    sockets_want(scene.sockets, pair[0], 0);
    assert_int_equal(watched(&scene), 0);
    close(pair[0]);
    int next = sockets_open(scene.sockets, AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(next, pair[0]);
    sockets_want(scene.sockets, next, EV_WRITE);
    turn(&scene);
    assert_int_equal(scene.kinds, EV_WRITE);
    sockets_close(scene.sockets, next);
    sockets_close(scene.sockets, scene.fd);
    close(pair[1]);
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_is_watched_for_what_is_wanted),
        cmocka_unit_test(test_a_resting_socket_stays_registered_and_serves_again),
        cmocka_unit_test(test_what_comes_at_a_resting_socket_does_not_keep_the_loop_busy),
        cmocka_unit_test(test_a_descriptor_from_elsewhere_is_forgotten_when_nobody_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
