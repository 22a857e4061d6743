#include "event/facts.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "event/line.h"
#include "event/names.h"
#include "event/value.h"
#include "event/view.h"

enum {
    longest_value = 512, /* code points */
    longest_label = 64,
    most_attributes = 8, /* of an event that is not known better */
};

struct facts *facts_begin(void)
{
    struct facts *facts = mem_alloc(sizeof *facts);

    facts->references = 1;
    return facts;
}

void facts_add(struct facts *facts, const char *label, const char *value)
{
    if (!value)
        return;
    auto_free char *label_line = one_line_copy(label, longest_label);
    auto_free char *value_line = one_line_copy(value, longest_value);
    if (!*label_line || !*value_line)
        return;
    assert(facts->count < FACTS_MOST);
    facts->items[facts->count++] = (struct fact){TAKE(label_line), TAKE(value_line)};
}

static void add_name(
    struct facts *facts, const char *label, const struct names *names, enum name name)
{
    char scratch[VALUE_TEXT_SIZE];

    facts_add(facts, label, names_text(names, name, scratch));
}

/* Sekoia's own word for the urgency, where it was said of this very number. */
static const char *urgency_word(const struct names *names, const struct view *view)
{
    const json_t *word = value_at(names->object, "urgency.display");
    double looked_up;

    if (!json_is_string(word) ||
        !value_number(value_at(names->object, "urgency.current_value"), &looked_up) ||
        (int)looked_up != view->urgency)
        return NULL;
    return json_string_value(word);
}

static void add_urgency(struct facts *facts, const struct names *names, const struct view *view)
{
    auto_buf struct buf text = {0};
    const char *word = urgency_word(names, view);

    if (view->urgency < 0)
        return;
    buf_printf(&text, "%d / 100 (", view->urgency);
    size_t initial = text.len;
    buf_puts(&text, word && *word ? word : level_name(view->level));
    text.data[initial] = (char)toupper((unsigned char)text.data[initial]);
    buf_putc(&text, ')');
    facts_add(facts, "Urgency", buf_text(&text));
}

static void add_type(struct facts *facts, const struct names *names)
{
    char category_scratch[VALUE_TEXT_SIZE], kind_scratch[VALUE_TEXT_SIZE];
    const char *category = names_text(names, NAME_CATEGORY, category_scratch);
    const char *kind = names_text(names, NAME_KIND, kind_scratch);
    auto_buf struct buf text = {0};

    if (category)
        buf_puts(&text, category);
    if (category && kind)
        buf_puts(&text, " / ");
    if (kind)
        buf_puts(&text, kind);
    facts_add(facts, "Type", buf_text(&text));
}

static void add_rule(struct facts *facts, const struct names *names)
{
    char rule_scratch[VALUE_TEXT_SIZE], title_scratch[VALUE_TEXT_SIZE];
    const char *rule = names_text(names, NAME_RULE_NAME, rule_scratch);
    const char *title = names_text(names, NAME_TITLE, title_scratch);

    if (rule && (!title || strcmp(rule, title) != 0))
        facts_add(facts, "Rule", rule);
}

static void add_occurrences(struct facts *facts, const struct names *names)
{
    double count;

    if (names_number(names, NAME_OCCURRENCES, &count) && count >= 1)
        add_name(facts, "Occurrences", names, NAME_OCCURRENCES);
}

/* A time that cannot be read is shown as it was written. */
static void add_first_seen(struct facts *facts, const struct names *names)
{
    char scratch[VALUE_TEXT_SIZE], human[TIMESTAMP_SIZE];
    const char *written = names_text(names, NAME_FIRST_SEEN, scratch);
    int64_t ms;

    if (written && time_parse(written, &ms)) {
        timestamp_format_human(ms, human);
        written = human;
    }
    facts_add(facts, "First seen", written);
}

static void add_time(struct facts *facts, const struct view *view)
{
    char human[TIMESTAMP_SIZE];

    timestamp_format_human(view->time_ms, human);
    facts_add(facts, "Time", human);
}

static void add_alert(struct facts *facts, const struct names *names, const struct view *view)
{
    add_urgency(facts, names, view);
    add_name(facts, "Status", names, NAME_STATUS);
    add_name(facts, "Entity", names, NAME_ENTITY);
    add_name(facts, "Source", names, NAME_SOURCE);
    add_name(facts, "Target", names, NAME_TARGET);
    add_type(facts, names);
    add_rule(facts, names);
    add_occurrences(facts, names);
    add_first_seen(facts, names);
    add_time(facts, view);
    add_name(facts, "Alert", names, NAME_SHORT_ID);
}

static void add_case(struct facts *facts, const struct names *names, const struct view *view)
{
    add_name(facts, "Status", names, NAME_STATUS);
    add_name(facts, "Priority", names, NAME_PRIORITY);
    add_name(facts, "Alerts", names, NAME_ALERTS);
    add_time(facts, view);
    add_name(facts, "Case", names, NAME_SHORT_ID);
}

static void add_proposal(struct facts *facts, const struct names *names, const struct view *view)
{
    add_name(facts, "Status", names, NAME_STATUS);
    add_name(facts, "Priority", names, NAME_PRIORITY);
    add_name(facts, "TLP", names, NAME_TLP);
    add_time(facts, view);
}

/* Title and text are shown by themselves. */
static bool is_shown_elsewhere(const char *key)
{
    return strcmp(key, "title") == 0 || strcmp(key, "text") == 0 || strcmp(key, "description") == 0;
}

static void add_other(struct facts *facts, const struct names *names, const struct view *view)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)names->posted, key, value) {
        if (facts->count == most_attributes)
            break;
        if (!is_shown_elsewhere(key))
            facts_add(facts, key, value_text(value, scratch));
    }
    add_time(facts, view);
}

struct facts *facts_create(const struct names *names, const struct view *view)
{
    struct facts *facts = facts_begin();

    switch (names->family) {
    case FAMILY_ALERT:
    case FAMILY_COMMENT:
        add_alert(facts, names, view);
        break;
    case FAMILY_CASE:
        add_case(facts, names, view);
        break;
    case FAMILY_PROPOSAL:
        add_proposal(facts, names, view);
        break;
    case FAMILY_OTHER:
        add_other(facts, names, view);
    }
    return facts;
}

struct facts *facts_keep(struct facts *facts)
{
    facts->references++;
    return facts;
}

void facts_release(struct facts *facts)
{
    if (!facts || --facts->references > 0)
        return;
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->items[i].label);
        free(facts->items[i].value);
    }
    free(facts);
}

json_t *facts_json(const struct facts *facts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < facts->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "label", facts->items[i].label, "value",
                                        facts->items[i].value));
    return list;
}
