/* The way out for what blocks: a few threads, each with an instance of its own, fed and watched by
 * the loop. A job that overstays its deadline is given up with its thread, which is never joined or
 * freed, and a fresh thread takes the next one; only so many may be lost. */
#ifndef TOCSIN_LANE_WORKER_H
#define TOCSIN_LANE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct worker_lane;

/* What a job runs with: the time it has, and a descriptor that becomes readable when the daemon
 * stops. */
struct worker_limits {
    int64_t deadline_ms; /* monotonic */
    int stop_fd;
};

/* The work. All but `done` and `overstayed` run on a worker's thread. */
struct worker_ops {
    /* Makes the thread's instance before its first job, and again before the next after a failure.
     * NULL: the job is done with opened = false. */
    void *(*open)(void *context, void *job);
    void (*run)(void *context, void *instance, void *job, const struct worker_limits *limits);
    void (*close)(void *context, void *instance);
    /* On the loop, exactly one of the two for each job while the lane lives. */
    void (*done)(void *context, void *job, bool opened);
    /* The job's memory belongs to the lost thread from now on: read nothing of it that the thread
     * may write. */
    void (*overstayed)(void *context, void *job);
    /* Instead of the two, from inside worker_lane_destroy: the thread came back and has let go of
     * the job. NULL where there is nothing to be done. */
    void (*dropped)(void *context, void *job);
};

/* At most `threads` at work and `may_lose` lost. Ops and context are borrowed. */
struct worker_lane *worker_lane_create(struct event_base *base, size_t threads, size_t may_lose,
    const struct worker_ops *ops, void *context);

/* Tells the threads, all of them at rest, to end, and waits for none. True when they have ended;
 * else call it again. Those that were lost are not asked. */
bool worker_lane_dismiss(struct worker_lane *lane);

/* Tells running jobs to stop, joins their threads, drops jobs that are not done. False: a thread
 * was lost or did not come back within two seconds, and is left behind. It may go on using the
 * lane, its context and its job, so that these must live as long as the process. */
bool worker_lane_destroy(struct worker_lane *lane);

/* How many jobs can start now. */
size_t worker_lane_room(const struct worker_lane *lane);

/* True when so many threads were lost that none is left. */
bool worker_lane_is_lost(const struct worker_lane *lane);

/* From inside `done`: the job has more to be done, and the thread with its instance stays for it
 * alone until worker_lane_let_go(). */
void worker_lane_keep(struct worker_lane *lane, const void *job);
void worker_lane_let_go(struct worker_lane *lane, const void *job);

/* Starts a job, by the thread that is kept for it; else there must be room. It has timeout_ms, and
 * is given up grace_ms after. */
void worker_lane_run(struct worker_lane *lane, void *job, int64_t timeout_ms, int64_t grace_ms);

#endif
