#include "lane/worker.h"

#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/mem.h"

enum {
    join_patience_ms = 2000,
};

/* One thread. The loop writes `job` and `limits` only while the thread waits for its letter; the
 * thread writes `opened` only before it posts the letter back. */
struct worker {
    struct letter letter; /* to the thread: work; back to the loop: done */
    struct worker_lane *lane;
    pthread_t thread;
    struct mailbox *inbox;
    void *instance; /* the thread's */
    void *job;      /* NULL tells the thread to end */
    bool opened;    /* not beside the loop's: a compiler reads those in one word */
    struct worker_limits limits;
    bool is_busy, is_lost, is_dismissed; /* the loop's */
    bool is_kept;                        /* at rest, for its last job */
    struct event *watchdog;
};

struct worker_lane {
    struct event_base *base;
    const struct worker_ops *ops;
    void *context;
    struct worker **workers; /* threads slots; NULL: not started yet */
    size_t threads;
    size_t lost, may_lose;
    struct mailbox *outbox;
    struct event *results;
    int stop_fd;
};

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    const struct worker_ops *ops = worker->lane->ops;

    for (;;) {
        struct letter *letter = mailbox_wait(worker->inbox, -1);
        if (!letter)
            continue;
        if (!worker->job)
            break;
        if (!worker->instance)
            worker->instance = ops->open(worker->lane->context, worker->job);
        worker->opened = worker->instance != NULL;
        if (worker->opened)
            ops->run(worker->lane->context, worker->instance, worker->job, &worker->limits);
        mailbox_post(worker->lane->outbox, &worker->letter);
    }
    if (worker->instance)
        ops->close(worker->lane->context, worker->instance);
    return NULL;
}

static void worker_free(struct worker *worker)
{
    event_free(worker->watchdog);
    mailbox_destroy(worker->inbox);
    free(worker);
}

static void on_result(evutil_socket_t fd, short what, void *arg)
{
    struct worker_lane *lane = arg;
    struct letter *letter = mailbox_take_all(lane->outbox);

    (void)fd, (void)what;
    while (letter) {
        struct worker *worker = (struct worker *)letter;
        letter = letter->next;
        if (worker->is_lost)
            continue; /* it came back after all; its delivery was settled long ago */
        evtimer_del(worker->watchdog);
        worker->is_busy = false;
        lane->ops->done(lane->context, worker->job, worker->opened);
        if (!worker->is_busy && !worker->is_kept)
            worker->job = NULL; /* its memory may become another job's */
    }
}

static void on_overstayed(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    struct worker_lane *lane = worker->lane;

    (void)fd, (void)what;
    worker->is_lost = true;
    lane->lost++;
    for (size_t i = 0; i < lane->threads; i++)
        if (lane->workers[i] == worker)
            lane->workers[i] = NULL;
    lane->ops->overstayed(lane->context, worker->job);
}

struct worker_lane *worker_lane_create(struct event_base *base, size_t threads, size_t may_lose,
    const struct worker_ops *ops, void *context)
{
    struct worker_lane *lane = mem_alloc(sizeof *lane);

    assert(threads > 0);
    lane->base = base;
    lane->ops = ops;
    lane->context = context;
    lane->workers = mem_alloc(threads * sizeof(struct worker *));
    lane->threads = threads;
    lane->may_lose = may_lose;
    lane->outbox = mailbox_create();
    lane->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    lane->results =
        event_new(base, mailbox_fd(lane->outbox), EV_READ | EV_PERSIST, on_result, lane);
    if (lane->stop_fd < 0 || !lane->results || event_add(lane->results, NULL) < 0)
        mem_exhausted();
    return lane;
}

static struct worker *worker_start(struct worker_lane *lane)
{
    struct worker *worker = mem_alloc(sizeof *worker);

    worker->lane = lane;
    worker->inbox = mailbox_create();
    worker->limits.stop_fd = lane->stop_fd;
    worker->watchdog = evtimer_new(lane->base, on_overstayed, worker);
    if (!worker->watchdog)
        mem_exhausted();
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
        mem_exhausted();
    return worker;
}

static size_t may_work(const struct worker_lane *lane)
{
    size_t left = lane->may_lose > lane->lost ? lane->may_lose - lane->lost : 0;

    return left < lane->threads ? left : lane->threads;
}

static size_t at_work(const struct worker_lane *lane)
{
    size_t busy = 0;

    for (size_t i = 0; i < lane->threads; i++)
        busy += lane->workers[i] && (lane->workers[i]->is_busy || lane->workers[i]->is_kept);
    return busy;
}

size_t worker_lane_room(const struct worker_lane *lane)
{
    size_t most = may_work(lane), busy = at_work(lane);

    return most > busy ? most - busy : 0;
}

bool worker_lane_is_lost(const struct worker_lane *lane)
{
    return may_work(lane) == 0;
}

static struct worker *find_kept(const struct worker_lane *lane, const void *job)
{
    for (size_t i = 0; i < lane->threads; i++)
        if (lane->workers[i] && lane->workers[i]->is_kept && lane->workers[i]->job == job)
            return lane->workers[i];
    return NULL;
}

void worker_lane_keep(struct worker_lane *lane, const void *job)
{
    for (size_t i = 0; i < lane->threads; i++)
        if (lane->workers[i] && !lane->workers[i]->is_busy && lane->workers[i]->job == job)
            lane->workers[i]->is_kept = true;
}

void worker_lane_let_go(struct worker_lane *lane, const void *job)
{
    struct worker *worker = find_kept(lane, job);

    if (!worker)
        return;
    worker->is_kept = false;
    worker->job = NULL;
}

/* A started worker that rests, else a place for a new one. */
static struct worker *worker_choose(struct worker_lane *lane)
{
    struct worker **empty = NULL;

    for (size_t i = 0; i < lane->threads; i++) {
        if (lane->workers[i] && !lane->workers[i]->is_busy && !lane->workers[i]->is_kept)
            return lane->workers[i];
        if (!lane->workers[i] && !empty)
            empty = &lane->workers[i];
    }
    assert(empty);
    *empty = worker_start(lane);
    return *empty;
}

void worker_lane_run(struct worker_lane *lane, void *job, int64_t timeout_ms, int64_t grace_ms)
{
    int64_t patience_ms = timeout_ms + grace_ms;
    struct timeval patience = clock_timeval(patience_ms);
    struct worker *kept = find_kept(lane, job);

    assert(job && (kept || worker_lane_room(lane) > 0));
    struct worker *worker = kept ? kept : worker_choose(lane);
    worker->is_busy = true;
    worker->job = job;
    worker->limits.deadline_ms = clock_mono_ms() + timeout_ms;
    evtimer_add(worker->watchdog, &patience);
    mailbox_post(worker->inbox, &worker->letter);
}

/* Their threads have let go of the jobs. */
static void drop_jobs(struct worker_lane *lane, struct letter *letter)
{
    for (; letter; letter = letter->next) {
        struct worker *worker = (struct worker *)letter;
        if (worker->is_lost)
            continue;
        worker->is_busy = false;
        if (lane->ops->dropped)
            lane->ops->dropped(lane->context, worker->job);
    }
}

static void worker_dismiss(struct worker *worker)
{
    assert(!worker->is_busy);
    if (worker->is_dismissed)
        return;
    worker->is_dismissed = true;
    worker->job = NULL;
    mailbox_post(worker->inbox, &worker->letter);
}

/* Ends a thread; false when it does not come back by that time (monotonic). */
static bool worker_join(struct worker *worker, int64_t until_ms)
{
    struct worker_lane *lane = worker->lane;
    struct timespec until;

    while (worker->is_busy) {
        int64_t left_ms = until_ms - clock_mono_ms();
        struct letter *letters = mailbox_wait(lane->outbox, left_ms > 0 ? (int)left_ms : 0);
        if (!letters)
            return false;
        drop_jobs(lane, letters);
    }
    worker_dismiss(worker);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += join_patience_ms / 1000;
    return pthread_timedjoin_np(worker->thread, NULL, &until) == 0;
}

bool worker_lane_dismiss(struct worker_lane *lane)
{
    bool are_gone = true;

    for (size_t i = 0; i < lane->threads; i++) {
        struct worker *worker = lane->workers[i];
        if (!worker)
            continue;
        worker_dismiss(worker);
        if (pthread_tryjoin_np(worker->thread, NULL) == 0) {
            worker_free(worker);
            lane->workers[i] = NULL;
        } else {
            are_gone = false;
        }
    }
    return are_gone;
}

bool worker_lane_destroy(struct worker_lane *lane)
{
    uint64_t stop = 1;
    int64_t until_ms = clock_mono_ms() + join_patience_ms;
    bool all_back = true;

    if (!lane)
        return true;
    if (write(lane->stop_fd, &stop, sizeof stop) < 0)
        all_back = false;
    event_free(lane->results);
    for (size_t i = 0; i < lane->threads; i++) {
        if (!lane->workers[i])
            continue;
        if (worker_join(lane->workers[i], until_ms))
            worker_free(lane->workers[i]);
        else
            all_back = false;
    }
    if (!all_back || lane->lost)
        return false;
    mailbox_destroy(lane->outbox);
    close(lane->stop_fd);
    free(lane->workers);
    free(lane);
    return true;
}
