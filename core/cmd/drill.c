#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/drill_printout.h"
#include "cmd/drill_run.h"
#include "cmd/query.h"
#include "cmd/session.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "config/yaml.h"

/* What the command line asks for, and what was told so far. */
struct asked {
    const struct command *command;
    struct session session; /* with -c, --admin and --json */
    enum view_level level;
    bool is_all, is_daemon;
    const char **names; /* owned; the texts are borrowed */
    size_t name_count;
    size_t told;
    bool all_delivered;
    json_t *reports; /* for --json */
};

static const char *user_name(void)
{
    const struct passwd *user = getpwuid(geteuid());

    return user ? user->pw_name : NULL;
}

static void on_told(const json_t *report, void *arg)
{
    struct asked *asked = arg;

    asked->all_delivered &= drill_is_delivered(report);
    if (asked->session.is_json)
        json_array_append_new(asked->reports, json_deep_copy(report));
    else
        drill_printout(report, asked->told++ == 0);
}

/* An unknown name: which one may have been meant, and which there are. */
static int refuse_name(const char *name, const struct yaml *written)
{
    auto_free const char **known = mem_alloc(written->count * sizeof *known);
    auto_buf struct buf list = {0};

    for (size_t i = 0; i < written->count; i++) {
        known[i] = written->entries[i].key->text;
        buf_printf(&list, "%s%s", i ? ", " : "", known[i]);
    }
    const char *near = nearest_word(name, known, written->count);
    if (near)
        fprintf(stderr, "tocsin: unknown sink \"%s\"; did you mean \"%s\"? There are %s\n", name,
            near, buf_text(&list));
    else
        fprintf(stderr, "tocsin: unknown sink \"%s\"; there %s%s\n", name,
            list.len ? "are " : "is none", buf_text(&list));
    return EXIT_USAGE;
}

static bool is_named(const struct asked *asked, const char *name)
{
    for (size_t i = 0; i < asked->name_count; i++)
        if (strcmp(asked->names[i], name) == 0)
            return true;
    return false;
}

static void add_name(struct asked *asked, const char *name)
{
    if (is_named(asked, name))
        return;
    asked->names = mem_resize(asked->names, (asked->name_count + 1) * sizeof *asked->names);
    asked->names[asked->name_count++] = name;
}

/* The names that are meant, each once; EXIT_FINE, or why they are none. */
static int choose_names(struct asked *asked, const struct config *config)
{
    const struct yaml *written = config_sink_names(config);

    for (size_t i = 0; asked->is_all && written && i < written->count; i++)
        add_name(asked, written->entries[i].key->text);
    for (size_t i = 0; written && i < asked->name_count; i++)
        if (!yaml_get(written, asked->names[i]))
            return refuse_name(asked->names[i], written);
    if (asked->name_count > 0)
        return EXIT_FINE;
    fprintf(stderr, "tocsin: %s has no sinks\n", config->file);
    return EXIT_UNDONE;
}

/* False when one of them cannot be opened, after telling all that is wrong. */
static bool are_usable(const struct asked *asked, const struct setup *setup)
{
    for (size_t i = 0; i < asked->name_count; i++) {
        if (setup_sink(setup, asked->names[i]))
            continue;
        setup_print_problems(setup);
        fprintf(stderr,
            "tocsin: the sink %s cannot be opened by this configuration; where only the daemon has "
            "its secrets, ask the daemon: tocsin drill --daemon %s\n",
            asked->names[i], asked->names[i]);
        return false;
    }
    if (setup->problems.error_count > 0)
        fprintf(stderr,
            "tocsin: %s has %zu error%s, which %s not in the way of this drill: tocsin check\n",
            setup->config->file, setup->problems.error_count,
            setup->problems.error_count == 1 ? "" : "s",
            setup->problems.error_count == 1 ? "is" : "are");
    return true;
}

static int conclude(const struct asked *asked)
{
    if (asked->session.is_json) {
        json_dumpf(asked->reports, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    fflush(stdout);
    return asked->all_delivered ? EXIT_FINE : EXIT_NO;
}

/* Takes the setup over. */
static int run_here(struct asked *asked, struct setup *setup)
{
    const struct drill_run run = {
        .setup = setup,
        .names = asked->names,
        .name_count = asked->name_count,
        .level = asked->level,
        .by = user_name(),
        .told = on_told,
        .arg = asked,
    };
    auto_error struct error error = {0};
    bool is_lost;
    enum drill_run_end end = drill_run(&run, &is_lost, &error);
    int status = conclude(asked);

    if (end == DRILL_RUN_FAILED)
        fprintf(stderr, "tocsin: no drill can be sent: %s\n", error_text(&error));
    else if (end == DRILL_RUN_INTERRUPTED)
        fputs("tocsin: interrupted: what was under way may have arrived\n", stderr);
    if (end != DRILL_RUN_WHOLE)
        status = EXIT_UNDONE;
    if (is_lost)
        _exit(status); /* what the lost threads use, exit handlers would take away */
    return status;
}

static int drill_here(struct asked *asked)
{
    struct setup setup;

    setup_load_sinks(&setup, arguments_config(asked->session.file));
    if (!setup.config) {
        setup_print_problems(&setup);
        setup_finish(&setup);
        return EXIT_UNDONE;
    }
    int status = choose_names(asked, setup.config);
    if (status == EXIT_UNDONE)
        setup_print_problems(&setup);
    if (status == EXIT_FINE && !are_usable(asked, &setup))
        status = EXIT_UNDONE;
    if (status == EXIT_FINE)
        return run_here(asked, &setup);
    setup_finish(&setup);
    return status;
}

/* One after the other: the daemon answers when the outcome is there. */
static int ask_daemon(struct asked *asked, const char *name)
{
    const char *by = user_name();
    auto_buf struct buf path = {0};
    auto_json json_t *body = json_pack("{s:s,s:s*}", "level", level_name(asked->level), "by", by);
    auto_json json_t *answer = NULL;

    buf_puts(&path, "/api/v1/sinks/");
    query_segment(&path, name);
    buf_puts(&path, "/drill");
    int status = session_post(&asked->session, buf_text(&path), body, &answer);
    if (status == EXIT_FINE)
        on_told(answer, asked);
    if (status == EXIT_NO)
        return asked->session.http_status == 404 ? EXIT_USAGE : EXIT_UNDONE;
    return status;
}

static int ask_daemon_for_all(struct asked *asked)
{
    int status = EXIT_FINE;

    for (size_t i = 0; i < asked->name_count && status == EXIT_FINE; i++)
        status = ask_daemon(asked, asked->names[i]);
    int answer = conclude(asked);
    return status == EXIT_FINE ? answer : status;
}

/* Which sinks there are is for the daemon to say; what --all means is read from the file. */
static int drill_by_daemon(struct asked *asked)
{
    struct session *session = &asked->session;
    int status = session_open(session);

    if (status == EXIT_FINE && asked->is_all && !session->config) {
        fputs("tocsin: --all needs a configuration that can be read\n", stderr);
        status = EXIT_UNDONE;
    }
    if (status == EXIT_FINE && asked->is_all)
        status = choose_names(asked, session->config);
    if (status == EXIT_FINE)
        status = ask_daemon_for_all(asked);
    session_close(session);
    return status;
}

static bool read_level(struct asked *asked, const char *name)
{
    static const char *const levels[] = {"info", "low", "medium", "high", "urgent"};

    if (!name || level_parse(name, &asked->level))
        return true;
    const char *near = nearest_word(name, levels, sizeof levels / sizeof *levels);
    if (near)
        command_usage(asked->command, "unknown level \"%s\"; did you mean \"%s\"?", name, near);
    else
        command_usage(asked->command,
            "unknown level \"%s\"; there are info, low, medium, high, urgent", name);
    return false;
}

/* False after telling what is wrong. */
static bool read_arguments(struct asked *asked, int argc, char **argv)
{
    const char *level = NULL;
    auto_free const char **rest = mem_alloc(((size_t)argc + 1) * sizeof *rest);
    const struct argument options[] = {SESSION_ARGUMENTS(&asked->session),
        {"--level", &level, NULL}, {"--all", NULL, &asked->is_all},
        {"--daemon", NULL, &asked->is_daemon}};
    int count = arguments_read(
        asked->command, argc, argv, options, sizeof options / sizeof *options, rest, argc);

    if (count < 0 || !read_level(asked, level))
        return false;
    if (asked->is_all == (count > 0)) {
        command_usage(asked->command,
            asked->is_all ? "name sinks, or say --all, not both" : "name a sink, or say --all");
        return false;
    }
    for (int i = 0; i < count; i++)
        add_name(asked, rest[i]);
    return true;
}

int cmd_drill(const struct command *command, int argc, char **argv)
{
    struct asked asked = {
        .command = command, .level = LEVEL_URGENT, .all_delivered = true, .reports = json_array()};
    int status = EXIT_USAGE;

    if (read_arguments(&asked, argc, argv))
        status =
            asked.is_daemon || asked.session.admin ? drill_by_daemon(&asked) : drill_here(&asked);
    json_decref(asked.reports);
    free(asked.names);
    return status;
}
