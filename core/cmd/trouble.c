#include "cmd/trouble.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "event/line.h"

/* In the order in which somebody has to care. */
enum rank {
    RANK_NOT_RUNNING,
    RANK_NOTHING_ACCEPTED,
    RANK_SHUT,
    RANK_DEGRADED,
    RANK_DEAD,
    RANK_PAUSED,
    RANK_ABSENT,
    RANK_MISWORDED,
    RANK_GAVE_UP,
};

/* Takes both texts over. */
static void add(struct troubles *troubles, enum rank rank, char *what, char *cure)
{
    size_t at = troubles->count++;

    troubles->items = mem_resize(troubles->items, troubles->count * sizeof *troubles->items);
    while (at > 0 && troubles->items[at - 1].rank > (int)rank) {
        troubles->items[at] = troubles->items[at - 1];
        at--;
    }
    troubles->items[at] = (struct trouble){.rank = (int)rank, .what = what, .cure = cure};
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void append_line(struct buf *out, const char *text)
{
    one_line_append(out, text, strlen(text));
}

static void add_reasons(struct troubles *troubles, enum rank rank, const char *before,
    const json_t *reasons, const char *cure)
{
    const json_t *reason;
    size_t i;

    json_array_foreach (reasons, i, reason) {
        struct buf what = {0};
        buf_puts(&what, before);
        append_line(&what, json_string_value(reason) ? json_string_value(reason) : "?");
        add(troubles, rank, buf_take(&what), text_copy(cure));
    }
}

/* "tocsin.yaml:42", or "its options" where that is not known. */
static char *where_written(const struct config *config, const char *sink)
{
    for (size_t i = 0; config && i < config->sink_count; i++)
        if (strcmp(config->sinks[i].name, sink) == 0)
            return text_format(
                "%s:%d", config->sinks[i].place.file, (int)config->sinks[i].place.line);
    return text_copy("its options");
}

/* "soc-teams is shut until 22:33:20 UTC (2026-11-26): HTTP 401; 3 wait". A pause's reason begins
 * with that word. */
static char *describe_sink(const json_t *sink)
{
    const char *state = word(sink, "state"), *until = word(sink, "until"), *why = word(sink, "why");
    int64_t queue = number(sink, "queue");
    size_t len = strlen(state);
    struct buf what = {0};

    append_line(&what, word(sink, "name"));
    buf_printf(&what, " is %s", state);
    if (strlen(until) >= strlen("2026-11-25T20:00:00"))
        buf_printf(&what, " until %.10s %.8s UTC", until, until + strlen("2026-11-25T"));
    if (strncmp(why, state, len) == 0 && why[len] == ':')
        why += len + 1 + strspn(why + len + 1, " ");
    if (*why) {
        buf_puts(&what, ": ");
        append_line(&what, why);
    }
    if (queue)
        buf_printf(&what, "; %" PRId64 " wait%s", queue, queue == 1 ? "s" : "");
    return buf_take(&what);
}

static void add_sink(struct troubles *troubles, const json_t *sink, const struct config *config)
{
    const char *name = word(sink, "name"), *state = word(sink, "state");

    if (strcmp(state, "shut") == 0) {
        auto_free char *where = where_written(config, name);
        add(troubles, RANK_SHUT, describe_sink(sink),
            text_format("it is tried again by itself then; mend the far end, or %s, and open it "
                        "at once by: tocsin drill --daemon %s",
                where, name));
    } else if (strcmp(state, "paused") == 0) {
        add(troubles, RANK_PAUSED, describe_sink(sink),
            text_format("when it may go on: tocsin resume %s", name));
    } else if (strcmp(state, "absent") == 0) {
        add(troubles, RANK_ABSENT, describe_sink(sink),
            text_format("write it again, or send what waits elsewhere: tocsin retry --sink %s --to "
                        "ANOTHER",
                name));
    }
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static void add_counts(struct troubles *troubles, const json_t *status)
{
    int64_t dead = number(status, "dead"), misworded = number(status, "misworded");
    int64_t given_up = number(status, "patterns_given_up");

    if (dead > 0)
        add(troubles, RANK_DEAD, text_format("%" PRId64 " dead letter%s", dead, plural(dead)),
            text_copy("see why: tocsin dead; when the cause is gone, send them again: tocsin retry "
                      "--sink SINK; or end them: tocsin skip"));
    if (misworded > 0)
        add(troubles, RANK_MISWORDED,
            text_format("%" PRId64 " message%s went out in the default words since a template "
                        "failed",
                misworded, plural(misworded)),
            text_copy("the log names its line; tocsin test tries the rules"));
    if (given_up > 0)
        add(troubles, RANK_GAVE_UP,
            text_format("%" PRId64 " time%s a pattern of a rule gave up, which counts as no match",
                given_up, plural(given_up)),
            text_copy("the log names the rule: write its pattern otherwise"));
}

void troubles_find(struct troubles *troubles, const json_t *status, const char *nowhere,
    const struct config *config)
{
    const json_t *sink;
    size_t i;

    if (nowhere)
        add(troubles, RANK_NOT_RUNNING,
            text_format("tocsin does not run: nothing answers at %s", nowhere),
            text_copy("start it: tocsin serve, or its service; until then no post is taken, and "
                      "what waits in the ledger waits"));
    add_reasons(troubles, RANK_NOTHING_ACCEPTED,
        "nothing is accepted: ", json_object_get(status, "why"),
        "hooks answer 503 until that is mended, and go on by themselves then: look at the disk and "
        "the ledger's file");
    add_reasons(troubles, RANK_DEGRADED, "", json_object_get(status, "degraded"),
        "mend it in the configuration (tocsin check, tocsin check --online), then: tocsin reload");
    json_array_foreach (json_object_get(status, "sinks"), i, sink)
        add_sink(troubles, sink, config);
    add_counts(troubles, status);
}

void troubles_finish(struct troubles *troubles)
{
    for (size_t i = 0; i < troubles->count; i++) {
        free(troubles->items[i].what);
        free(troubles->items[i].cure);
    }
    free(troubles->items);
}
