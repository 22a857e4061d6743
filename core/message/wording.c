#include "message/wording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/line.h"
#include "event/value.h"
#include "event/view.h"
#include "message/escape.h"

enum {
    /* In code points. */
    longest_text = 2000,
    longest_word = 64,

    most_changes = 8, /* named in one sentence */
};

static const char *text_of(const struct view *view, const char *name)
{
    const char *text = json_string_value(json_object_get(view->root, name));

    return text ? text : "";
}

static bool is_type(const struct view *view, const char *type)
{
    return strcmp(text_of(view, "type"), type) == 0;
}

static bool is_action(const struct view *view, const char *action)
{
    return strcmp(text_of(view, "action"), action) == 0;
}

/* What an event of this type is about, as people say it; NULL for types that are not known. */
static const char *subject_of(const char *type)
{
    static const char *const subjects[][2] = {
        {"alert", "alert"},
        {"alert-comment", "comment"},
        {"case", "case"},
        {"content-proposal", "content proposal"},
    };

    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(subjects[i][0], type) == 0)
            return subjects[i][1];
    return NULL;
}

static const char *short_id(const struct view *view)
{
    static const char *const places[] = {
        "alert.short_id", "case.short_id", "attributes.alert_short_id", "attributes.short_id"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *id = json_string_value(value_at(view->root, places[i]));
        if (id && *id)
            return id;
    }
    return NULL;
}

/* "Alert ALx created": for an event that has no title, but an id that people know. */
static char *title_by_id(const struct view *view)
{
    const char *id = short_id(view);
    const char *action = text_of(view, "action");

    if (!id)
        return NULL;
    if (is_type(view, "alert"))
        return text_format("Alert %s %s", id, action);
    if (is_type(view, "alert-comment"))
        return text_format("Comment on alert %s", id);
    return is_type(view, "case") ? text_format("Case %s %s", id, action) : NULL;
}

char *wording_title(const struct view *view, const char *rule)
{
    auto_free char *title = one_line_copy(text_of(view, "title"), WORDING_LONGEST_TITLE);

    if (*title)
        return TAKE(title);
    auto_free char *by_id = title_by_id(view);
    if (by_id)
        return one_line_copy(by_id, WORDING_LONGEST_TITLE);
    auto_free char *by_rule = one_line_copy(rule ? rule : "", WORDING_LONGEST_TITLE);
    if (*by_rule && subject_of(text_of(view, "type")))
        return TAKE(by_rule);
    auto_free char *by_type = text_format("%s %s", text_of(view, "type"), text_of(view, "action"));
    auto_free char *line = one_line_copy(by_type, WORDING_LONGEST_TITLE);
    return *line ? TAKE(line) : text_copy("event");
}

static void end_paragraph(struct buf *out)
{
    if (out->len > 0)
        buf_puts(out, "\n\n");
}

/* Sentences of one paragraph stand one blank apart. */
static void next_sentence(struct buf *out)
{
    if (out->len > 0)
        buf_putc(out, ' ');
}

static void append_word(struct buf *out, const char *text)
{
    auto_free char *line = one_line_copy(text, longest_word);

    buf_puts(out, line);
}

static void say_missing(const struct view *view, struct buf *out)
{
    const char *object = view->missing && strcmp(view->missing, "proposal") == 0
                             ? "content proposal"
                             : view->missing;

    if (!view->not_enriched)
        return;
    buf_puts(out, "The ");
    append_word(out, object ? object : "object");
    buf_puts(out, " could not be looked up; what follows is what the event itself said.");
}

static void say_status(const struct view *view, struct buf *out)
{
    const char *status = text_of(view, "status");

    if (!*status) {
        buf_puts(out, "The status changed.");
        return;
    }
    buf_puts(out, "Status is now ");
    append_word(out, status);
    buf_putc(out, '.');
}

static void say_urgency(const struct view *view, struct buf *out)
{
    if (view->urgency < 0)
        buf_puts(out, "The urgency changed.");
    else
        buf_printf(out, "Urgency is now %d.", view->urgency);
}

static void say_occurrences(const struct view *view, struct buf *out)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *count = value_text(value_at(view->root, "attributes.updated.similar"), scratch);

    if (!count) {
        buf_puts(out, "It occurred again.");
        return;
    }
    append_word(out, count);
    buf_puts(out, strcmp(count, "1") == 0 ? " occurrence so far." : " occurrences so far.");
}

static void say_alerts(const struct view *view, struct buf *out)
{
    size_t added = json_array_size(value_at(view->root, "attributes.updated.added_alerts_uuid"));
    size_t removed =
        json_array_size(value_at(view->root, "attributes.updated.deleted_alerts_uuid"));

    if (added == 0 && removed == 0)
        buf_puts(out, "Its alerts changed.");
    else if (removed == 0)
        buf_printf(out, "%zu %s added.", added, added == 1 ? "alert" : "alerts");
    else if (added == 0)
        buf_printf(out, "%zu %s removed.", removed, removed == 1 ? "alert" : "alerts");
    else
        buf_printf(
            out, "%zu %s added, %zu removed.", added, added == 1 ? "alert" : "alerts", removed);
}

static const struct {
    const char *name;
    void (*say)(const struct view *view, struct buf *out);
} changes[] = {
    {"status", say_status},
    {"urgency", say_urgency},
    {"occurrences", say_occurrences},
    {"alerts", say_alerts},
};

/* Says a change that has a sentence of its own; false for any other. */
static bool say_change(const struct view *view, const char *name, struct buf *out)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(changes[i].name, name) != 0)
            continue;
        next_sentence(out);
        changes[i].say(view, out);
        return true;
    }
    return false;
}

/* "verdict" of verdict_uuid, "custom priority" of custom_priority_uuid. */
static void append_change(struct buf *out, const char *name)
{
    static const char tail[] = "_uuid";
    size_t len = strlen(name);
    auto_free char *words = text_copy(name);

    if (len > strlen(tail) && strcmp(name + len - strlen(tail), tail) == 0)
        words[len - strlen(tail)] = '\0';
    for (char *byte = words; *byte; byte++)
        if (*byte == '_')
            *byte = ' ';
    append_word(out, words);
}

static void say_changes(const struct view *view, struct buf *out)
{
    auto_buf struct buf others = {0};
    size_t index, named = 0;
    json_t *change;

    json_array_foreach (json_object_get(view->root, "changed"), index, change) {
        const char *name = json_string_value(change);
        if (say_change(view, name, out) || named++ >= most_changes)
            continue;
        buf_puts(&others, others.len ? ", " : "");
        append_change(&others, name);
    }
    if (others.len == 0)
        return;
    next_sentence(out);
    buf_printf(out, "Changed: %s%s.", buf_text(&others), named > most_changes ? " and more" : "");
}

/* A creation is what people take an event for, so it is said only where nothing else would be. */
static void say_creation(const struct view *view, struct buf *out)
{
    if (*text_of(view, "text") || !is_action(view, "created"))
        return;
    if (is_type(view, "alert-comment"))
        buf_puts(out, "A comment was added.");
    else if (is_type(view, "content-proposal"))
        buf_puts(out, "A content proposal was created.");
}

/* What happened, where the title does not say it. */
static void say_action(const struct view *view, struct buf *out)
{
    const char *subject = subject_of(text_of(view, "type"));

    say_changes(view, out);
    say_creation(view, out);
    if (!subject || out->len > 0 || is_action(view, "created") || is_action(view, ""))
        return;
    if (is_action(view, "updated") || is_action(view, "deleted")) {
        buf_printf(out, "The %s was %s.", subject, text_of(view, "action"));
        return;
    }
    buf_puts(out, "Action: ");
    append_word(out, text_of(view, "action"));
    buf_putc(out, '.');
}

static void say_text(const struct view *view, struct buf *out)
{
    const char *text = text_of(view, "text");
    size_t len = utf8_offset(text, longest_text);

    if (len == 0)
        return;
    if (is_type(view, "alert-comment"))
        buf_puts(out, "Comment: ");
    escape_append(out, FLAVOUR_PLAIN, text, len);
    if (text[len] != '\0')
        buf_puts(out, "\u2026");
}

void wording_text(const struct view *view, struct buf *out)
{
    void (*const paragraphs[])(const struct view *, struct buf *) = {
        say_missing, say_action, say_text};

    for (size_t i = 0; i < sizeof paragraphs / sizeof *paragraphs; i++) {
        auto_buf struct buf paragraph = {0};
        paragraphs[i](view, &paragraph);
        if (paragraph.len == 0)
            continue;
        end_paragraph(out);
        buf_append(out, paragraph.data, paragraph.len);
    }
}
