#include "admin/reading.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "admin/records.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "lane/worker.h"
#include "store/archive.h"
#include "store/sqlite.h"

enum {
    read_timeout_ms = 10000,
    read_grace_ms = 2000,
    threads_that_may_be_lost = 8,
};

struct reading {
    TAILQ_ENTRY(reading) link;
    char *uri;
    int64_t now_ms; /* wall clock */
    struct record_answer answer;
    struct error error; /* the ledger could not be opened */
    reading_done done;
    void *arg;
};

struct readings {
    const char *ledger_path;
    struct worker_lane *lane;
    TAILQ_HEAD(reading_queue, reading) waiting;
};

static void *reader_open(void *context, void *job)
{
    const struct readings *readings = context;
    struct reading *reading = job;

    return sqlite_archive_open(readings->ledger_path, &reading->error);
}

static void reader_run(void *context, void *instance, void *job, const struct worker_limits *limits)
{
    struct reading *reading = job;

    (void)context, (void)limits;
    reading->answer = records_answer(instance, reading->uri, reading->now_ms);
}

static void reader_close(void *context, void *instance)
{
    struct archive *archive = instance;

    (void)context;
    archive->ops->close(archive);
}

static void reading_destroy(struct reading *reading)
{
    error_finish(&reading->error);
    free(reading->answer.text);
    free(reading->uri);
    free(reading);
}

static void refuse_all(struct readings *readings)
{
    struct reading *reading;

    while ((reading = TAILQ_FIRST(&readings->waiting))) {
        TAILQ_REMOVE(&readings->waiting, reading, link);
        reading->done(NULL, "the ledger cannot be read any more", reading->arg);
        reading_destroy(reading);
    }
}

static void start_next(struct readings *readings)
{
    struct reading *reading = TAILQ_FIRST(&readings->waiting);

    if (worker_lane_is_lost(readings->lane)) {
        refuse_all(readings);
    } else if (reading && worker_lane_room(readings->lane) > 0) {
        TAILQ_REMOVE(&readings->waiting, reading, link);
        worker_lane_run(readings->lane, reading, read_timeout_ms, read_grace_ms);
    }
}

static void on_read(void *context, void *job, bool opened)
{
    struct reading *reading = job;

    reading->done(opened ? &reading->answer : NULL, opened ? NULL : error_text(&reading->error),
        reading->arg);
    reading_destroy(reading);
    start_next(context);
}

static void on_read_overstayed(void *context, void *job)
{
    const struct reading *reading = job; /* left to the lost thread */

    reading->done(NULL, "the ledger could not be read in time", reading->arg);
    start_next(context);
}

static void on_read_dropped(void *context, void *job)
{
    struct reading *reading = job;

    (void)context;
    reading->done(NULL, NULL, reading->arg);
    reading_destroy(reading);
}

static const struct worker_ops reader_ops = {
    .open = reader_open,
    .run = reader_run,
    .close = reader_close,
    .done = on_read,
    .overstayed = on_read_overstayed,
    .dropped = on_read_dropped,
};

struct readings *readings_create(struct event_base *base, const char *ledger_path)
{
    struct readings *readings = mem_alloc(sizeof *readings);

    TAILQ_INIT(&readings->waiting);
    readings->ledger_path = ledger_path;
    readings->lane = worker_lane_create(base, 1, threads_that_may_be_lost, &reader_ops, readings);
    return readings;
}

bool readings_destroy(struct readings *readings)
{
    bool all_back = worker_lane_destroy(readings->lane);
    struct reading *reading;

    while ((reading = TAILQ_FIRST(&readings->waiting))) {
        TAILQ_REMOVE(&readings->waiting, reading, link);
        reading->done(NULL, NULL, reading->arg);
        reading_destroy(reading);
    }
    if (all_back)
        free(readings);
    return all_back;
}

/* There are never more than the server has connections, each with one request under way. */
void readings_ask(struct readings *readings, const char *uri, reading_done done, void *arg)
{
    struct reading *reading = mem_alloc(sizeof *reading);

    reading->done = done;
    reading->arg = arg;
    reading->uri = text_copy(uri);
    reading->now_ms = clock_wall_ms();
    TAILQ_INSERT_TAIL(&readings->waiting, reading, link);
    start_next(readings);
}
