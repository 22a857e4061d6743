/* Hooks that should be heard of: a sender that lost its way to us says nothing, so the silence has
 * to. When a hook was last heard is noted, so that restarts do not make it young again; and because
 * what was posted while no daemon ran could not be heard, nothing is told before some time of this
 * process has passed. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "flow/flow-private.h"

enum {
    longest_grace_ms = 600000, /* after a start */
    shortest_look_ms = 250,
    longest_look_ms = 60000,
};

struct silence {
    struct silences *silences;
    const struct config_hook *hook;
    int64_t heard_ms; /* steady clock */
    int64_t noted_ms; /* what the ledger's note says */
    int64_t grace_ms; /* not told before; steady clock */
    bool is_told;
    struct event *timer;
};

struct silences {
    struct flow *flow;
    struct silence *items; /* one for each hook that must not be silent */
    size_t count;
};

static int64_t limit_ms(const struct silence *silence)
{
    return silence->hook->alarm_if_silent_ms;
}

static int64_t within(int64_t ms, int64_t least_ms, int64_t most_ms)
{
    return ms < least_ms ? least_ms : ms > most_ms ? most_ms : ms;
}

static void look_again(struct silence *silence)
{
    const struct timeval delay =
        clock_timeval(within(limit_ms(silence) / 8, shortest_look_ms, longest_look_ms));

    evtimer_add(silence->timer, &delay);
}

static void tell(struct silence *silence, int64_t now_ms)
{
    const char *name = silence->hook->name;
    char heard[TIMESTAMP_SIZE];
    auto_free char *cause = text_format("silent/%s", name);
    auto_free char *title = text_format("Hook %s is silent", name);

    timestamp_format_human(clock_wall_ms() - (now_ms - silence->heard_ms), heard);
    auto_free char *text = text_format("Nothing has been accepted there since %s. Does the sender "
                                       "still know the URL, and can it reach it?",
        heard);
    const struct alarm alarm = {
        .cause = cause, .action = "hook-silent", .title = title, .text = text};
    log_warn(&silence->silences->flow->logger, "hook %s is silent: %s", name, text);
    alarm_raise(silence->silences->flow, &alarm);
    silence->is_told = true;
}

static void remember(struct silence *silence)
{
    auto_free char *value = text_format("%" PRId64, silence->heard_ms);

    silence->noted_ms = silence->heard_ms;
    note_put(silence->silences->flow, text_format("heard/%s", silence->hook->name), value);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct silence *silence = arg;
    int64_t now_ms = clock_steady_ms();

    (void)fd, (void)what;
    if (silence->silences->flow->is_stopping)
        return;
    if (silence->heard_ms != silence->noted_ms)
        remember(silence);
    if (!silence->is_told && now_ms >= silence->grace_ms &&
        now_ms - silence->heard_ms >= limit_ms(silence))
        tell(silence, now_ms);
    look_again(silence);
}

static struct silence *find(struct silences *silences, const char *hook)
{
    for (size_t i = 0; i < silences->count; i++)
        if (strcmp(silences->items[i].hook->name, hook) == 0)
            return &silences->items[i];
    return NULL;
}

void silence_heard(struct silences *silences, const char *hook)
{
    struct silence *silence = find(silences, hook);

    if (!silence)
        return;
    silence->heard_ms = clock_steady_ms();
    silence->is_told = false;
}

/* A clock that was set back between two lives must not lengthen the wait. */
void silence_restore(struct silences *silences, const char *hook, const char *value)
{
    struct silence *silence = find(silences, hook);
    int64_t heard_ms = strtoll(value, NULL, 10);

    if (silence && heard_ms > 0 && heard_ms < silence->heard_ms)
        silence->heard_ms = silence->noted_ms = heard_ms;
}

void silences_open(struct silences *silences)
{
    for (size_t i = 0; i < silences->count; i++)
        look_again(&silences->items[i]);
}

static void silence_init(
    struct silence *silence, struct silences *silences, const struct config_hook *hook)
{
    int64_t now_ms = clock_steady_ms();

    *silence = (struct silence){
        .silences = silences,
        .hook = hook,
        .heard_ms = now_ms, /* never: counted from the first start */
        .grace_ms = now_ms + within(hook->alarm_if_silent_ms, 0, longest_grace_ms),
        .timer = evtimer_new(silences->flow->parts.base, on_look, silence),
    };
    if (!silence->timer)
        mem_exhausted();
}

struct silences *silences_create(struct flow *flow)
{
    const struct config *config = flow->parts.config;
    struct silences *silences = mem_alloc(sizeof *silences);

    silences->flow = flow;
    silences->items = mem_alloc((config->hook_count + 1) * sizeof *silences->items);
    for (size_t i = 0; i < config->hook_count; i++)
        if (config->hooks[i].alarm_if_silent_ms)
            silence_init(&silences->items[silences->count++], silences, &config->hooks[i]);
    return silences;
}

void silences_succeed(struct silences *successors, struct silences *silences)
{
    for (size_t i = 0; i < silences->count; i++) {
        const struct silence *before = &silences->items[i];
        struct silence *silence = find(successors, before->hook->name);
        if (!silence)
            continue;
        silence->heard_ms = before->heard_ms;
        silence->noted_ms = before->noted_ms;
        silence->grace_ms = before->grace_ms;
        silence->is_told = before->is_told;
    }
    silences_destroy(silences);
}

void silences_destroy(struct silences *silences)
{
    for (size_t i = 0; i < silences->count; i++)
        event_free(silences->items[i].timer);
    free(silences->items);
    free(silences);
}
