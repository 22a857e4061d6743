#include "flow/story.h"

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/document.h"
#include "event/event.h"
#include "event/view.h"
#include "flow/decide.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "sink/attempt.h"
#include "sink/plugin.h"
#include "sink/sink.h"
#include "store/journal.h"

struct story *story_create(
    struct event *event, const char *hook, const void *body, size_t body_len, int64_t at_ms)
{
    struct story *story = mem_alloc(sizeof *story);

    story->references = 1;
    story->event = event;
    story->hook = text_copy(hook);
    story->id = text_copy("");
    story->body = text_copy_n(body, body_len);
    story->body_len = body_len;
    story->at_ms = at_ms;
    return story;
}

static struct looked_up *load_object(
    const struct store_loaded *loaded, const struct enricher *enricher)
{
    const char *name = NULL, *pick = NULL;

    if (loaded->object_count == 0)
        return NULL;
    const struct store_loaded_object *object = &loaded->objects[0];
    enricher_names(enricher, loaded->type, &name, &pick);
    return looked_up_create(object->name, object->status, object->bytes, object->len, pick);
}

void story_take_objects(
    struct story *story, const struct store_loaded *loaded, const struct enricher *enricher)
{
    assert(!story->looked_up);
    story->looked_up = load_object(loaded, enricher);
}

struct story *story_load(
    const struct store_loaded *loaded, const struct enricher *enricher, struct error *error)
{
    struct event *event = event_parse(loaded->body, loaded->body_len, error);

    if (!event)
        return NULL;
    struct story *story =
        story_create(event, loaded->hook, loaded->body, loaded->body_len, loaded->at_ms);
    story_take_objects(story, loaded, enricher);
    return story;
}

struct story *story_keep(struct story *story)
{
    story->references++;
    return story;
}

void story_release(struct story *story)
{
    if (!story)
        return;
    assert(story->references > 0);
    if (--story->references > 0)
        return;
    view_destroy(story->view);
    looked_up_release(story->looked_up);
    event_destroy(story->event);
    free(story->body);
    free(story->hook);
    free(story->id);
    free(story);
}

void story_set_number(struct story *story, const char *ledger_id, int64_t number)
{
    free(story->id);
    story->number = number;
    story->id = text_format("%s-e%lld", ledger_id, (long long)number);
}

void story_see(struct story *story, const struct config *config)
{
    const struct looked_up *looked_up = story->looked_up;
    const struct enrichment enrichment = {
        .name = looked_up ? looked_up->name : NULL,
        .object = looked_up ? looked_up->object : NULL,
    };
    const struct view_context context = {
        .event_id = story->id,
        .hook = story->hook,
        .app_url = config->app_url,
        .accepted_ms = story->at_ms,
        .levels = {config->levels.urgent, config->levels.high, config->levels.medium,
            config->levels.low},
    };

    if (!story->view)
        story->view = view_create(story->event, &enrichment, looked_up ? 1 : 0, &context);
}

struct message *story_word(struct story *story, const struct phrasebook *phrases, const char *rule,
    const struct sink *sink, int64_t now_ms)
{
    bool has_words = phrases && *rule && !story_is_alarm(story);
    const struct message_order order = {
        .flavour = (enum flavour)sink->plugin->descriptor.flavour,
        .rule = rule,
        .phrases = has_words ? phrasebook_find(phrases, rule, sink->name) : NULL,
        .now_ms = now_ms,
    };

    view_set_rule(story->view, rule);
    return message_create(story->view, &order);
}

static void release(void *source)
{
    story_release(source);
}

struct dispatch story_dispatch(struct story *story, const struct phrasebook *phrases,
    const char *rule, const struct sink *sink)
{
    return (struct dispatch){
        .event = text_copy(story->id),
        .rule = text_copy(rule),
        .type = text_copy(story->event->type),
        .action = text_copy(story->event->action),
        .hook = text_copy(story->hook),
        .thread = text_copy(story->event->thread),
        .marks = story->view->not_enriched ? TOCSIN_NOT_ENRICHED : 0u,
        .time_ms = story->view->time_ms,
        .message = story_word(story, phrases, rule, sink, clock_wall_ms()),
        .make_event_json = story_json,
        .release = release,
        .source = story_keep(story),
    };
}

/* Made from the bytes and not from the parsed trees, whose reference counts are the loop's. */
char *story_json(const void *source)
{
    const struct story *story = source;
    const struct looked_up *looked_up = story->looked_up;
    json_t *body = document_parse(story->body, story->body_len, NULL);
    json_t *objects = json_object();

    if (looked_up && looked_up->bytes)
        json_object_set_new(
            objects, looked_up->name, document_parse(looked_up->bytes, looked_up->len, NULL));
    return event_export(story->event, story->id, story->hook, body, objects);
}
