/* Two instances of one plugin in one process: each with its own options, whatever the other does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "sink/plugin.h"
#include "probe/probe.h"
#include "probe/request.h"
#include "probe/values.h"
#include "probe/specimen.h"

enum {
    soon_ms = 200,
    patient_ms = 5000,
};

struct pair {
    struct probe *probe;
    const struct specimen *specimen;
    struct probe_config *configs[2];
    void *instances[2];
};

/* What an instance asks for, as one text; the caller frees it. */
static char *ask(struct pair *pair, const struct probe_config *config, void *instance)
{
    struct tocsin_request request;
    struct probe_call call;

    probe_call_init(&call, pair->probe, config, pair->specimen);
    probe_render(&call, instance, &request);
    char *text = probe_request_text(&request, true);
    probe_call_finish(&call);
    return text;
}

static bool is_same(struct pair *pair, const char *first, const char *again, const char *after)
{
    if (strcmp(first, again) == 0)
        return true;
    probe_board_find(pair->probe->board, CHECK_INSTANCES,
        "an instance makes another request for the same message after another one was %s: keep "
        "what belongs to an instance in what `open` returns, and in no static variable",
        after);
    return false;
}

static void check_requests(struct pair *pair)
{
    auto_free char *first = ask(pair, pair->configs[0], pair->instances[0]);

    pair->instances[1] = probe_open_instance(pair->probe, pair->configs[1]);
    if (!pair->instances[1])
        return;
    auto_free char *opened = ask(pair, pair->configs[0], pair->instances[0]);
    if (!is_same(pair, first, opened, "opened"))
        return;
    free(ask(pair, pair->configs[1], pair->instances[1]));
    auto_free char *used = ask(pair, pair->configs[0], pair->instances[0]);
    if (!is_same(pair, first, used, "used"))
        return;
    probe_close(pair->probe, pair->configs[1], pair->instances[1]);
    pair->instances[1] = NULL;
    auto_free char *closed = ask(pair, pair->configs[0], pair->instances[0]);
    is_same(pair, first, closed, "closed");
}

/* Whether its far end got something by this attempt. */
static bool attempt(struct pair *pair, int which, int64_t patience_ms)
{
    enum probe_peer peer = which ? PEER_SILENT_TOO : PEER_SILENT;
    uint64_t before = atomic_load(&pair->probe->board->received[peer]);
    struct tocsin_outcome outcome;
    struct probe_call call;

    probe_call_init(&call, pair->probe, pair->configs[which], pair->specimen);
    probe_attempt(&call, pair->instances[which], &outcome);
    probe_call_finish(&call);
    return probe_awaits(pair->probe, peer, before, patience_ms);
}

/* Each must go to its own far end: after the second was opened, the first still does. */
static void check_far_ends(struct pair *pair)
{
    bool has_sent = attempt(pair, 0, soon_ms);

    pair->instances[1] = probe_open_instance(pair->probe, pair->configs[1]);
    if (!pair->instances[1])
        return;
    if (has_sent && !attempt(pair, 0, patient_ms))
        probe_board_find(pair->probe->board, CHECK_INSTANCES,
            "an instance sends nothing to its far end any more after another one was opened: keep "
            "what belongs to an instance in what `open` returns, and in no static variable");
    attempt(pair, 1, 0);
}

static bool make_configs(struct pair *pair)
{
    struct probe *probe = pair->probe;
    bool blocks = plugin_blocks(probe->plugin);
    uint16_t first = probe->board->ports[blocks ? PEER_SILENT : PEER_REFUSES];
    uint16_t second = probe->board->ports[blocks ? PEER_SILENT_TOO : PEER_REFUSES];
    struct probe_call call;
    const char *why;

    pair->configs[0] = probe_config_create(probe->values, 0, first, NULL);
    pair->configs[1] = probe_config_create(probe->values, 1, second, NULL);
    if (!pair->configs[0])
        return false;
    if (pair->configs[1]) {
        probe_call_init(&call, probe, pair->configs[1], NULL);
        bool is_taken = probe_ask(&call, &why);
        probe_call_finish(&call);
        if (is_taken)
            return true;
    }
    probe_config_destroy(pair->configs[1]);
    pair->configs[1] = probe_config_create(probe->values, 0, second, NULL);
    return true;
}

static void run(struct pair *pair)
{
    struct probe *probe = pair->probe;

    pair->instances[0] = probe_open_instance(probe, pair->configs[0]);
    if (!pair->instances[0])
        return;
    if (!plugin_blocks(probe->plugin))
        check_requests(pair);
    else
        check_far_ends(pair);
    probe_close(probe, pair->configs[1], pair->instances[1]);
    probe_close(probe, pair->configs[0], pair->instances[0]);
    probe_board_pass(probe->board, CHECK_INSTANCES, "two at once share nothing that shows");
}

void probe_instances(struct probe *probe)
{
    struct specimens specimens;

    specimens_init(&specimens, (enum flavour)probe->plugin->descriptor.flavour);
    struct pair pair = {.probe = probe, .specimen = &specimens.items[0]};
    probe->check = CHECK_CONFIGURATION;
    if (make_configs(&pair)) {
        probe_board_pass(probe->board, CHECK_CONFIGURATION, "%s",
            probe->plugin->descriptor.check ? "its check takes them"
                                            : "it has no check of its own");
        probe->check = CHECK_INSTANCES;
        run(&pair);
    }
    probe_config_destroy(pair.configs[0]);
    probe_config_destroy(pair.configs[1]);
    specimens_finish(&specimens);
}
