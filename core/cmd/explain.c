#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/input.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/line.h"
#include "event/view.h"
#include "flow/story.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "rule/ruleset.h"

static struct story *read_story(const char *path, struct error *error)
{
    auto_buf struct buf body = {0};

    if (!input_read(path, &body, error))
        return NULL;
    struct event *event = event_parse(buf_text(&body), body.len, error);
    if (!event) {
        error_wrap(error, "%s is no event", path);
        return NULL;
    }
    return story_create(event, "explain", buf_text(&body), body.len, clock_wall_ms());
}

/* Attaches the object of --with, or a failed look-up of --not-enriched. */
static bool attach_object(struct story *story, const struct setup *setup, const char *path,
    bool is_failed, struct error *error)
{
    static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};
    struct problems problems = {0};
    auto_buf struct buf bytes = {0};
    const char *name = story->event->type, *pick = NULL;

    if (!path && !is_failed)
        return true;
    if (path && !input_read(path, &bytes, error))
        return false;
    struct enricher *enricher = enricher_create(setup->config, NULL, NULL, &silent, &problems);
    if (enricher)
        enricher_names(enricher, story->event->type, &name, &pick);
    story->looked_up = looked_up_create(name, path ? "found" : "as asked for: --not-enriched",
        path ? buf_text(&bytes) : NULL, bytes.len, pick);
    enricher_destroy(enricher);
    problems_finish(&problems);
    if (!path || story->looked_up->object)
        return true;
    return error_set(error, "%s: %s", path, story->looked_up->status);
}

static void print_trace(const struct rule_trace *trace)
{
    static const char *const verdicts[] = {"no     ", "matched", "unknown"};

    printf("%s  %s:%zu  %s\n", verdicts[trace->verdict], trace->file, trace->line, trace->rule);
    if (trace->because)
        printf("         %s:%zu: %s\n", trace->file, trace->because_line, trace->because);
    if (trace->verdict == VERDICT_UNKNOWN)
        printf("         %s\n", trace->sends
                                    ? "the look-up failed, so it sends rather than stays silent"
                                    : "the look-up failed, and if_not_enriched is skip");
    if (trace->stops)
        printf("         stop: no rule after this one is tried\n");
}

static void print_messages(
    struct story *story, const struct decision *decision, const struct phrasebook *phrases)
{
    static const char *const levels[] = {"info", "low", "medium", "high", "urgent"};

    for (size_t i = 0; i < decision->target_count; i++) {
        const struct rule_target *target = &decision->targets[i];
        view_set_rule(story->view, target->rule);
        const struct message_order order = {
            .rule = target->rule,
            .phrases = phrasebook_find(phrases, target->rule, target->sink),
            .now_ms = clock_wall_ms(),
        };
        struct message *message = message_create(story->view, &order);
        printf("\n-> %s (by \"%s\")\n   [%s] %s\n", target->sink, target->rule,
            levels[message->level], message->title);
        if (*message->text_plain)
            printf("   %s\n", message->text_plain);
        for (size_t fact = 0; fact < message->facts->count; fact++)
            printf("   %s: %s\n", message->facts->items[fact].label,
                message->facts->items[fact].value);
        if (message->link)
            printf("   %s\n", message->link);
        message_destroy(message);
    }
    if (decision->target_count == 0)
        printf("\n-> nobody: %s\n",
            decision->matched ? "a rule says so" : "no rule matched, and `unmatched` is empty");
}

static void explain(struct story *story, const struct setup *setup)
{
    struct decision decision = {0};

    story_see(story, setup->config);
    auto_buf struct buf heading = {0};
    one_line_append(&heading, story->event->type, strlen(story->event->type));
    buf_putc(&heading, ' ');
    one_line_append(&heading, story->event->action, strlen(story->event->action));
    printf("%s\n\n", buf_text(&heading));
    ruleset_decide(setup->rules, story->view, story->at_ms, TRACE_ALL, &decision);
    for (size_t i = 0; i < decision.trace_count; i++)
        print_trace(&decision.traces[i]);
    print_messages(story, &decision, setup->phrases);
    decision_finish(&decision);
}

int cmd_explain(const struct command *command, int argc, char **argv)
{
    const char *given = NULL, *with = NULL, *event = NULL;
    bool is_failed = false;
    const struct argument options[] = {
        {"-c", &given, NULL}, {"--with", &with, NULL}, {"--not-enriched", NULL, &is_failed}};
    auto_error struct error error = {0};
    struct setup setup;

    int count = arguments_read(command, argc, argv, options, 3, &event, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "name a file with an event, or - for standard input");
    bool ok = setup_load(&setup, arguments_config(given));
    if (!ok)
        setup_print_problems(&setup);
    struct story *story = ok ? read_story(event, &error) : NULL;
    bool is_ready = story && attach_object(story, &setup, with, is_failed, &error);
    if (is_ready)
        explain(story, &setup);
    else if (ok)
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
    story_release(story);
    setup_finish(&setup);
    return is_ready ? EXIT_FINE : EXIT_UNDONE;
}
