#include "rule/field.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "event/path.h"
#include "rule/words.h"

static const char *const plain_names[] = {"type", "action", "id", "time", "thread", "hook", "title",
    "text", "level", "urgency", "entity", "status", "source", "target", "rule", "link", NULL};

/* Names with parts of their own. */
static const char *const documents[] = {"attributes", "metadata", "alert", "comment", "case",
    "proposal", "body", "changed", "facts", NULL};

/* Where Sekoia's objects have what people look for inside a common name. */
static const struct {
    const char *written, *meant;
} inside_plain_names[] = {
    {"urgency.current_value", "alert.urgency.current_value"},
    {"status.name", "status"},
    {"entity.name", "entity"},
    {"rule.name", "alert.rule.name"},
};

bool field_is_name(const char *name)
{
    return is_word_of(plain_names, name) || is_word_of(documents, name);
}

const char *field_nearest(const char *name)
{
    const char *near = nearest_word(name, plain_names, word_count(plain_names));

    return near ? near : nearest_word(name, documents, word_count(documents));
}

bool field_is_told(const struct path *path)
{
    const char *name = path->parts[0];

    if (path->count == 1)
        return !field_is_name(name) && field_nearest(name);
    return is_word_of(plain_names, name) ||
           (!is_word_of(documents, name) && nearest_word(name, documents, word_count(documents)));
}

bool field_is_single(const struct path *path)
{
    return path->count == 1 && is_word_of(plain_names, path->parts[0]) &&
           strcmp(path->parts[0], "rule") != 0;
}

static const char *meant_inside(const char *written)
{
    for (size_t i = 0; i < sizeof inside_plain_names / sizeof *inside_plain_names; i++)
        if (strcmp(inside_plain_names[i].written, written) == 0)
            return inside_plain_names[i].meant;
    return NULL;
}

static void check_inside(const struct path *path, struct place place, struct problems *problems)
{
    const char *meant = meant_inside(path->text);
    const char *near = nearest_word(path->parts[0], documents, word_count(documents));

    if (is_word_of(plain_names, path->parts[0])) {
        if (meant)
            problem_add(
                problems, place, "\"%s\" is never there; did you mean \"%s\"?", path->text, meant);
        else
            problem_add(problems, place,
                "\"%s\" is never there: \"%s\" has no parts; what was looked up begins with "
                "alert., "
                "case. or proposal.",
                path->text, path->parts[0]);
    } else if (near && !is_word_of(documents, path->parts[0])) {
        problem_warn(problems, place,
            "\"%s\" is a name only where a look-up is called so; did you mean \"%s\"?",
            path->parts[0], near);
    }
}

/* The name that was meant; NULL where this is one, or resembles none. */
static const char *meant_for(const char *name)
{
    const char *near = nearest_word(name, plain_names, word_count(plain_names));

    if (is_word_of(plain_names, name) || is_word_of(documents, name))
        return NULL;
    return near ? near : nearest_word(name, documents, word_count(documents));
}

static void check_name(const char *name, struct place place, struct problems *problems)
{
    const char *meant = meant_for(name);

    if (meant)
        problem_add(problems, place, "unknown name \"%s\"; did you mean \"%s\"?", name, meant);
}

void field_check(const struct path *path, struct place place, struct problems *problems)
{
    if (path->count > 1)
        check_inside(path, place, problems);
    else
        check_name(path->parts[0], place, problems);
}

void field_check_mention(
    const struct path *path, bool is_section, struct place place, struct problems *problems)
{
    const char *meant = path->count == 1 && is_section ? meant_for(path->parts[0]) : NULL;

    if (meant)
        problem_warn(problems, place,
            "\"%s\" is a name only where a look-up is called so; did you mean \"%s\"?",
            path->parts[0], meant);
    else if (path->count > 1 || !is_section)
        field_check(path, place, problems);
}

bool field_is_plain(const char *name)
{
    return is_word_of(plain_names, name);
}
