/* Recorded events before other rules: who would have heard more, less, or otherwise. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/moment.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/comparison.h"
#include "cmd/input.h"
#include "cmd/listing.h"
#include "cmd/printout.h"
#include "cmd/progress.h"
#include "cmd/session.h"
#include "cmd/setup.h"
#include "cmd/share.h"
#include "config/config.h"
#include "config/partial_folder.h"
#include "config/yaml.h"
#include "store/archive.h"
#include "store/sqlite.h"

enum {
    most_rule_files = 64,
    shown_unless_told = 20,
    day_ms = 24 * 3600 * 1000,
    most_shares = 2,
    small_ledger = 1000, /* events for which a second thread is not worth its start */
};

struct what_if {
    const char *given, *files[most_rule_files], *since, *until, *limit_text;
    size_t file_count, limit;
    bool is_json;
    int64_t since_ms, until_ms;
    struct setup setup;
    struct yaml *documents[most_rule_files]; /* of the new rules */
    struct question question;
    struct share *shares[most_shares];
    struct comparison *comparison; /* of all shares: the first one's, in the end */
    int64_t not_routed, unreadable;
    struct progress progress;
};

static int undone(const char *reason)
{
    fprintf(stderr, "tocsin: %s\n", reason);
    return EXIT_UNDONE;
}

/* "-" is standard input. */
static struct yaml *load_rules(const char *file, struct problems *problems)
{
    auto_buf struct buf text = {0};
    auto_error struct error error = {0};

    if (strcmp(file, "-") != 0)
        return yaml_load_file(file, problems);
    if (input_read(file, &text, &error))
        return yaml_load_text("the new rules", buf_text(&text), text.len, problems);
    problem_add(problems, (struct place){.file = "the new rules"}, "%s", error_text(&error));
    return NULL;
}

static bool load(struct what_if *what_if)
{
    struct setup *setup = &what_if->setup;

    bool ok = setup_load(setup, arguments_config(what_if->given));
    for (size_t i = 0; i < what_if->file_count; i++) {
        what_if->documents[i] = load_rules(what_if->files[i], &setup->problems);
        if (what_if->documents[i])
            partial_folder_read(what_if->documents[i], &setup->problems);
    }
    what_if->question = (struct question){
        .setup = setup,
        .before = {(const struct yaml *const *)setup->rule_documents, setup->rule_document_count},
        .after = {(const struct yaml *const *)what_if->documents, what_if->file_count},
        .since_ms = what_if->since_ms,
        .until_ms = what_if->until_ms,
        .most_shown = what_if->limit,
    };
    return ok && setup->problems.error_count == 0;
}

static int print_problems(struct what_if *what_if)
{
    problems_sort(&what_if->setup.problems);
    setup_print_problems(&what_if->setup);
    return EXIT_UNDONE;
}

/* A second thread where there is a second processor; the daemon has to live beside them. */
static size_t count_shares(const struct span *span)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors > 1 && span->last - span->first > small_ledger ? most_shares : 1;
}

/* NULL where there is no ledger to be read. */
static bool create_shares(struct what_if *what_if, struct error *error)
{
    struct question *question = &what_if->question;
    struct archive *archive = sqlite_archive_open(question->setup->config->ledger_path, error);

    if (!archive)
        return false;
    bool ok = span_read(archive, &question->span, error);
    archive->ops->close(archive);
    question->shares = count_shares(&question->span);
    for (size_t i = 0; ok && i < question->shares; i++) {
        what_if->shares[i] = share_create(question, i, &what_if->setup.problems, error);
        ok = what_if->shares[i] != NULL;
    }
    return ok;
}

static void on_progress(double part, void *arg)
{
    struct what_if *what_if = arg;

    progress_note_part(&what_if->progress, part);
}

/* The first share on this thread, the others beside it. */
static bool run_shares(struct what_if *what_if, struct error *error)
{
    progress_begin(&what_if->progress, "events compared");
    for (size_t i = 1; i < what_if->question.shares; i++)
        share_start(what_if->shares[i]);
    bool ok = share_run(what_if->shares[0], on_progress, what_if, error);
    for (size_t i = 1; i < what_if->question.shares; i++)
        ok = share_join(what_if->shares[i], error) && ok;
    progress_clear(&what_if->progress);
    return ok;
}

static void gather(struct what_if *what_if)
{
    what_if->comparison = share_comparison(what_if->shares[0]);
    for (size_t i = 0; i < what_if->question.shares; i++) {
        struct share *share = what_if->shares[i];
        if (i > 0)
            comparison_merge(what_if->comparison, share_comparison(share));
        what_if->not_routed += share_not_routed(share);
        what_if->unreadable += share_unreadable(share);
    }
}

static json_t *moment_json(int64_t ms)
{
    char text[TIMESTAMP_SIZE];

    timestamp_format(ms, text);
    return json_string(text);
}

static json_t *report(struct what_if *what_if)
{
    struct comparison *comparison = what_if->comparison;

    return json_pack("{s:o,s:o,s:I,s:I,s:I,s:I,s:o,s:O,s:b}", "since",
        moment_json(what_if->since_ms), "until", moment_json(what_if->until_ms), "events",
        (json_int_t)comparison->events, "not_routed", (json_int_t)what_if->not_routed, "unreadable",
        (json_int_t)what_if->unreadable, "differing", (json_int_t)comparison->differing, "counts",
        comparison_counts(comparison), "shown", comparison->shown, "more",
        comparison->differing > (int64_t)json_array_size(comparison->shown));
}

static void print_by(const char *words, const json_t *change, const char *key)
{
    printf("%sby \"", words);
    printout_text(json_object_get(change, key));
    putchar('"');
}

static void print_change(const json_t *change)
{
    const json_t *was = json_object_get(change, "was"), *rule = json_object_get(change, "rule");

    printf("%-11s  ", json_string_value(json_object_get(change, "change")));
    printout_text(json_object_get(change, "sink"));
    printf("  ");
    if (json_equal(was, rule)) {
        print_by("", change, "rule");
        printf(", in other words");
    } else {
        if (json_is_string(was))
            print_by("was ", change, "was");
        if (json_is_string(rule))
            print_by(json_is_string(was) ? ", " : "", change, "rule");
    }
    putchar('\n');
}

static void print_shown(const json_t *event)
{
    const json_t *change, *title = json_object_get(event, "title");
    size_t i;

    putchar('\n');
    printout_text(json_object_get(event, "id"));
    printf("  ");
    printout_moment(json_object_get(event, "accepted"));
    printf("  ");
    printout_text(json_object_get(event, "type"));
    putchar(' ');
    printout_text(json_object_get(event, "action"));
    if (json_is_string(title)) {
        printf("  ");
        printout_text(title);
    }
    putchar('\n');
    json_array_foreach (json_object_get(event, "changes"), i, change) {
        printf("   ");
        print_change(change);
    }
}

static void print_report(const struct what_if *what_if, const json_t *report)
{
    const json_t *count, *event, *shown = json_object_get(report, "shown");
    int64_t differing = what_if->comparison->differing;
    size_t i;

    printf("%" PRId64 " event%s since ", what_if->comparison->events,
        what_if->comparison->events == 1 ? "" : "s");
    printout_moment(json_object_get(report, "since"));
    printf(differing ? ": %" PRId64 " would go otherwise\n" : ": all would go the same way\n",
        differing);
    if (what_if->not_routed)
        printf("%" PRId64 " wait to be routed and were left out\n", what_if->not_routed);
    if (what_if->unreadable)
        printf("%" PRId64 " are no events any more and were left out\n", what_if->unreadable);
    if (!differing)
        return;
    putchar('\n');
    json_array_foreach (json_object_get(report, "counts"), i, count) {
        printf("%8" PRId64 "  ", (int64_t)json_integer_value(json_object_get(count, "count")));
        print_change(count);
    }
    json_array_foreach (shown, i, event)
        print_shown(event);
    if (json_is_true(json_object_get(report, "more")))
        printf(
            "\n... and %" PRId64 " more: --limit N\n", differing - (int64_t)json_array_size(shown));
}

static int run(struct what_if *what_if)
{
    auto_error struct error error = {0};

    if (!load(what_if))
        return print_problems(what_if);
    if (!create_shares(what_if, &error))
        return error.text ? undone(error_text(&error)) : print_problems(what_if);
    if (!run_shares(what_if, &error))
        return undone(error_text(&error));
    gather(what_if);
    auto_json json_t *told = report(what_if);
    if (what_if->is_json)
        session_print(told);
    else
        print_report(what_if, told);
    return what_if->comparison->differing ? EXIT_NO : EXIT_FINE;
}

/* False, and told, where they do not make sense. */
static bool read_bounds(struct what_if *what_if, const struct command *command)
{
    int64_t now_ms = clock_wall_ms();

    if (!arguments_check_moment(command, "--since", what_if->since) ||
        !arguments_check_moment(command, "--until", what_if->until) ||
        !listing_read_limit(command, what_if->limit_text, &what_if->limit))
        return false;
    what_if->since_ms = now_ms - day_ms;
    what_if->until_ms = now_ms;
    if (what_if->since)
        moment_parse(what_if->since, now_ms, &what_if->since_ms);
    if (what_if->until)
        moment_parse(what_if->until, now_ms, &what_if->until_ms);
    if (what_if->until_ms >= what_if->since_ms)
        return true;
    command_usage(command, "--until lies before --since");
    return false;
}

/* `--rules new-*.yaml` is several words once a shell had it. */
static bool take_more_files(
    struct what_if *what_if, const char *const *more, size_t count, const struct command *command)
{
    if (what_if->file_count + count > most_rule_files) {
        command_usage(command, "%d rules files are the most", most_rule_files);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        what_if->files[what_if->file_count++] = more[i];
    return true;
}

static void finish(struct what_if *what_if)
{
    for (size_t i = 0; i < most_shares; i++)
        share_destroy(what_if->shares[i]);
    for (size_t i = 0; i < what_if->file_count; i++)
        yaml_destroy(what_if->documents[i]);
    setup_finish(&what_if->setup);
}

int cmd_what_if(const struct command *command, int argc, char **argv)
{
    struct what_if what_if = {.limit = shown_unless_told};
    const struct argument options[] = {{"-c", &what_if.given, NULL},
        {"--rules", what_if.files, NULL, &what_if.file_count, most_rule_files},
        {"--since", &what_if.since, NULL}, {"--until", &what_if.until, NULL},
        {"--limit", &what_if.limit_text, NULL}, {"--json", NULL, &what_if.is_json}};

    const char *more[most_rule_files];
    int count = arguments_read(
        command, argc, argv, options, sizeof options / sizeof *options, more, most_rule_files);
    if (count < 0)
        return EXIT_USAGE;
    if (what_if.file_count == 0)
        return command_usage(command, "name the new rules: --rules FILE");
    if (!take_more_files(&what_if, more, (size_t)count, command))
        return EXIT_USAGE;
    if (!read_bounds(&what_if, command))
        return EXIT_USAGE;
    int status = run(&what_if);
    finish(&what_if);
    return status;
}
