#include "cmd/asked.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/daemon.h"
#include "cmd/errand.h"
#include "cmd/explanation.h"
#include "cmd/object.h"
#include "cmd/posted.h"
#include "cmd/recorded.h"
#include "cmd/rehearsal.h"
#include "config/config.h"
#include "config/yaml.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/story.h"

enum {
    what_if_ms = 60000,
    longest_complaint = 4000,
};

static struct story *make_story(
    const struct config *config, const struct admin_explain *explain, struct error *error)
{
    auto_buf struct buf bytes = {0};

    if (explain->record)
        return recorded_story(explain->record, config, error);
    buf_append(&bytes, explain->event, explain->event_len);
    return posted_story(&bytes, "this", config, explain->hook, clock_wall_ms(), error);
}

static bool attach_object(struct story *story, const struct config *config,
    const struct admin_explain *explain, struct error *error)
{
    const char *type = story->event->type;
    struct looked_up *object = NULL;

    if (explain->not_enriched)
        object = object_failed(config, type, "as asked for");
    else if (explain->object)
        object = object_given(config, type, explain->object, explain->object_len, error);
    else
        return true;
    if (!object)
        return error_wrap(error, "the object");
    looked_up_release(story->looked_up);
    story->looked_up = object;
    return true;
}

json_t *asked_explain(void *arg, const struct admin_explain *explain, struct error *error)
{
    const struct daemon *daemon = arg;
    const struct setup *setup = &daemon->setup;
    struct story *story = make_story(setup->config, explain, error);
    struct rehearsal rehearsal;

    if (!story)
        return NULL;
    if (!attach_object(story, setup->config, explain, error)) {
        story_release(story);
        return NULL;
    }
    rehearsal_init(&rehearsal, setup, story);
    json_t *explanation = explanation_json(&rehearsal, setup);
    bool is_as_then = explain->record && !explain->object && !explain->not_enriched;
    json_object_set_new(explanation, "recorded",
        is_as_then ? recorded_compare(explain->record, &rehearsal) : json_null());
    rehearsal_finish(&rehearsal);
    return explanation;
}

/* A what-if that is under way. */
struct comparing {
    struct daemon *daemon;
    struct errand *errand;
    admin_compared done;
    void *done_arg;
};

/* What it complains of; what it warns of would have been there before. The caller frees it. */
static char *complaint(const char *text)
{
    struct buf words = {0};

    while (*text && words.len < longest_complaint) {
        size_t len = strcspn(text, "\n");
        auto_free char *line = text_copy_n(text, len);
        if (len > 0 && !strstr(line, ": warning: "))
            buf_printf(&words, "%s%s", words.len ? "\n" : "", line);
        text += len + (text[len] == '\n');
    }
    return buf_take(&words);
}

static void tell_refusal(const struct comparing *comparing, const struct errand_end *end)
{
    auto_free char *words = complaint(end->error);

    if (end->status < 0)
        comparing->done(NULL, "this took over a minute and was ended: ask for a shorter time",
            comparing->done_arg);
    else
        comparing->done(NULL, *words ? words : "tocsin what-if says nothing", comparing->done_arg);
}

static void on_compared(const struct errand_end *end, void *arg)
{
    struct comparing *comparing = arg;
    bool is_answered = end->status == EXIT_FINE || end->status == EXIT_NO;
    auto_json json_t *report = is_answered ? json_loads(end->out, 0, NULL) : NULL;

    comparing->daemon->comparing = NULL;
    if (report)
        comparing->done(report, NULL, comparing->done_arg);
    else
        tell_refusal(comparing, end);
    free(comparing);
}

/* Where relative names in the rules begin. */
static char *folder_of_rules(const struct config *config)
{
    const char *file = config->rules_count > 0 ? config->rules[0] : config->file;
    const char *slash = strrchr(file, '/');

    return slash ? text_copy_n(file, (size_t)(slash - file) + 1) : text_copy(".");
}

bool asked_what_if(void *arg, const struct admin_what_if *what_if, struct error *error)
{
    struct daemon *daemon = arg;
    const struct config *config = daemon->setup.config;
    auto_free char *file = realpath(config->file, NULL);
    auto_free char *folder = folder_of_rules(config);
    const char *const words[] = {"what-if", "-c", file ? file : config->file, "--json", "--rules",
        "-", "--since", what_if->since, "--limit", "100", NULL};
    const struct errand_order order = {.words = words,
        .folder = folder,
        .input = what_if->rules,
        .input_len = strlen(what_if->rules),
        .timeout_ms = what_if_ms};

    if (daemon->comparing)
        return error_set(error, "another what-if is under way: try again when it has ended");
    struct comparing *comparing = mem_alloc(sizeof *comparing);
    *comparing = (struct comparing){daemon, NULL, what_if->done, what_if->done_arg};
    comparing->errand = errand_start(daemon->base, &order, on_compared, comparing, error);
    if (!comparing->errand) {
        free(comparing);
        return false;
    }
    daemon->comparing = comparing;
    return true;
}

void comparing_destroy(struct comparing *comparing)
{
    if (!comparing)
        return;
    errand_destroy(comparing->errand);
    comparing->done(NULL, NULL, comparing->done_arg);
    free(comparing);
}
