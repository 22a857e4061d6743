#include "store/writer.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "store/checkpointer.h"
#include "store/database.h"
#include "store/journal.h"
#include "store/recovery.h"
#include "store/request.h"
#include "store/thread.h"

enum {
    probe_ms = 1000,          /* how often trouble is looked into when nobody asks anything */
    frames_for_reader = 1000, /* of the write-ahead log: then the checkpointer begins */
    frames_for_writer = 4000, /* then the writer finishes what the checkpointer could not */
};

struct writer {
    pthread_t thread;
    struct mailbox *inbox, *answers;
    const struct logger *logger;
    struct checkpointer *checkpointer;
    struct database db;
    struct error trouble; /* why nothing can be written; no text when all is well */
    int frames_at_start;  /* of the last checkpoint that was asked for */
    char ledger_id[LEDGER_ID_SIZE];
    struct letter stop;
    struct histogram commit_seconds, commit_requests;
    pthread_mutex_t health_lock;
    struct store_health health; /* under the lock */
};

const struct histogram_bounds store_seconds_bounds = {
    11, {0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5}};
const struct histogram_bounds store_requests_bounds = {10, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};

enum ending {
    COMMITTED,
    STATEMENT_FAILED, /* nothing was kept, and one item is to blame */
    GROUP_FAILED,
};

static void publish_health(struct writer *writer)
{
    const struct marks *marks = &writer->db.committed;
    struct store_health health = {
        .writable = !writer->trouble.text,
        .is_oversize = writer->db.is_oversize,
        .is_full = writer->db.is_full,
        .unrouted = marks->unrouted,
        .waiting = marks->waiting,
        .dead = marks->dead,
        .delivered = marks->delivered,
        .skipped = marks->skipped,
        .events = marks->event,
        .commit_seconds = writer->commit_seconds,
        .commit_requests = writer->commit_requests,
        .buried = writer->db.buried,
    };

    if (writer->trouble.text)
        snprintf(health.why, sizeof health.why, "%s", writer->trouble.text);
    pthread_mutex_lock(&writer->health_lock);
    writer->health = health;
    pthread_mutex_unlock(&writer->health_lock);
}

/* Takes the text; none: all is well. Logged when it begins, changes and ends. */
static void note_trouble(struct writer *writer, struct error *trouble)
{
    const char *before = writer->trouble.text;

    if (trouble->text && (!before || strcmp(before, trouble->text) != 0))
        log_error(writer->logger, "nothing can be written: %s", trouble->text);
    else if (!trouble->text && before)
        log_info(writer->logger, "the ledger can be written again");
    error_finish(&writer->trouble);
    writer->trouble = *trouble;
    *trouble = (struct error){0};
}

static bool reopen(struct writer *writer, struct error *trouble)
{
    checkpointer_wait(writer->checkpointer);
    return database_reopen(&writer->db, trouble);
}

/* Once for each of the group, so that a test can wait for the nth of its kind. */
static void pass_points(const struct request *group, int offset)
{
    if (!CRASH_POINTS_ARE_IN)
        return;
    for (; group; group = group->next)
        if (group->operation->crash != CRASH_NOWHERE)
            crash_point((enum crash_point)((int)group->operation->crash + offset));
}

static enum ending commit(struct database *db, const struct request *group)
{
    pass_points(group, 0);
    if (!database_commit(db))
        return GROUP_FAILED;
    pass_points(group, 1);
    return COMMITTED;
}

/* The usual way: no savepoints. They would cost each item a copy of every page it touches, to spare
 * a group that fails, which hardly ever happens, a second run. */
static enum ending run_straight(struct database *db, struct request *group)
{
    if (!database_begin(db))
        return GROUP_FAILED;
    for (struct request *request = group; request && !db->fault; request = request->next)
        request_run(request, db);
    if (!db->fault)
        return commit(db, group);
    database_rollback(db);
    return STATEMENT_FAILED;
}

/* Runs one item so that its failure undoes that item alone. False if the whole transaction is
 * gone. */
static bool run_guarded(struct database *db, struct request *request, struct error *trouble)
{
    struct marks before = db->marks;
    size_t steps = db->queues.count;

    statement_run(db, SQL_SAVEPOINT, WITH_NOTHING);
    request_run(request, db);
    if (!db->fault)
        return statement_run(db, SQL_RELEASE, WITH_NOTHING);
    error_set(&request->error, "%s", error_text(&db->why));
    if (database_is_in_trouble(db))
        error_set(trouble, "%s", error_text(&db->why));
    if (sqlite3_get_autocommit(db->handle))
        return false;
    database_forgive(db);
    db->marks = before;
    queues_rollback(&db->queues, steps);
    return statement_run(db, SQL_ROLLBACK_TO, WITH_NOTHING) &&
           statement_run(db, SQL_RELEASE, WITH_NOTHING);
}

/* The second run of a group in which a statement failed: item by item. */
static enum ending run_carefully(struct database *db, struct request *group, struct error *trouble)
{
    if (!database_begin(db))
        return GROUP_FAILED;
    for (struct request *request = group; request; request = request->next) {
        if (!run_guarded(db, request, trouble)) {
            database_rollback(db);
            return GROUP_FAILED;
        }
    }
    return commit(db, group);
}

/* Nothing of the group was kept: what writes fails, what only reads is answered from what is
 * there. */
static void answer_failure(struct writer *writer, struct request *group, const char *reason)
{
    struct database *db = &writer->db;

    for (struct request *request = group; request; request = request->next) {
        database_forgive(db);
        if (request->operation->only_reads && db->handle)
            request_run(request, db);
        else
            error_set(&request->error, "%s", reason);
        if (db->fault)
            error_set(&request->error, "%s", error_text(&db->why));
    }
}

static void run_group(struct writer *writer, struct request *group, struct error *trouble)
{
    struct database *db = &writer->db;
    auto_error struct error reason = {0};

    if (!db->handle && !reopen(writer, trouble)) {
        answer_failure(writer, group, error_text(trouble));
        return;
    }
    enum ending ending = run_straight(db, group);
    if (ending == STATEMENT_FAILED)
        ending = run_carefully(db, group, trouble);
    if (ending == COMMITTED)
        return;
    error_set(&reason, "%s", error_text(&db->why));
    error_set(trouble, "%s", reason.text);
    /* After a failed write nobody knows what the file holds: it is opened anew before anything is
     * answered. */
    if (database_needs_reopen(db))
        reopen(writer, trouble);
    answer_failure(writer, group, reason.text);
}

/* Groups that only read are no commits to speak of. */
static size_t count_writes(const struct request *group)
{
    size_t count = 0;

    for (; group; group = group->next)
        count += !group->operation->only_reads;
    return count;
}

static void note_commit(struct writer *writer, const struct request *group, int64_t took_us)
{
    size_t writes = count_writes(group);

    if (writes == 0)
        return;
    histogram_observe(&writer->commit_seconds, &store_seconds_bounds, (double)took_us / 1e6);
    histogram_observe(&writer->commit_requests, &store_requests_bounds, (double)writes);
}

static void serve(struct writer *writer, struct request *group)
{
    auto_error struct error trouble = {0};
    int64_t began_us = clock_mono_us();

    run_group(writer, group, &trouble);
    if (!trouble.text)
        note_commit(writer, group, clock_mono_us() - began_us);
    note_trouble(writer, &trouble);
    publish_health(writer);
    mailbox_post(writer->answers, &group->letter);
}

static void probe(struct writer *writer)
{
    struct database *db = &writer->db;
    auto_error struct error trouble = {0};

    if (db->handle || reopen(writer, &trouble)) {
        if (!database_probe(db)) {
            error_set(&trouble, "%s", error_text(&db->why));
            if (database_needs_reopen(db))
                reopen(writer, &trouble);
        }
    }
    note_trouble(writer, &trouble);
    publish_health(writer);
}

/* After the answers, so that nobody waits for it. The reader's checkpoint seldom gets to the end
 * while the writer goes on writing; once it has, the log begins anew. */
static void tend_log(struct writer *writer)
{
    int frames = writer->db.wal_frames;

    if (frames < writer->frames_at_start)
        writer->frames_at_start = 0;
    if (!writer->db.handle || frames < writer->frames_at_start + frames_for_reader ||
        checkpointer_is_busy(writer->checkpointer))
        return;
    writer->frames_at_start = frames;
    if (frames < frames_for_writer)
        checkpointer_start(writer->checkpointer);
    else
        database_checkpoint(&writer->db);
}

static void *run(void *arg)
{
    struct writer *writer = arg;

    for (;;) {
        struct letter *letters = mailbox_wait(writer->inbox, writer->trouble.text ? probe_ms : -1);
        if (letters == &writer->stop)
            return NULL;
        if (letters)
            serve(writer, request_join(letters));
        else if (writer->trouble.text)
            probe(writer);
        tend_log(writer);
    }
}

static void destroy(struct writer *writer)
{
    /* The last to close writes the log into the file. */
    checkpointer_destroy(writer->checkpointer);
    database_close(&writer->db);
    queues_finish(&writer->db.queues);
    mailbox_destroy(writer->inbox);
    pthread_mutex_destroy(&writer->health_lock);
    error_finish(&writer->db.why);
    error_finish(&writer->trouble);
    free(writer->db.path);
    free(writer);
}

/* Nothing here mends or replaces a file of which something could be saved: somebody decides. */
static bool advise(const struct database *db, struct error *error)
{
    if ((db->fault & 0xff) != SQLITE_CORRUPT)
        return false;
    auto_free char *reason = TAKE(error->text);
    return error_set(error,
        "%s; keep a copy of it, then restore a backup, save what can be read (sqlite3's .recover), "
        "or move it away to begin anew",
        reason);
}

static bool start(struct writer *writer, struct error *error)
{
    struct database *db = &writer->db;

    if (!database_open(db, true, error) ||
        !recovery_run(db, clock_steady_ms(), writer->logger, error))
        return advise(db, error);
    memcpy(writer->ledger_id, db->ledger_id, sizeof writer->ledger_id);
    publish_health(writer);
    writer->checkpointer = checkpointer_create(db->path, error);
    return writer->checkpointer && thread_start(&writer->thread, "store", run, writer, error);
}

struct writer *writer_create(const char *path, int64_t max_bytes, struct mailbox *answers,
    const struct logger *logger, struct error *error)
{
    struct writer *writer = mem_alloc(sizeof *writer);

    writer->inbox = mailbox_create();
    writer->answers = answers;
    writer->logger = logger;
    writer->db.path = text_copy(path);
    writer->db.max_bytes = max_bytes;
    queues_init(&writer->db.queues);
    pthread_mutex_init(&writer->health_lock, NULL);
    if (start(writer, error))
        return writer;
    destroy(writer);
    return NULL;
}

void writer_destroy(struct writer *writer)
{
    if (!writer)
        return;
    mailbox_post(writer->inbox, &writer->stop);
    pthread_join(writer->thread, NULL);
    if (!writer->db.handle || !recovery_close(&writer->db))
        log_warn(writer->logger, "the ledger could not be closed cleanly: %s",
            error_text(writer->db.fault ? &writer->db.why : &writer->trouble));
    destroy(writer);
}

void writer_post(struct writer *writer, struct request *chain)
{
    mailbox_post(writer->inbox, &chain->letter);
}

void writer_health(struct writer *writer, struct store_health *health)
{
    pthread_mutex_lock(&writer->health_lock);
    *health = writer->health;
    pthread_mutex_unlock(&writer->health_lock);
}

void writer_queues(struct writer *writer, store_queue_visit visit, void *arg)
{
    queues_visit(&writer->db.queues, visit, arg);
}

const char *writer_ledger_id(const struct writer *writer)
{
    return writer->ledger_id;
}
