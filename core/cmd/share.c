#include "cmd/share.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/edition.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "config/problems.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/story.h"
#include "store/archive.h"
#include "store/sqlite.h"

enum {
    chunk_events = 256, /* numbers that follow each other and belong to one share */
    step_events = 32,   /* that are read in one transaction */
    recent_objects = 8,
};

struct share {
    const struct question *question;
    size_t number;
    struct archive *archive;
    struct enricher *enricher; /* knows names only */
    struct edition before, after;
    struct comparison comparison;
    struct looked_up *recent[recent_objects]; /* the last ones, each parsed once */
    size_t next_recent;
    int64_t not_routed, unreadable;
    pthread_t thread;
    bool ok;            /* how the thread ended */
    struct error error; /* and why, if not well */
};

static void on_any(const struct archive_event *event, void *arg)
{
    ((struct span *)arg)->last = event->event;
}

static void on_first(const struct archive_recorded *recorded, void *arg)
{
    ((struct span *)arg)->first = recorded->loaded->event;
}

bool span_read(struct archive *archive, struct span *span, struct error *error)
{
    const struct archive_events newest = {.limit = 1};
    const struct archive_scan oldest = {.limit = 1};
    struct archive_cursor cursor;
    store_id last;
    bool more;

    *span = (struct span){0};
    return archive->ops->find_events(archive, &newest, on_any, span, &cursor, error) &&
           archive->ops->scan(archive, &oldest, on_first, span, &last, &more, error);
}

static bool read_edition(struct edition *edition, const struct question *question,
    const struct rule_sources *sources, struct problems *problems)
{
    return edition_init(
        edition, sources->documents, sources->count, question->setup->config, problems);
}

struct share *share_create(
    const struct question *question, size_t number, struct problems *problems, struct error *error)
{
    static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};
    const struct config *config = question->setup->config;
    struct share *share = mem_alloc(sizeof *share);

    share->question = question;
    share->number = number;
    share->archive = sqlite_archive_open(config->ledger_path, error);
    share->enricher = enricher_create(config, NULL, NULL, &silent, problems);
    if (share->archive && share->enricher &&
        read_edition(&share->before, question, &question->before, problems) &&
        read_edition(&share->after, question, &question->after, problems)) {
        comparison_init(&share->comparison, question->setup, &share->before, &share->after,
            question->most_shown);
        return share;
    }
    share_destroy(share);
    return NULL;
}

void share_destroy(struct share *share)
{
    if (!share)
        return;
    comparison_finish(&share->comparison);
    for (size_t i = 0; i < recent_objects; i++)
        looked_up_release(share->recent[i]);
    edition_finish(&share->before);
    edition_finish(&share->after);
    enricher_destroy(share->enricher);
    if (share->archive)
        share->archive->ops->close(share->archive);
    error_finish(&share->error);
    free(share);
}

/* pick: where in these bytes the object is, for the event's type. */
static bool is_same(
    const struct looked_up *known, const struct store_loaded_object *object, const char *pick)
{
    return known && known->bytes && known->len == object->len &&
           strcmp(known->name, object->name) == 0 && !known->pick == !pick &&
           (!pick || strcmp(known->pick, pick) == 0) &&
           memcmp(known->bytes, object->bytes, object->len) == 0;
}

/* Events that come close together, such as the updates of one alert, often had the same object. */
static struct looked_up *find_recent(const struct share *share, const struct store_loaded *loaded)
{
    const char *name, *pick = NULL;

    if (loaded->object_count == 0 || !loaded->objects[0].bytes)
        return NULL;
    enricher_names(share->enricher, loaded->type, &name, &pick);
    for (size_t i = 0; i < recent_objects; i++)
        if (is_same(share->recent[i], &loaded->objects[0], pick))
            return share->recent[i];
    return NULL;
}

static void attach_object(
    struct share *share, struct story *story, const struct store_loaded *loaded)
{
    struct looked_up *known = find_recent(share, loaded);

    if (known) {
        story->looked_up = looked_up_keep(known);
        return;
    }
    story_take_objects(story, loaded, share->enricher);
    if (!story->looked_up)
        return;
    struct looked_up **oldest = &share->recent[share->next_recent++ % recent_objects];
    looked_up_release(*oldest);
    *oldest = looked_up_keep(story->looked_up);
}

static void on_recorded(const struct archive_recorded *recorded, void *arg)
{
    struct share *share = arg;
    const struct store_loaded *loaded = recorded->loaded;

    if (!recorded->is_routed) {
        share->not_routed++; /* what will be looked up for it is not known */
        return;
    }
    struct event *event = event_parse(loaded->body, loaded->body_len, NULL);
    if (!event) {
        share->unreadable++;
        return;
    }
    struct story *story =
        story_create(event, loaded->hook, loaded->body, loaded->body_len, loaded->at_ms);
    attach_object(share, story, loaded);
    story_set_number(story, share->archive->ops->ledger_id(share->archive), loaded->event);
    comparison_add(&share->comparison, story);
    story_release(story);
}

static bool run_chunk(struct share *share, store_id first, struct error *error)
{
    const struct question *question = share->question;
    struct archive_scan scan = {
        .since_ms = question->since_ms,
        .until_ms = question->until_ms,
        .after = first - 1,
        .before = first + chunk_events,
        .limit = step_events,
    };
    bool more = true, ok = true;

    while (ok && more)
        ok = share->archive->ops->scan(
            share->archive, &scan, on_recorded, share, &scan.after, &more, error);
    return ok;
}

bool share_run(struct share *share, share_progress progress, void *arg, struct error *error)
{
    const struct span *span = &share->question->span;
    store_id step = (store_id)share->question->shares * chunk_events;

    for (store_id first = span->first + (store_id)share->number * chunk_events; first <= span->last;
         first += step) {
        if (!run_chunk(share, first, error))
            return false;
        if (progress)
            progress((double)(first - span->first) / (double)(span->last - span->first + 1), arg);
    }
    return true;
}

static void *run_thread(void *arg)
{
    struct share *share = arg;

    share->ok = share_run(share, NULL, NULL, &share->error);
    return NULL;
}

void share_start(struct share *share)
{
    if (pthread_create(&share->thread, NULL, run_thread, share) != 0)
        mem_exhausted();
}

bool share_join(struct share *share, struct error *error)
{
    pthread_join(share->thread, NULL);
    return share->ok || error_set(error, "%s", error_text(&share->error));
}

struct comparison *share_comparison(struct share *share)
{
    return &share->comparison;
}

int64_t share_not_routed(const struct share *share)
{
    return share->not_routed;
}

int64_t share_unreadable(const struct share *share)
{
    return share->unreadable;
}
