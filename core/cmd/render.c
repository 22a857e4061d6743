#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/input.h"
#include "cmd/partials.h"
#include "cmd/template_file.h"
#include "config/problems.h"
#include "event/document.h"
#include "message/template.h"

static const char *const flavours[] = {
    [FLAVOUR_PLAIN] = "plain",
    [FLAVOUR_MARKDOWN] = "markdown",
    [FLAVOUR_TEAMS] = "teams",
    [FLAVOUR_MRKDWN] = "mrkdwn",
    [FLAVOUR_HTML] = "html",
    [FLAVOUR_URL] = "url",
    [FLAVOUR_JSON] = "json",
};

enum {
    flavour_count = sizeof flavours / sizeof *flavours,
};

/* What is rendered. */
struct sheet {
    const char *file; /* the template's */
    struct template *template;
    json_t *data;
    struct partials partials;
    struct problems problems;
};

static bool read_flavour(const struct command *command, const char *name, enum flavour *flavour)
{
    *flavour = FLAVOUR_PLAIN;
    for (int i = 0; name && i < flavour_count; i++)
        if (strcmp(flavours[i], name) == 0)
            *flavour = (enum flavour)i;
    if (!name || strcmp(flavours[*flavour], name) == 0)
        return true;
    const char *nearest = nearest_word(name, flavours, flavour_count);
    if (nearest)
        command_usage(command, "unknown flavour \"%s\"; did you mean \"%s\"?", name, nearest);
    else
        command_usage(command,
            "unknown flavour \"%s\"; there are plain, markdown, teams, mrkdwn, "
            "html, url, json",
            name);
    return false;
}

static bool read_data(struct sheet *sheet, const char *file, struct error *error)
{
    auto_buf struct buf bytes = {0};

    if (!input_read(file, &bytes, error))
        return false;
    sheet->data = document_parse(buf_text(&bytes), bytes.len, error);
    return sheet->data || error_wrap(error, "%s is no JSON", file);
}

/* False with the reason when a file cannot be read; faults of templates are problems. */
static bool read_sheet(struct sheet *sheet, const char *data, struct error *error)
{
    if (!template_file_read(sheet->file, &sheet->template, &sheet->problems, error) ||
        !read_data(sheet, data, error))
        return false;
    return !sheet->template ||
           partials_load(&sheet->partials, sheet->template, sheet->file, &sheet->problems, error);
}

static void render(struct sheet *sheet, enum flavour flavour, struct buf *out)
{
    const struct template_scope scope = {
        .root = sheet->data,
        .partial = partials_find,
        .arg = &sheet->partials,
        .flavour = flavour,
        .now_ms = clock_wall_ms(),
    };
    struct template_fault fault = {0};

    if (sheet->problems.error_count > 0 || template_render(sheet->template, &scope, out, &fault))
        return;
    problem_add(&sheet->problems, (struct place){sheet->file, fault.line, fault.column}, "%s",
        fault.reason);
    template_fault_finish(&fault);
}

static void print_problems(struct sheet *sheet)
{
    problems_sort(&sheet->problems);
    for (size_t i = 0; i < sheet->problems.count; i++) {
        auto_free char *line = problem_format(&sheet->problems.items[i]);
        fprintf(stderr, "%s\n", line);
    }
}

static int print_result(const struct buf *result)
{
    fwrite(buf_text(result), 1, result->len, stdout);
    if (fflush(stdout) == 0)
        return EXIT_FINE;
    perror("tocsin: write the result");
    return EXIT_UNDONE;
}

static void sheet_finish(struct sheet *sheet)
{
    problems_finish(&sheet->problems);
    partials_finish(&sheet->partials);
    template_destroy(sheet->template);
    json_decref(sheet->data);
}

static int render_files(struct sheet *sheet, const char *data, enum flavour flavour)
{
    auto_error struct error error = {0};
    auto_buf struct buf result = {0};

    if (!read_sheet(sheet, data, &error)) {
        print_problems(sheet);
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    render(sheet, flavour, &result);
    print_problems(sheet);
    return sheet->problems.error_count > 0 ? EXIT_NO : print_result(&result);
}

int cmd_render(const struct command *command, int argc, char **argv)
{
    const char *files[2] = {NULL}, *folder = NULL, *flavour_name = NULL;
    const struct argument options[] = {
        {"--partials", &folder, NULL}, {"--flavour", &flavour_name, NULL}};
    enum flavour flavour;

    int count = arguments_read(command, argc, argv, options, 2, files, 2);
    if (count < 0)
        return EXIT_USAGE;
    if (count < 2)
        return command_usage(command, "name a template and a file with JSON data");
    if (strcmp(files[0], "-") == 0 && strcmp(files[1], "-") == 0)
        return command_usage(command, "only one of the two can be standard input");
    if (!read_flavour(command, flavour_name, &flavour))
        return EXIT_USAGE;
    struct sheet sheet = {.file = files[0], .partials.folder = folder};
    int status = render_files(&sheet, files[1], flavour);
    sheet_finish(&sheet);
    return status;
}
