#include "config/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static void insert(struct problems *problems, struct place place, bool is_warning,
    const char *format, va_list args)
{
    struct problem problem = {
        .file = text_copy(place.file ? place.file : ""),
        .line = place.line,
        .column = place.column,
        .is_warning = is_warning,
        .text = text_vformat(format, args),
    };

    /* It may quote what stands in the file, and is one line wherever it is printed. */
    utf8_blank_controls(problem.text);
    problems->items = mem_resize(problems->items, (problems->count + 1) * sizeof *problems->items);
    problems->items[problems->count++] = problem;
    problems->error_count += !is_warning;
}

void problem_add(struct problems *problems, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    insert(problems, place, false, format, args);
    va_end(args);
}

void problem_warn(struct problems *problems, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    insert(problems, place, true, format, args);
    va_end(args);
}

char *problem_format(const struct problem *problem)
{
    const char *rank = problem->is_warning ? "warning: " : "";

    if (problem->line == 0)
        return text_format("%s: %s%s", problem->file, rank, problem->text);
    return text_format(
        "%s:%zu:%zu: %s%s", problem->file, problem->line, problem->column, rank, problem->text);
}

static int compare(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* What is wrong, without whose it is: behind "sink siem: ". */
static const char *matter_of(const struct problem *problem)
{
    const char *colon = strstr(problem->text, ": ");

    return colon ? colon + 2 : problem->text;
}

/* The text is the last key, so that repeats come to stand side by side. */
static int compare_problems(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    int order = strcmp(a->file, b->file);

    if (order == 0)
        order = compare(a->line, b->line);
    if (order == 0)
        order = compare(a->column, b->column);
    if (order == 0)
        order = (int)a->is_warning - (int)b->is_warning;
    if (order == 0)
        order = strcmp(matter_of(a), matter_of(b));
    return order ? order : strcmp(a->text, b->text);
}

/* Said of the same words at the same place: of two that an alias brought them to. */
static bool is_repeat(const struct problem *a, const struct problem *b)
{
    return strcmp(a->file, b->file) == 0 && a->line == b->line && a->column == b->column &&
           a->is_warning == b->is_warning && strcmp(matter_of(a), matter_of(b)) == 0;
}

static void problem_finish(struct problem *problem)
{
    free(problem->file);
    free(problem->text);
}

void problems_sort(struct problems *problems)
{
    size_t kept = 0;

    if (problems->count == 0)
        return;
    qsort(problems->items, problems->count, sizeof *problems->items, compare_problems);
    for (size_t i = 1; i < problems->count; i++) {
        if (is_repeat(&problems->items[kept], &problems->items[i])) {
            problems->error_count -= !problems->items[i].is_warning;
            problem_finish(&problems->items[i]);
        } else {
            problems->items[++kept] = problems->items[i];
        }
    }
    problems->count = kept + 1;
}

void problems_finish(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        problem_finish(&problems->items[i]);
    free(problems->items);
    *problems = (struct problems){0};
}
