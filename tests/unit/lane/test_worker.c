#include "../cmocka_setup.h"

#include <event2/event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "lane/worker.h"

enum {
    jobs = 200,
};

struct job {
    bool refuses_to_open, hangs;
    bool has_more; /* once it is done, its worker is kept until all others are done */
    int answer;
    const void *served_by; /* the instance */
};

/* What the loop has seen. */
struct bench {
    struct event_base *base;
    struct worker_lane *lane;
    int begun, done, unopened, overstayed;
    struct job *kept;
    size_t room_beside_kept;
    int until;
    struct job all[jobs];
};

static void *on_open(void *context, void *arg)
{
    const struct job *job = arg;

    (void)context;
    return job->refuses_to_open ? NULL : mem_alloc(sizeof(int));
}

static void on_run(void *context, void *instance, void *arg, const struct worker_limits *limits)
{
    struct job *job = arg;
    int *served = instance;

    (void)context;
    if (job->hangs) { /* for ever, but for the daemon's end */
        struct pollfd stop = {.fd = limits->stop_fd, .events = POLLIN};
        poll(&stop, 1, -1);
    }
    job->answer = ++*served;
    job->served_by = instance;
}

static void on_close(void *context, void *instance)
{
    (void)context;
    free(instance);
}

static void begin_all(struct bench *bench)
{
    while (bench->begun < bench->until && worker_lane_room(bench->lane) > 0)
        worker_lane_run(bench->lane, &bench->all[bench->begun++], 50, 50);
}

static void count_end(struct bench *bench)
{
    if (bench->done + bench->overstayed == bench->until)
        event_base_loopexit(bench->base, NULL);
    begin_all(bench);
}

/* Has the worker of a job with more to be done stay, as long as there is another job. */
static bool is_kept(struct bench *bench, struct job *job)
{
    if (!job->has_more)
        return false;
    job->has_more = false;
    bench->kept = job;
    worker_lane_keep(bench->lane, job);
    bench->room_beside_kept = worker_lane_room(bench->lane);
    begin_all(bench);
    return true;
}

/* When all others are done. */
static void go_on_with_kept(struct bench *bench)
{
    if (!bench->kept || bench->done + 1 < bench->until)
        return;
    worker_lane_run(bench->lane, bench->kept, 50, 50);
    bench->kept = NULL;
}

static void on_done(void *context, void *job, bool opened)
{
    struct bench *bench = context;

    bool stays = is_kept(bench, job);

    bench->done += !stays;
    go_on_with_kept(bench);
    if (stays)
        return;
    bench->unopened += !opened;
    count_end(bench);
}

static void on_overstayed(void *context, void *job)
{
    struct bench *bench = context;

    (void)job;
    bench->overstayed++;
    count_end(bench);
}

static const struct worker_ops ops = {on_open, on_run, on_close, on_done, on_overstayed};

static void bench_run(struct bench *bench, size_t threads, size_t may_lose)
{
    bench->base = event_base_new();
    bench->lane = worker_lane_create(bench->base, threads, may_lose, &ops, bench);
    begin_all(bench);
    event_base_dispatch(bench->base);
}

static void bench_end(struct bench *bench)
{
    worker_lane_destroy(bench->lane);
    event_base_free(bench->base);
    free(bench);
}

static void test_every_job_is_done_once(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);

    (void)state;
    bench->until = jobs;
    bench_run(bench, 3, 8);
    assert_int_equal(bench->done, jobs);
    assert_int_equal(bench->overstayed, 0);
    for (int i = 0; i < jobs; i++)
        assert_true(bench->all[i].answer > 0);
    bench_end(bench);
}

static void test_a_worker_that_does_not_open_tries_again_at_the_next_job(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);

    (void)state;
    bench->until = 3;
    bench->all[0].refuses_to_open = true;
    bench_run(bench, 1, 8);
    assert_int_equal(bench->unopened, 1);
    assert_int_equal(bench->all[0].answer, 0);
    assert_int_equal(bench->all[1].answer, 1);
    assert_int_equal(bench->all[2].answer, 2);
    bench_end(bench);
}

static void test_one_that_overstays_is_given_up_and_the_others_go_on(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);

    (void)state;
    bench->until = 20;
    bench->all[5].hangs = true;
    bench_run(bench, 1, 8);
    assert_int_equal(bench->overstayed, 1);
    assert_int_equal(bench->done, 19);
    assert_false(worker_lane_is_lost(bench->lane));
    /* The lost thread keeps the lane's memory: nothing may be freed under it. */
    worker_lane_destroy(bench->lane);
}

static void test_only_so_many_may_be_lost(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);

    (void)state;
    bench->until = 2;
    bench->all[0].hangs = bench->all[1].hangs = true;
    bench_run(bench, 4, 2);
    assert_int_equal(bench->overstayed, 2);
    assert_true(worker_lane_is_lost(bench->lane));
    assert_int_equal(worker_lane_room(bench->lane), 0);
    worker_lane_destroy(bench->lane);
}

static void test_a_job_with_more_to_be_done_goes_on_with_its_instance(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);
    struct job *first = &bench->all[0];

    (void)state;
    bench->until = 20;
    first->has_more = true;
    bench_run(bench, 2, 8);
    assert_int_equal(bench->done, 20);
    assert_true(bench->room_beside_kept <= 1);
    assert_int_equal(first->answer, 2);
    for (int i = 1; i < 20; i++)
        assert_ptr_not_equal(bench->all[i].served_by, first->served_by);
    assert_int_equal(worker_lane_room(bench->lane), 1);
    worker_lane_let_go(bench->lane, first);
    assert_int_equal(worker_lane_room(bench->lane), 2);
    bench_end(bench);
}

static void test_threads_at_rest_end_without_anybody_waiting_for_them(void **state)
{
    struct bench *bench = mem_alloc(sizeof *bench);
    static const struct timespec pause = {0, 1000000};
    int looks = 0;

    (void)state;
    bench->until = 20;
    bench_run(bench, 3, 8);
    while (!worker_lane_dismiss(bench->lane)) {
        assert_true(looks++ < 5000);
        nanosleep(&pause, NULL);
    }
    assert_true(worker_lane_dismiss(bench->lane));
    assert_true(worker_lane_destroy(bench->lane));
    event_base_free(bench->base);
    free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_job_is_done_once),
        cmocka_unit_test(test_a_worker_that_does_not_open_tries_again_at_the_next_job),
        cmocka_unit_test(test_one_that_overstays_is_given_up_and_the_others_go_on),
        cmocka_unit_test(test_only_so_many_may_be_lost),
        cmocka_unit_test(test_a_job_with_more_to_be_done_goes_on_with_its_instance),
        cmocka_unit_test(test_threads_at_rest_end_without_anybody_waiting_for_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
