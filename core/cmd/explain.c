/* Why an event goes where it goes, without sending anything. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/explanation.h"
#include "cmd/input.h"
#include "cmd/object.h"
#include "cmd/posted.h"
#include "cmd/query.h"
#include "cmd/recorded.h"
#include "cmd/rehearsal.h"
#include "cmd/session.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/story.h"
#include "rule/cases.h"

struct explaining {
    struct session session; /* its options; open only where the ledger is asked */
    struct setup setup;
    const char *event; /* a file, "-" or an id */
    const char *with, *hook;
    bool is_failed, looks_up;
    json_t *record; /* what the ledger has of it; NULL for a file */
    struct story *story;
};

/* "3f9a1c-e17", or a bare number; a file of that name goes first. */
static bool is_id(const char *text)
{
    size_t hex = strspn(text, "0123456789abcdef");
    const char *number = text;

    if (hex > 0 && text[hex] == '-' && isalpha((unsigned char)text[hex + 1]))
        number = text + hex + 2;
    size_t digits = strspn(number, "0123456789");
    return digits > 0 && number[digits] == '\0' && access(text, F_OK) != 0;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "tocsin: %s\n", error_text(error));
    return EXIT_UNDONE;
}

static int read_record(struct explaining *explaining)
{
    auto_buf struct buf uri = {0};

    int status = session_open(&explaining->session);
    if (status != EXIT_FINE)
        return status;
    buf_puts(&uri, "/api/v1/events/");
    query_segment(&uri, explaining->event);
    status = session_get(&explaining->session, buf_text(&uri), &explaining->record);
    return status == EXIT_NO ? EXIT_UNDONE : status;
}

static int read_event(struct explaining *explaining, struct error *error)
{
    const struct config *config = explaining->setup.config;
    auto_buf struct buf bytes = {0};
    int status;

    if (is_id(explaining->event)) {
        status = read_record(explaining);
        if (status != EXIT_FINE)
            return status;
        explaining->story = recorded_story(explaining->record, config, error);
    } else if (input_read(explaining->event, &bytes, error)) {
        explaining->story = posted_story(
            &bytes, explaining->event, config, explaining->hook, clock_wall_ms(), error);
    }
    return explaining->story ? EXIT_FINE : failed(error);
}

static bool attach(struct story *story, struct looked_up *object)
{
    looked_up_release(story->looked_up);
    story->looked_up = object;
    return true;
}

static bool attach_given(struct explaining *explaining, struct error *error)
{
    struct story *story = explaining->story;
    auto_buf struct buf bytes = {0};

    if (!input_read(explaining->with, &bytes, error))
        return false;
    struct looked_up *object = object_given(
        explaining->setup.config, story->event->type, buf_text(&bytes), bytes.len, error);
    return object ? attach(story, object) : error_wrap(error, "%s", explaining->with);
}

static bool attach_looked_up(struct explaining *explaining, struct error *error)
{
    struct story *story = explaining->story;
    struct looked_up *object = object_look_up(explaining->setup.config, story->event, error);

    if (!object && error->text)
        return false;
    if (!object)
        fprintf(stderr, "tocsin: events like this one are not looked up\n");
    return object ? attach(story, object) : true;
}

/* What stands in the place of the look-up. */
static bool attach_object(struct explaining *explaining, struct error *error)
{
    const struct config *config = explaining->setup.config;
    struct story *story = explaining->story;
    const char *type = story->event->type, *pick, *name = case_object_name(config, type, &pick);

    if (explaining->with)
        return attach_given(explaining, error);
    if (explaining->looks_up)
        return attach_looked_up(explaining, error);
    if (explaining->is_failed)
        return attach(story, object_failed(config, type, "as asked for: --not-enriched"));
    if (name && !explaining->record && !event_is_deleted(story->event))
        fprintf(stderr,
            "tocsin: the %s behind it is not looked up, so its data is absent: --enrich looks it "
            "up now, --with FILE supplies it, --not-enriched is a look-up in vain\n",
            name);
    return true;
}

static void tell(struct explaining *explaining)
{
    const struct setup *setup = &explaining->setup;
    bool is_changed = explaining->with || explaining->looks_up || explaining->is_failed;
    struct rehearsal rehearsal;
    auto_json json_t *comparison = NULL;

    rehearsal_init(&rehearsal, setup, explaining->story);
    explaining->story = NULL;
    auto_json json_t *explanation = explanation_json(&rehearsal, setup);
    if (explaining->record && !is_changed)
        comparison = recorded_compare(explaining->record, &rehearsal);
    json_object_set(explanation, "recorded", comparison ? comparison : json_null());
    if (explaining->session.is_json) {
        session_print(explanation);
    } else {
        explanation_print(explanation);
        if (comparison)
            recorded_print(comparison);
    }
    rehearsal_finish(&rehearsal);
}

static int explain(struct explaining *explaining)
{
    auto_error struct error error = {0};

    if (!setup_load(&explaining->setup, arguments_config(explaining->session.file))) {
        setup_print_problems(&explaining->setup);
        return EXIT_UNDONE;
    }
    int status = read_event(explaining, &error);
    if (status != EXIT_FINE)
        return status;
    if (!attach_object(explaining, &error))
        return failed(&error);
    tell(explaining);
    return EXIT_FINE;
}

int cmd_explain(const struct command *command, int argc, char **argv)
{
    struct explaining explaining = {0};
    const struct argument options[] = {SESSION_ARGUMENTS(&explaining.session),
        {"--with", &explaining.with, NULL}, {"--hook", &explaining.hook, NULL},
        {"--enrich", NULL, &explaining.looks_up}, {"--not-enriched", NULL, &explaining.is_failed}};

    int count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, &explaining.event, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(
            command, "name a file with an event, - for standard input, or an event's id");
    if ((explaining.with != NULL) + explaining.looks_up + explaining.is_failed > 1)
        return command_usage(command, "--with, --enrich and --not-enriched exclude each other");
    if (explaining.hook && is_id(explaining.event))
        return command_usage(
            command, "--hook is for files: an event of the ledger came by a hook already");
    int status = explain(&explaining);
    story_release(explaining.story);
    json_decref(explaining.record);
    setup_finish(&explaining.setup);
    session_close(&explaining.session);
    return status;
}
