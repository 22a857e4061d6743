#include "flow/drill.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <tocsin/sink.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/drill_report.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "message/message.h"
#include "sink/attempt.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    longest_word = 64,
    host_name_size = 256,
};

struct drill {
    TAILQ_ENTRY(drill) link; /* while it waits */
    struct story *story;
    struct drill_report report;
    char *link_url; /* where its reader is led; NULL */
    char *id;       /* what a ledger's own id is to other deliveries */
    drill_done done;
    void *arg;
    bool is_probe;
    bool is_over; /* done was called */
};

/* A name as far as nobody can take it for anything else. */
static char *plain_word(const char *name)
{
    struct buf word = {0};

    for (; *name && word.len < longest_word; name++)
        if (isalnum((unsigned char)*name) || strchr(".-_@", *name))
            buf_putc(&word, *name);
    return buf_take(&word);
}

static char *host_name(void)
{
    char name[host_name_size] = "";

    if (gethostname(name, sizeof name - 1) < 0)
        name[0] = '\0';
    char *word = plain_word(name);
    if (*word)
        return word;
    free(word);
    return text_copy("an unnamed host");
}

/* Far ends know messages again by their ids: no two drills may have the same. */
static char *random_id(void)
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        mem_exhausted();
    return text_format("%016llx", (unsigned long long)random);
}

/* The event that it tells of, in the shape of tocsin's own alarms. */
static json_t *make_document(const struct sink *sink, const struct drill_order *order)
{
    char now[TIMESTAMP_SIZE], human[TIMESTAMP_SIZE];
    int64_t now_ms = clock_wall_ms();
    auto_free char *host = host_name(), *by = plain_word(order->by ? order->by : "");

    timestamp_format_human(now_ms, human);
    auto_free char *title = text_format("Drill: a test of the sink %s", sink->name);
    auto_free char *text = text_format(
        "This is a drill: nothing has happened, and nobody needs to do anything. %s sent it from "
        "%s at %s, by tocsin drill, to see whether the sink %s works and how its messages look.",
        *by ? by : "An operator", host, human, sink->name);

    timestamp_format(now_ms, now);
    return json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s,s:s,s:s,s:s},s:{s:s}}", "type", "tocsin",
        "action", "drill", "attributes", "title", title, "text", text, "level",
        level_name(order->level), "sink", sink->name, "plugin", sink->plugin->descriptor.name,
        "host", host, "sent by", *by ? by : "an operator", "metadata", "created_at", now);
}

static struct story *make_story(
    const struct sink *sink, const struct drill_order *order, const char *id)
{
    auto_json json_t *document = make_document(sink, order);
    auto_free char *body = json_dumps(document, JSON_COMPACT);
    struct event *event = event_parse(body, strlen(body), NULL);
    struct story *story = story_create(event, ALARM_HOOK, body, strlen(body), clock_wall_ms());

    story_set_number(story, id, 1);
    story_see(story, order->config);
    return story;
}

struct drill *drill_create(
    const struct sink *sink, const struct drill_order *order, drill_done done, void *arg)
{
    struct drill *drill = mem_alloc(sizeof *drill);

    drill->id = random_id();
    drill->story = make_story(sink, order, drill->id);
    drill->link_url = text_copy(order->config->app_url);
    drill->is_probe = order->is_probe;
    drill->done = done;
    drill->arg = arg;
    return drill;
}

static void drill_destroy(struct drill *drill)
{
    drill_report_finish(&drill->report);
    story_release(drill->story);
    free(drill->link_url);
    free(drill->id);
    free(drill);
}

void drill_refuse(struct drill *drill, const char *refusal)
{
    drill->done(NULL, refusal, drill->arg);
    drill_destroy(drill);
}

static void on_asked(const struct http_request *request, void *arg)
{
    struct drill *drill = arg;

    drill_report_request(&drill->report, request);
}

static void on_answered(const struct http_answer *answer, void *arg)
{
    struct drill *drill = arg;

    drill_report_answer(&drill->report, answer);
}

static void on_attempted(const struct attempt_result *result, void *arg)
{
    struct drill *drill = arg;

    drill->is_over = true;
    drill_report_outcome(&drill->report, result);
    drill->done(drill->report.root, NULL, drill->arg);
}

/* From any thread. */
static char *event_json(const void *source)
{
    return story_json(((const struct drill *)source)->story);
}

/* The attempt is over, or was dropped. One whose thread is lost never comes here: the thread may
 * use the drill for as long as it likes. */
static void on_released(void *source)
{
    struct drill *drill = source;

    if (!drill->is_over)
        drill->done(NULL, NULL, drill->arg);
    drill_destroy(drill);
}

static struct dispatch make_dispatch(struct drill *drill, const struct sink *sink)
{
    static const struct attempt_witness witness = {on_asked, on_answered};
    struct dispatch dispatch = story_dispatch(drill->story, NULL, "drill", sink);

    story_release(dispatch.source); /* the drill has it already */
    dispatch.make_event_json = event_json;
    dispatch.release = on_released;
    dispatch.source = drill;
    dispatch.delivery = text_format("%s-d1", drill->id);
    dispatch.attempt = 1;
    dispatch.is_drill = true;
    dispatch.is_probe = drill->is_probe;
    dispatch.witness = &witness;
    if (!dispatch.message->link)
        dispatch.message->link = TAKE(drill->link_url);
    return dispatch;
}

void drill_begin(struct drill *drill, struct sink *sink)
{
    const struct dispatch dispatch = make_dispatch(drill, sink);

    drill_report_begin(&drill->report, sink, &dispatch);
    sink_attempt(sink, &dispatch, on_attempted, drill);
}

void drills_add(struct drills *drills, struct drill *drill)
{
    TAILQ_INSERT_TAIL(drills, drill, link);
}

static struct drill *drills_take(struct drills *drills)
{
    struct drill *drill = TAILQ_FIRST(drills);

    if (drill)
        TAILQ_REMOVE(drills, drill, link);
    return drill;
}

void drills_begin(struct drills *drills, struct sink *sink)
{
    while (!TAILQ_EMPTY(drills) && (sink_places(sink) > 0 || sink_is_lost(sink)))
        drill_begin(drills_take(drills), sink);
}

void drills_refuse(struct drills *drills, const char *refusal)
{
    while (!TAILQ_EMPTY(drills))
        drill_refuse(drills_take(drills), refusal);
}
