#include "cmd/case_story.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "cmd/input.h"
#include "cmd/object.h"
#include "cmd/posted.h"
#include "config/problems.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/story.h"
#include "rule/cases.h"

static struct story *read_event(const struct rule_case *test, const struct config *config,
    int64_t now_ms, struct problems *problems)
{
    const char *path = test->event_file.path;
    int64_t at_ms = test->at_ms ? test->at_ms : now_ms;
    auto_error struct error error = {0};
    auto_buf struct buf bytes = {0};
    struct story *story = NULL;

    auto_free char *written = test->event ? json_dumps(test->event, JSON_COMPACT) : NULL;
    if (written)
        buf_puts(&bytes, written);
    if (written || input_read(path, &bytes, &error))
        story =
            posted_story(&bytes, written ? "the event" : path, config, test->hook, at_ms, &error);
    if (!story)
        problem_add(
            problems, path ? test->event_file.place : test->event_place, "%s", error_text(&error));
    return story;
}

static struct looked_up *read_object_file(const struct rule_case *test, const struct config *config,
    const char *type, struct problems *problems)
{
    const struct case_file *file = &test->object_file;
    auto_error struct error error = {0};
    auto_buf struct buf bytes = {0};

    if (input_read(file->path, &bytes, &error)) {
        struct looked_up *object = object_given(config, type, buf_text(&bytes), bytes.len, &error);
        if (object)
            return object;
        error_wrap(&error, "%s", file->path);
    }
    problem_add(problems, file->place, "%s", error_text(&error));
    return NULL;
}

static struct looked_up *written_object(
    const struct rule_case *test, const struct config *config, const char *type)
{
    const char *pick, *name = case_object_name(config, type, &pick);
    auto_free char *bytes = json_dumps(test->object, JSON_COMPACT);

    return looked_up_create(name, "found", bytes, strlen(bytes), NULL);
}

struct story *case_story(const struct rule_case *test, const struct config *config, int64_t now_ms,
    struct problems *problems)
{
    struct story *story = read_event(test, config, now_ms, problems);

    if (!story)
        return NULL;
    const char *type = story->event->type;
    if (test->object_file.path) {
        story->looked_up = read_object_file(test, config, type, problems);
        if (!story->looked_up) {
            story_release(story);
            return NULL;
        }
    } else if (test->object) {
        story->looked_up = written_object(test, config, type);
    }
    if (test->is_failed) {
        looked_up_release(story->looked_up);
        story->looked_up = object_failed(config, type, "as the test has it: enriched: false");
    }
    return story;
}

void case_stories_check(
    const struct cases *cases, const struct config *config, struct problems *problems)
{
    for (size_t i = 0; i < cases->count; i++)
        if (cases->items[i].event || cases->items[i].event_file.path)
            story_release(case_story(&cases->items[i], config, 0, problems));
}
