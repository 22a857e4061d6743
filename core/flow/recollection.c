#include "flow/recollection.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "enrich/url.h"
#include "event/event.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "lane/worker.h"
#include "store/archive.h"

enum {
    walk_timeout_ms = 20000, /* what a look-up may take by default */
    walk_grace_ms = 10000,   /* a stretch of a cold ledger on a slow disk */
    threads_that_may_be_lost = 4,
};

/* How events of a type are looked up. */
struct way {
    char *type;
    struct url *url;
};

/* An event that waits. The walk's thread has it from when it begins to its end. */
struct seeker {
    UT_hash_handle hh;        /* walk::by_thread: events of one thread come one at a time */
    TAILQ_ENTRY(seeker) link; /* recollections::waiting, or walk::seekers */
    store_id event;           /* older ones are looked at */
    char *id, *thread;
    char *name, *pick; /* of its look-up */
    struct way *ways;  /* of all look-ups that attach under that name */
    size_t way_count;
    char *url; /* of its object: events that would be looked up there speak of it */
    struct looked_up *found;
    recollection_done done;
    void *arg;
};

TAILQ_HEAD(seeker_list, seeker);

/* An event that may have what somebody seeks. */
struct candidate {
    store_id event;
    struct seeker *seeker;
};

/* One walk, for all that waited when it began. */
struct walk {
    struct seeker_list seekers;
    struct seeker *by_thread;
    size_t unsatisfied;
    struct candidate *candidates; /* of the stretch that was walked last, newest first */
    size_t candidate_count, candidate_room;
    struct error error;
};

struct recollections {
    struct flow *flow;
    char *ledger_path;
    struct archive *(*open_archive)(const char *path, struct error *error);
    struct worker_lane *lane;
    struct seeker_list waiting;
};

static void start_walk(struct recollections *recollections);

/* Seekers ---------------------------------------------------------------------------------------*/

static void seeker_destroy(struct seeker *seeker)
{
    for (size_t i = 0; i < seeker->way_count; i++) {
        url_destroy(seeker->ways[i].url);
        free(seeker->ways[i].type);
    }
    looked_up_release(seeker->found);
    free(seeker->ways);
    free(seeker->url);
    free(seeker->pick);
    free(seeker->name);
    free(seeker->thread);
    free(seeker->id);
    free(seeker);
}

static const struct config_lookup *find_lookup(const struct config *config, const char *type)
{
    for (size_t i = 0; i < config->lookup_count; i++)
        if (strcmp(config->lookups[i].type, type) == 0)
            return &config->lookups[i];
    return NULL;
}

/* Copies: the configuration may be another one before the walk has ended. */
static void copy_ways(struct seeker *seeker, const struct config *config)
{
    seeker->ways = mem_alloc(config->lookup_count * sizeof *seeker->ways);
    for (size_t i = 0; i < config->lookup_count; i++) {
        const struct config_lookup *lookup = &config->lookups[i];
        struct url *url =
            strcmp(lookup->as, seeker->name) == 0 ? url_compile(lookup->get, NULL) : NULL;
        if (url)
            seeker->ways[seeker->way_count++] = (struct way){text_copy(lookup->type), url};
    }
}

/* Where the event's object would be looked up; NULL where it would not. The caller frees it. */
static char *object_url(const struct seeker *seeker, const struct event *event)
{
    for (size_t i = 0; i < seeker->way_count; i++)
        if (strcmp(seeker->ways[i].type, event->type) == 0)
            return url_of_event(seeker->ways[i].url, event, NULL);
    return NULL;
}

/* NULL where no look-up would ever have been made for the event. */
static struct seeker *seeker_create(
    const struct config *config, const struct story *story, recollection_done done, void *arg)
{
    const struct config_lookup *lookup = find_lookup(config, story->event->type);

    if (!lookup)
        return NULL;
    struct seeker *seeker = mem_alloc(sizeof *seeker);
    seeker->event = story->number;
    seeker->id = text_copy(story->id);
    seeker->thread = text_copy(story->event->thread);
    seeker->name = text_copy(lookup->as);
    seeker->pick = text_copy(lookup->pick);
    seeker->done = done;
    seeker->arg = arg;
    copy_ways(seeker, config);
    seeker->url = object_url(seeker, story->event);
    if (seeker->url)
        return seeker;
    seeker_destroy(seeker);
    return NULL;
}

static void walk_destroy(struct walk *walk)
{
    struct seeker *seeker;

    HASH_CLEAR(hh, walk->by_thread);
    while ((seeker = TAILQ_FIRST(&walk->seekers))) {
        TAILQ_REMOVE(&walk->seekers, seeker, link);
        seeker_destroy(seeker);
    }
    error_finish(&walk->error);
    free(walk->candidates);
    free(walk);
}

/* The walk, on its thread -----------------------------------------------------------------------*/

static struct seeker *seeker_of(const struct walk *walk, const struct archive_event *event)
{
    struct seeker *seeker;

    HASH_FIND_STR(walk->by_thread, event->thread, seeker);
    return seeker && !seeker->found && event->event < seeker->event ? seeker : NULL;
}

static bool is_sought(const struct archive_event *event, void *arg)
{
    return seeker_of(arg, event) != NULL;
}

static void note_candidate(const struct archive_event *event, void *arg)
{
    struct walk *walk = arg;

    if (walk->candidate_count == walk->candidate_room) {
        walk->candidate_room = walk->candidate_room ? walk->candidate_room * 2 : 16;
        walk->candidates =
            mem_resize(walk->candidates, walk->candidate_room * sizeof *walk->candidates);
    }
    walk->candidates[walk->candidate_count++] =
        (struct candidate){event->event, seeker_of(walk, event)};
}

static bool is_of_same_object(const struct seeker *seeker, const struct store_loaded *loaded)
{
    struct event *event = event_parse(loaded->body, loaded->body_len, NULL);
    auto_free char *url = event ? object_url(seeker, event) : NULL;

    event_destroy(event);
    return url && strcmp(url, seeker->url) == 0;
}

/* The object of one that was found there; NULL where the answer does not hold it, since it was
 * picked from it in another way then. */
static struct looked_up *object_create(const struct seeker *seeker,
    const struct store_loaded_object *object, store_id event, const char *ledger_id)
{
    auto_free char *status =
        text_format("the last recorded, of %s-e%lld", ledger_id, (long long)event);
    struct looked_up *found =
        looked_up_create(seeker->name, status, object->bytes, object->len, seeker->pick);

    if (found->object) {
        found->stored = object->object;
        return found;
    }
    looked_up_release(found);
    return NULL;
}

/* An event that is looked into for a seeker. */
struct look {
    struct seeker *seeker;
    const char *ledger_id;
};

static void take_object(const struct archive_recorded *recorded, void *arg)
{
    const struct look *look = arg;
    struct seeker *seeker = look->seeker;
    const struct store_loaded *loaded = recorded->loaded;

    for (size_t i = 0; i < loaded->object_count && !seeker->found; i++) {
        const struct store_loaded_object *object = &loaded->objects[i];
        if (object->bytes && strcmp(object->name, seeker->name) == 0 &&
            is_of_same_object(seeker, loaded))
            seeker->found = object_create(seeker, object, loaded->event, look->ledger_id);
    }
}

static bool is_stopping(const struct worker_limits *limits)
{
    struct pollfd stop = {.fd = limits->stop_fd, .events = POLLIN};

    return poll(&stop, 1, 0) != 0;
}

/* False with the reason where the walk must end. */
static bool may_go_on(struct walk *walk, const struct worker_limits *limits)
{
    if (is_stopping(limits))
        return error_set(&walk->error, "the daemon stops");
    if (clock_mono_ms() >= limits->deadline_ms)
        return error_set(&walk->error, "it takes longer than %d s", walk_timeout_ms / 1000);
    return true;
}

/* Looks into the events that were noted, the newest first. False where the walk must end. */
static bool ask_candidates(
    struct walk *walk, struct archive *archive, const struct worker_limits *limits)
{
    const char *ledger_id = archive->ops->ledger_id(archive);
    bool more;
    store_id last;

    for (size_t i = 0; i < walk->candidate_count; i++) {
        const struct candidate *candidate = &walk->candidates[i];
        struct look look = {candidate->seeker, ledger_id};
        const struct archive_scan scan = {
            .after = candidate->event - 1, .before = candidate->event + 1, .limit = 1};
        if (candidate->seeker->found)
            continue;
        if (!may_go_on(walk, limits) ||
            !archive->ops->scan(archive, &scan, take_object, &look, &last, &more, &walk->error))
            return false;
        walk->unsatisfied -= candidate->seeker->found != NULL;
    }
    walk->candidate_count = 0;
    return true;
}

static store_id newest_of(const struct walk *walk)
{
    const struct seeker *seeker;
    store_id newest = 0;

    TAILQ_FOREACH (seeker, &walk->seekers, link)
        if (seeker->event > newest)
            newest = seeker->event;
    return newest;
}

static void walk_back(
    struct walk *walk, struct archive *archive, const struct worker_limits *limits)
{
    struct archive_cursor cursor = {.before = newest_of(walk), .more = true};

    while (walk->unsatisfied > 0 && cursor.more && may_go_on(walk, limits)) {
        const struct archive_events events = {.before = cursor.before,
            .limit = ARCHIVE_MOST_SEEN,
            .is_wanted = is_sought,
            .arg = walk};
        if (!archive->ops->find_events(
                archive, &events, note_candidate, walk, &cursor, &walk->error) ||
            !ask_candidates(walk, archive, limits))
            return;
    }
}

static void *archive_open(void *context, void *job)
{
    const struct recollections *recollections = context;
    struct walk *walk = job;

    return recollections->open_archive(recollections->ledger_path, &walk->error);
}

static void archive_walk(
    void *context, void *instance, void *job, const struct worker_limits *limits)
{
    (void)context;
    walk_back(job, instance, limits);
}

static void archive_close(void *context, void *instance)
{
    struct archive *archive = instance;

    (void)context;
    archive->ops->close(archive);
}

/* Its end, on the loop --------------------------------------------------------------------------*/

static void serve(struct recollections *recollections, struct walk *walk)
{
    struct seeker *seeker;

    if (walk->error.text && walk->unsatisfied > 0)
        log_error(&recollections->flow->logger,
            "%zu events of deleted objects go on without them, event %s among them: what was "
            "recorded was not found: %s",
            walk->unsatisfied, TAILQ_LAST(&walk->seekers, seeker_list)->id,
            error_text(&walk->error));
    TAILQ_FOREACH (seeker, &walk->seekers, link)
        seeker->done(seeker->found, seeker->arg);
}

static void on_walked(void *context, void *job, bool opened)
{
    struct walk *walk = job;

    (void)opened; /* else the walk has the error, and nothing */
    serve(context, walk);
    walk_destroy(walk);
    start_walk(context);
}

/* The lost thread may still write to the walk: nothing of it is read but what it never writes. */
static void on_overstayed(void *context, void *job)
{
    struct recollections *recollections = context;
    const struct walk *walk = job;
    const struct seeker *seeker;

    log_error(&recollections->flow->logger,
        "what was recorded of deleted objects was not found: the ledger's reader does not answer");
    TAILQ_FOREACH (seeker, &walk->seekers, link)
        seeker->done(NULL, seeker->arg);
    start_walk(recollections);
}

static void on_dropped(void *context, void *job)
{
    (void)context;
    walk_destroy(job);
}

static const struct worker_ops walk_ops = {
    .open = archive_open,
    .run = archive_walk,
    .close = archive_close,
    .done = on_walked,
    .overstayed = on_overstayed,
    .dropped = on_dropped,
};

static struct walk *walk_create(struct seeker_list *seekers)
{
    struct walk *walk = mem_alloc(sizeof *walk);
    struct seeker *seeker;

    TAILQ_INIT(&walk->seekers);
    TAILQ_CONCAT(&walk->seekers, seekers, link);
    TAILQ_FOREACH (seeker, &walk->seekers, link) {
        HASH_ADD_KEYPTR(hh, walk->by_thread, seeker->thread, strlen(seeker->thread), seeker);
        walk->unsatisfied++;
    }
    return walk;
}

/* With nobody left who could walk, everybody goes on at once. */
static void give_up(struct recollections *recollections)
{
    struct seeker *seeker;

    log_error(&recollections->flow->logger,
        "events of deleted objects go on without them: the ledger cannot be read any more");
    while ((seeker = TAILQ_FIRST(&recollections->waiting))) {
        TAILQ_REMOVE(&recollections->waiting, seeker, link);
        seeker->done(NULL, seeker->arg);
        seeker_destroy(seeker);
    }
}

static void start_walk(struct recollections *recollections)
{
    if (TAILQ_EMPTY(&recollections->waiting))
        return;
    if (worker_lane_is_lost(recollections->lane))
        give_up(recollections);
    else if (worker_lane_room(recollections->lane) > 0)
        worker_lane_run(recollections->lane, walk_create(&recollections->waiting), walk_timeout_ms,
            walk_grace_ms);
}

struct recollections *recollections_create(struct flow *flow)
{
    struct recollections *recollections = mem_alloc(sizeof *recollections);

    recollections->flow = flow;
    recollections->ledger_path = text_copy(flow->parts.config->ledger_path);
    recollections->open_archive = flow->parts.open_archive;
    TAILQ_INIT(&recollections->waiting);
    recollections->lane =
        worker_lane_create(flow->parts.base, 1, threads_that_may_be_lost, &walk_ops, recollections);
    return recollections;
}

void recollections_destroy(struct recollections *recollections)
{
    bool all_back = worker_lane_destroy(recollections->lane);
    struct seeker *seeker;

    while ((seeker = TAILQ_FIRST(&recollections->waiting))) {
        TAILQ_REMOVE(&recollections->waiting, seeker, link);
        seeker_destroy(seeker);
    }
    if (!all_back)
        return; /* a lost thread may still use it */
    free(recollections->ledger_path);
    free(recollections);
}

bool recollect(struct recollections *recollections, const struct story *story,
    recollection_done done, void *arg)
{
    const struct config *config = recollections->flow->parts.config;
    bool is_meant = event_is_deleted(story->event) && *story->event->thread;
    struct seeker *seeker = is_meant ? seeker_create(config, story, done, arg) : NULL;

    if (!seeker)
        return false;
    TAILQ_INSERT_TAIL(&recollections->waiting, seeker, link);
    start_walk(recollections);
    return true;
}
