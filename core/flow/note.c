/* Small facts that outlive the process: which sinks are paused or were away, when hooks were heard.
 * They are read before any sink is served, so that a pause holds from the first moment. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"

static const char *after_prefix(const char *key, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(key, prefix, len) == 0 ? key + len : NULL;
}

static void restore(struct flow *flow, const struct store_note *note)
{
    const char *name;

    if ((name = after_prefix(note->key, "pause/")))
        pause_restore(flow, name, note->value);
    else if ((name = after_prefix(note->key, "held/")))
        held_restore(flow->held, name);
    else if ((name = after_prefix(note->key, "heard/")))
        silence_restore(flow->silences, name, note->value);
}

static void open_flow(struct flow *flow)
{
    bool is_first = !flow->was_open;

    flow->is_open = flow->was_open = true;
    held_open(flow->held);
    silences_open(flow->silences);
    fallbacks_open(flow->fallbacks);
    if (is_first)
        alarm_about_lost(flow);
    for (size_t i = 0; i < flow->outlet_count; i++)
        outlet_wake(flow->outlets[i]);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    notes_read(arg);
}

static void read_again(struct flow *flow)
{
    const struct timeval delay = clock_timeval(FLOW_AGAIN_MS);

    if (!flow->notes_again)
        flow->notes_again = evtimer_new(flow->parts.base, on_again, flow);
    if (!flow->notes_again)
        mem_exhausted();
    evtimer_add(flow->notes_again, &delay);
}

static void on_notes(
    const struct error *error, const struct store_note *notes, size_t count, void *arg)
{
    struct flow *flow = arg;

    flow->calls--;
    if (error->text) {
        log_error(&flow->logger, "the ledger's notes could not be read, trying on: %s",
            error_text(error));
        read_again(flow);
        return;
    }
    for (size_t i = 0; i < count; i++)
        restore(flow, &notes[i]);
    open_flow(flow);
}

void notes_read(struct flow *flow)
{
    struct journal *journal = flow->parts.journal;

    flow->calls++;
    journal->ops->note_list(journal, "", on_notes, flow);
}

/* A note on its way, for its log. */
struct noting {
    struct flow *flow;
    char *key;
};

static void on_noted(const struct error *error, void *arg)
{
    struct noting *noting = arg;

    noting->flow->calls--;
    if (error->text)
        log_error(&noting->flow->logger, "%s could not be noted for the next start: %s",
            noting->key, error_text(error));
    free(noting->key);
    free(noting);
}

void note_put(struct flow *flow, char *key, const char *value)
{
    struct journal *journal = flow->parts.journal;
    struct noting *noting = mem_alloc(sizeof *noting);

    noting->flow = flow;
    noting->key = key;
    flow->calls++;
    journal->ops->note_put(journal, key, value, on_noted, noting);
}
