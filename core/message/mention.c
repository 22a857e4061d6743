#include "message/mention.h"

#include <string.h>

#include "base/nearest.h"
#include "config/problems.h"
#include "event/path.h"
#include "message/template.h"
#include "rule/field.h"
#include "rule/phrasing.h"
#include "rule/review.h"

enum {
    deepest_section = 64, /* a template's own limit */
};

/* A template that is looked through. */
struct reading {
    const struct mention_check *check;
    const struct review *review; /* NULL: it is checked */
    bool hides[deepest_section]; /* of each open section: what is in it may be a member of it */
    size_t depth, hidden;
    bool reads_facts;
};

static struct place place_of(const struct reading *reading, size_t line, size_t column)
{
    bool is_exact;

    return draft_place(reading->check->draft, line, column, &is_exact);
}

static bool is_partial(const struct mention_check *check, const char *name)
{
    for (size_t i = 0; i < check->partial_count; i++)
        if (strcmp(check->partials[i], name) == 0)
            return true;
    return false;
}

static void check_partial(const struct mention_check *check, const char *name, struct place place)
{
    const char *near = nearest_word(name, check->partials, check->partial_count);

    if (is_partial(check, name))
        return;
    if (near)
        problem_add(
            check->problems, place, "there is no partial \"%s\"; did you mean \"%s\"?", name, near);
    else
        problem_add(
            check->problems, place, "there is no partial \"%s\": name it under `partials:`", name);
}

/* `.` is what the section is about, `.name` a member of it. */
static void check_name(
    struct reading *reading, const char *name, bool is_section, struct place place)
{
    struct path path;

    if (name[0] == '.' || !path_init(&path, name, NULL))
        return;
    if (strcmp(path.parts[0], "facts") == 0)
        reading->reads_facts = true;
    bool is_sure = reading->hidden == 0 && !reading->check->is_partial;
    if (is_sure && reading->review)
        review_mention(reading->review, &path, place);
    else if (is_sure)
        field_check_mention(&path, is_section, place, reading->check->problems);
    path_finish(&path);
}

static void enter(struct reading *reading, bool hides)
{
    if (reading->depth < deepest_section) {
        reading->hides[reading->depth] = hides;
        reading->hidden += hides;
    }
    reading->depth++;
}

static void leave(struct reading *reading)
{
    reading->depth--;
    if (reading->depth < deepest_section)
        reading->hidden -= reading->hides[reading->depth];
}

static void on_mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    struct reading *reading = arg;
    struct place place = place_of(reading, line, column);

    switch (kind) {
    case MENTION_NAME:
        check_name(reading, name, false, place);
        break;
    case MENTION_SECTION:
        check_name(reading, name, true, place);
        enter(reading, !field_is_plain(name));
        break;
    case MENTION_INVERTED:
        check_name(reading, name, true, place);
        enter(reading, false);
        break;
    case MENTION_END:
        leave(reading);
        break;
    case MENTION_PARTIAL:
        if (!reading->review)
            check_partial(reading->check, name, place);
    }
}

bool mentions_check(const struct mention_check *check, const struct template *template)
{
    struct reading reading = {.check = check};

    template_visit(template, on_mention, &reading);
    return reading.reads_facts;
}

void mentions_review(
    const struct mention_check *check, const struct template *template, const struct review *review)
{
    struct reading reading = {.check = check, .review = review};

    template_visit(template, on_mention, &reading);
}
