#include "enrich/enricher.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "config/config.h"
#include "config/problems.h"
#include "enrich/url.h"
#include "event/event.h"
#include "lane/http.h"

enum {
    most_under_way = 16, /* tries at one time; the rest waits here, not in curl */
    longest_answer = 4 << 20,
    first_pause_ms = 250,
    longest_pause_ms = 5000,
};

/* A kind of look-up: how the events of one type are looked up. */
struct kind {
    const struct config_lookup *config;
    struct url *url;
    char *authorization; /* the header, NULL without a key */
};

/* An event that waits. */
struct rider {
    TAILQ_ENTRY(rider) link; /* fetch::aboard or fetch::waiting */
    struct fetch *fetch;
    bool is_aboard;
    struct event *deadline;
    int64_t since_ms; /* monotonic */
    enricher_done done;
    void *arg;
};

TAILQ_HEAD(rider_list, rider);

/* One object's look-up. Riders aboard are served by the try under way or the next; those waiting
 * came after it began, and board the next. */
struct fetch {
    UT_hash_handle hh;       /* enricher::fetches, by url */
    TAILQ_ENTRY(fetch) link; /* enricher::queue, while is_queued */
    struct enricher *enricher;
    const struct kind *kind;
    char *url;
    struct rider_list aboard, waiting;
    struct http_transfer *transfer; /* NULL between tries */
    struct event *pause;            /* until the next try */
    bool is_queued;
    int tries;
    char *last_failure;
};

TAILQ_HEAD(fetch_list, fetch);

struct enricher {
    struct event_base *base;
    struct http_lane *lane;
    struct logger logger;
    struct kind *kinds;
    size_t kind_count;
    struct fetch *fetches;
    struct fetch_list queue;
    size_t under_way;
    struct metrics *metrics; /* borrowed; NULL: nothing is counted */
    char *fault;             /* the key's refusal, NULL when there is none */
};

static void fetch_queue(struct fetch *fetch);
static void enricher_start_queued(struct enricher *enricher);

static const struct kind *find_kind(const struct enricher *enricher, const char *type)
{
    for (size_t i = 0; i < enricher->kind_count; i++)
        if (strcmp(enricher->kinds[i].config->type, type) == 0)
            return &enricher->kinds[i];
    return NULL;
}

static void rider_destroy(struct rider *rider)
{
    event_free(rider->deadline);
    free(rider);
}

static void rider_leave(struct rider *rider)
{
    struct fetch *fetch = rider->fetch;

    if (rider->is_aboard)
        TAILQ_REMOVE(&fetch->aboard, rider, link);
    else
        TAILQ_REMOVE(&fetch->waiting, rider, link);
}

static void fetch_destroy(struct fetch *fetch)
{
    struct enricher *enricher = fetch->enricher;

    HASH_DELETE(hh, enricher->fetches, fetch);
    if (fetch->is_queued)
        TAILQ_REMOVE(&enricher->queue, fetch, link);
    if (fetch->transfer) {
        http_transfer_cancel(fetch->transfer);
        enricher->under_way--;
    }
    event_free(fetch->pause);
    free(fetch->url);
    free(fetch->last_failure);
    free(fetch);
}

static bool fetch_is_empty(const struct fetch *fetch)
{
    return TAILQ_EMPTY(&fetch->aboard) && TAILQ_EMPTY(&fetch->waiting);
}

static const struct histogram_bounds seconds = {9, {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 20}};
static const struct metric metric_lookups = {"tocsin_lookups_total",
    "Look-ups that events waited for, by how they ended.", {"type", "outcome"}, NULL};
static const struct metric metric_seconds = {
    "tocsin_lookup_seconds", "How long events waited for a look-up.", {"type"}, &seconds};

static void count_end(const struct rider *rider, const char *outcome)
{
    const struct fetch *fetch = rider->fetch;
    struct metrics *metrics = fetch->enricher->metrics;
    const char *type = fetch->kind->config->type;

    metrics_add(metrics, &metric_lookups, type, outcome, 1);
    metrics_observe(
        metrics, &metric_seconds, type, (double)(clock_mono_ms() - rider->since_ms) / 1000);
}

/* Serves all that are aboard with one result, in the order in which they came. Their done may board
 * new riders on this very fetch. */
static void fetch_serve(struct fetch *fetch, struct looked_up *result)
{
    struct rider_list served = TAILQ_HEAD_INITIALIZER(served);
    struct rider *rider;

    TAILQ_CONCAT(&served, &fetch->aboard, link);
    while ((rider = TAILQ_FIRST(&served))) {
        TAILQ_REMOVE(&served, rider, link);
        enricher_done done = rider->done;
        void *arg = rider->arg;
        count_end(rider, result->object ? "found" : "failed");
        rider_destroy(rider);
        done(result, arg);
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct rider *rider = arg;
    struct fetch *fetch = rider->fetch;
    const struct config_lookup *config = fetch->kind->config;
    enricher_done done = rider->done;
    void *done_arg = rider->arg;
    auto_free char *status =
        text_format("no answer within %lld ms: %s", (long long)config->deadline_ms,
            fetch->last_failure ? fetch->last_failure : "the far end is silent");

    (void)fd, (void)what;
    count_end(rider, "late");
    rider_leave(rider);
    rider_destroy(rider);
    struct looked_up *result = looked_up_create(config->as, status, NULL, 0, config->pick);
    if (fetch_is_empty(fetch)) {
        struct enricher *enricher = fetch->enricher;
        fetch_destroy(fetch);
        enricher_start_queued(enricher);
    }
    done(result, done_arg);
    looked_up_release(result);
}

/* The key is refused, or taken again: said once, not once an event. */
static void note_refusal(struct enricher *enricher, int status)
{
    bool is_refused = status == 401 || status == 403;

    if (is_refused && !enricher->fault) {
        enricher->fault = text_format("the API refuses the key with HTTP %d (%s)", status,
            status == 401 ? "missing, expired or invalid: see sekoia.api_key"
                          : "it lacks a permission, such as \"View alerts\"");
        log_error(&enricher->logger,
            "%s; messages go out marked as not enriched until it is mended", enricher->fault);
    } else if (status == 200 && enricher->fault) {
        free(enricher->fault);
        enricher->fault = NULL;
        log_info(&enricher->logger, "the API takes the key again");
    }
}

static char *describe_failure(const struct http_answer *answer)
{
    return answer->status ? text_format("HTTP %d", answer->status) : text_copy(answer->failure);
}

/* Whether the same question may get an answer later. A 404 may: the alert is made before the API
 * shows it. */
static bool is_worth_another_try(const struct http_answer *answer)
{
    int status = answer->status;

    if (status == 0)
        return !answer->is_too_long;
    return status == 404 || status == 408 || status == 425 || status == 429 || status >= 500;
}

/* Those that came during the try board the next one. */
static void board_all(struct fetch *fetch)
{
    struct rider *rider;

    TAILQ_FOREACH (rider, &fetch->waiting, link)
        rider->is_aboard = true;
    TAILQ_CONCAT(&fetch->aboard, &fetch->waiting, link);
}

static void fetch_pause(struct fetch *fetch, int64_t retry_after_ms)
{
    int64_t pause_ms = first_pause_ms;

    for (int i = 1; i < fetch->tries && pause_ms < longest_pause_ms; i++)
        pause_ms *= 2;
    if (retry_after_ms > pause_ms)
        pause_ms = retry_after_ms;
    if (pause_ms > fetch->kind->config->deadline_ms)
        pause_ms = fetch->kind->config->deadline_ms;
    struct timeval delay = clock_timeval(pause_ms);
    evtimer_add(fetch->pause, &delay);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    struct fetch *fetch = arg;

    (void)fd, (void)what;
    fetch_queue(fetch);
    enricher_start_queued(fetch->enricher);
}

/* The look-up ended, well or not: whoever is aboard is served, and whoever waits gets one of its
 * own. */
static void fetch_end(struct fetch *fetch, struct looked_up *result)
{
    struct enricher *enricher = fetch->enricher;

    fetch_serve(fetch, result);
    looked_up_release(result);
    fetch->tries = 0;
    board_all(fetch);
    if (TAILQ_EMPTY(&fetch->aboard))
        fetch_destroy(fetch);
    else if (!fetch->is_queued)
        fetch_queue(fetch);
    enricher_start_queued(enricher);
}

static void on_answer(const struct http_answer *answer, void *arg)
{
    struct fetch *fetch = arg;
    const struct config_lookup *config = fetch->kind->config;
    struct looked_up *result = NULL;

    fetch->transfer = NULL;
    fetch->enricher->under_way--;
    note_refusal(fetch->enricher, answer->status);
    if (answer->status == 200) {
        result =
            looked_up_create(config->as, "found", answer->body, answer->body_len, config->pick);
        if (result->object) {
            fetch_end(fetch, result);
            return;
        }
    }
    free(fetch->last_failure);
    fetch->last_failure = result ? text_copy(result->status) : describe_failure(answer);
    if (answer->status == 200 || is_worth_another_try(answer)) {
        looked_up_release(result);
        board_all(fetch);
        fetch_pause(fetch, answer->retry_after_ms);
        enricher_start_queued(fetch->enricher);
        return;
    }
    fetch_end(fetch, looked_up_create(config->as, fetch->last_failure, NULL, 0, config->pick));
}

static void fetch_start(struct fetch *fetch)
{
    struct enricher *enricher = fetch->enricher;
    const char *headers[] = {"Accept: application/json", fetch->kind->authorization, NULL};
    const struct http_request request = {
        .method = "GET",
        .url = fetch->url,
        .headers = headers,
        .timeout_ms = fetch->kind->config->timeout_ms,
        .max_answer = longest_answer,
        .refuse_longer = true,
    };

    board_all(fetch);
    fetch->tries++;
    enricher->under_way++;
    fetch->transfer = http_lane_send(enricher->lane, &request, on_answer, fetch);
}

static void fetch_queue(struct fetch *fetch)
{
    assert(!fetch->is_queued);
    fetch->is_queued = true;
    TAILQ_INSERT_TAIL(&fetch->enricher->queue, fetch, link);
}

static void enricher_start_queued(struct enricher *enricher)
{
    struct fetch *fetch;

    while (enricher->under_way < most_under_way && (fetch = TAILQ_FIRST(&enricher->queue))) {
        TAILQ_REMOVE(&enricher->queue, fetch, link);
        fetch->is_queued = false;
        fetch_start(fetch);
    }
}

/* Takes url over. */
static struct fetch *fetch_create(struct enricher *enricher, const struct kind *kind, char *url)
{
    struct fetch *fetch = mem_alloc(sizeof *fetch);

    fetch->enricher = enricher;
    fetch->kind = kind;
    fetch->url = url;
    TAILQ_INIT(&fetch->aboard);
    TAILQ_INIT(&fetch->waiting);
    fetch->pause = evtimer_new(enricher->base, on_pause_over, fetch);
    if (!fetch->pause)
        mem_exhausted();
    HASH_ADD_KEYPTR(hh, enricher->fetches, fetch->url, strlen(fetch->url), fetch);
    return fetch;
}

static void fetch_board(struct fetch *fetch, enricher_done done, void *arg)
{
    int64_t deadline_ms = fetch->kind->config->deadline_ms;
    struct timeval delay = clock_timeval(deadline_ms);
    struct rider *rider = mem_alloc(sizeof *rider);

    rider->fetch = fetch;
    rider->since_ms = clock_mono_ms();
    rider->done = done;
    rider->arg = arg;
    rider->is_aboard = !fetch->transfer;
    rider->deadline = evtimer_new(fetch->enricher->base, on_deadline, rider);
    if (!rider->deadline || evtimer_add(rider->deadline, &delay) < 0)
        mem_exhausted();
    if (rider->is_aboard)
        TAILQ_INSERT_TAIL(&fetch->aboard, rider, link);
    else
        TAILQ_INSERT_TAIL(&fetch->waiting, rider, link);
}

bool enricher_look_up(struct enricher *enricher, const struct event *event, enricher_done done,
    void *arg, struct looked_up **failed)
{
    const struct kind *kind = find_kind(enricher, event->type);
    auto_error struct error error = {0};
    struct fetch *fetch;

    *failed = NULL;
    if (!kind || event_is_deleted(event))
        return false;
    char *url = url_of_event(kind->url, event, &error);
    if (!url) {
        *failed =
            looked_up_create(kind->config->as, error_text(&error), NULL, 0, kind->config->pick);
        return false;
    }
    HASH_FIND_STR(enricher->fetches, url, fetch);
    if (fetch) {
        free(url);
        fetch_board(fetch, done, arg);
        return true;
    }
    fetch = fetch_create(enricher, kind, url);
    fetch_board(fetch, done, arg);
    fetch_queue(fetch);
    enricher_start_queued(enricher);
    return true;
}

static bool kind_init(
    struct kind *kind, const struct config_lookup *config, struct problems *problems)
{
    auto_error struct error error = {0};
    const char *key = secret_reveal(&config->bearer);

    kind->config = config;
    kind->url = url_compile(config->get, &error);
    if (*key)
        kind->authorization = text_format("Authorization: Bearer %s", key);
    if (!kind->url)
        problem_add(
            problems, config->place, "enrich %s: \"get\": %s", config->type, error_text(&error));
    return kind->url != NULL;
}

struct enricher *enricher_create(const struct config *config, struct event_base *base,
    struct http_lane *lane, const struct logger *logger, struct problems *problems)
{
    struct enricher *enricher = mem_alloc(sizeof *enricher);
    bool ok = true;

    enricher->base = base;
    enricher->lane = lane;
    enricher->logger = logger_with(logger, "part", "enrich");
    TAILQ_INIT(&enricher->queue);
    enricher->kinds = mem_alloc(config->lookup_count * sizeof *enricher->kinds);
    enricher->kind_count = config->lookup_count;
    for (size_t i = 0; i < config->lookup_count; i++)
        ok &= kind_init(&enricher->kinds[i], &config->lookups[i], problems);
    if (ok)
        return enricher;
    enricher_destroy(enricher);
    return NULL;
}

void enricher_count_in(struct enricher *enricher, struct metrics *metrics)
{
    static const char *const outcomes[] = {"found", "failed", "late"};

    enricher->metrics = metrics;
    for (size_t i = 0; i < enricher->kind_count; i++) {
        const char *type = enricher->kinds[i].config->type;
        metrics_prepare(metrics, &metric_seconds, type);
        for (size_t k = 0; k < sizeof outcomes / sizeof *outcomes; k++)
            metrics_add(metrics, &metric_lookups, type, outcomes[k], 0);
    }
}

static void forget_riders(struct rider_list *riders)
{
    struct rider *rider;

    while ((rider = TAILQ_FIRST(riders))) {
        TAILQ_REMOVE(riders, rider, link);
        rider_destroy(rider);
    }
}

void enricher_destroy(struct enricher *enricher)
{
    if (!enricher)
        return;
    while (enricher->fetches) {
        struct fetch *fetch = enricher->fetches;
        forget_riders(&fetch->aboard);
        forget_riders(&fetch->waiting);
        fetch_destroy(fetch);
    }
    for (size_t i = 0; i < enricher->kind_count; i++) {
        url_destroy(enricher->kinds[i].url);
        if (enricher->kinds[i].authorization)
            explicit_bzero(
                enricher->kinds[i].authorization, strlen(enricher->kinds[i].authorization));
        free(enricher->kinds[i].authorization);
    }
    free(enricher->kinds);
    free(enricher->fault);
    free(enricher);
}

bool enricher_names(
    const struct enricher *enricher, const char *type, const char **name, const char **pick)
{
    const struct kind *kind = find_kind(enricher, type);

    if (!kind)
        return false;
    *name = kind->config->as;
    *pick = kind->config->pick;
    return true;
}

static bool lookups_equal(const struct config_lookup *a, const struct config_lookup *b)
{
    return text_equals(a->type, b->type) && text_equals(a->as, b->as) &&
           text_equals(a->get, b->get) && text_equals(a->pick, b->pick) &&
           text_equals(secret_reveal(&a->bearer), secret_reveal(&b->bearer)) &&
           a->deadline_ms == b->deadline_ms && a->timeout_ms == b->timeout_ms;
}

bool enricher_adopt(struct enricher *enricher, const struct config *config)
{
    if (config->lookup_count != enricher->kind_count)
        return false;
    for (size_t i = 0; i < enricher->kind_count; i++)
        if (!lookups_equal(enricher->kinds[i].config, &config->lookups[i]))
            return false;
    for (size_t i = 0; i < enricher->kind_count; i++)
        enricher->kinds[i].config = &config->lookups[i];
    return true;
}

bool enricher_is_idle(const struct enricher *enricher)
{
    return !enricher->fetches;
}

const char *enricher_fault(const struct enricher *enricher)
{
    return enricher->fault;
}
