#include "store/sought.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "event/document.h"

static bool is_same(const char *wanted, const char *found)
{
    return !wanted || strcmp(wanted, found) == 0;
}

bool sought_by_delivery(const struct archive_events *events)
{
    return events->sink || events->rule || events->fate >= ARCHIVE_IS_WAITING;
}

bool sought_delivery(
    const struct archive_events *events, const char *sink, const char *rule, enum archive_fate fate)
{
    bool is_of_fate = events->fate < ARCHIVE_IS_WAITING || events->fate == fate;

    return is_of_fate && is_same(events->sink, sink) && is_same(events->rule, rule);
}

static bool has_matched(const json_t *entry, const char *rule)
{
    const char *name = json_string_value(json_object_get(entry, "rule"));
    const char *verdict = json_string_value(json_object_get(entry, "verdict"));

    return name && strcmp(name, rule) == 0 &&
           ((verdict && strcmp(verdict, "yes") == 0) ||
               json_is_true(json_object_get(entry, "sends")));
}

bool sought_trace(const struct archive_events *events, const char *trace)
{
    if (!events->rule || events->sink || events->fate >= ARCHIVE_IS_WAITING || !trace)
        return false;
    auto_json json_t *entries = document_parse(trace, strlen(trace), NULL);
    const json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry)
        if (has_matched(entry, events->rule))
            return true;
    return false;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool stands_in(const char *needle, const char *bytes, size_t len)
{
    size_t needle_len = strlen(needle);
    char first = lower(needle[0]);

    for (size_t i = 0; i + needle_len <= len; i++)
        if (lower(bytes[i]) == first && strncasecmp(bytes + i, needle, needle_len) == 0)
            return true;
    return false;
}

static bool stands_in_event(const char *needle, const struct store_loaded *loaded)
{
    if (stands_in(needle, loaded->body, loaded->body_len))
        return true;
    for (size_t i = 0; i < loaded->object_count; i++)
        if (stands_in(needle, loaded->objects[i].bytes, loaded->objects[i].len))
            return true;
    return false;
}

/* Between its quotes, with or without escapes for what is not ASCII. The caller frees it. */
static char *as_json(const char *text, size_t flags)
{
    auto_json json_t *string = json_string_nocheck(text);
    auto_free char *quoted = json_dumps(string, JSON_ENCODE_ANY | flags);

    return quoted ? text_copy_n(quoted + 1, strlen(quoted) - 2) : text_copy(text);
}

bool sought_text(const struct archive_events *events, const struct store_loaded *loaded)
{
    if (!events->text)
        return true;
    auto_free char *plain = as_json(events->text, 0);
    auto_free char *escaped = as_json(events->text, JSON_ENSURE_ASCII);

    return stands_in_event(plain, loaded) ||
           (strcmp(plain, escaped) != 0 && stands_in_event(escaped, loaded));
}
