/* Every kind of message, and the request or outcome that comes of it. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/locator.h"
#include "sink/plugin.h"
#include "probe/probe.h"
#include "probe/request.h"
#include "probe/values.h"
#include "probe/specimen.h"

struct trial {
    struct probe *probe;
    const struct probe_config *config;
    void *instance;
    char *authority; /* where the plain message goes; owned */
};

/* Scheme, user, host and port: what no message may choose. The caller frees it. */
static char *authority_of(const char *url)
{
    struct locator locator;

    if (!url || locator_split(url, &locator))
        return NULL;
    return text_copy_n(url, (size_t)(locator.path - url));
}

static void check_far_end(
    struct trial *trial, const struct probe_call *call, const struct tocsin_request *request)
{
    char *authority = authority_of(request->url);

    if (!trial->authority) {
        trial->authority = authority;
        return;
    }
    if (authority && strcmp(authority, trial->authority) != 0)
        probe_find(call, CHECK_MESSAGES, "render",
            "goes to another host than the plain message: no message may choose where it is sent");
    free(authority);
}

static char *render(struct trial *trial, const struct specimen *specimen, bool is_first)
{
    struct tocsin_request request;
    struct probe_call call;

    probe_call_init(&call, trial->probe, trial->config, specimen);
    probe_render(&call, trial->instance, &request);
    bool is_odd = strcmp(specimen->name, "plain") != 0;
    if (is_first && probe_request_check(&call, &request, is_odd))
        check_far_end(trial, &call, &request);
    char *text = probe_request_text(&request, false);
    probe_call_finish(&call);
    return text;
}

/* Headers may have a signature in them, and with it a time. */
static void try_request(struct trial *trial, const struct specimen *specimen)
{
    auto_free char *first = render(trial, specimen, true);
    auto_free char *again = render(trial, specimen, false);

    if (strcmp(first, again) != 0)
        probe_board_find(trial->probe->board, CHECK_MESSAGES,
            "`render` with message `%s` makes another request the second time: make it of the "
            "message and the options alone (its time is message->now_ms), of memory that is still "
            "yours",
            specimen->name);
}

static void try_attempt(struct trial *trial, const struct specimen *specimen)
{
    struct tocsin_outcome outcome;
    struct probe_call call;

    probe_call_init(&call, trial->probe, trial->config, specimen);
    probe_attempt(&call, trial->instance, &outcome);
    probe_outcome(&call, CHECK_MESSAGES, "deliver", &outcome, false);
    probe_call_finish(&call);
}

static void try_all(struct trial *trial, const struct specimens *specimens)
{
    for (size_t i = 0; i < specimens->count; i++) {
        if (plugin_blocks(trial->probe->plugin))
            try_attempt(trial, &specimens->items[i]);
        else
            try_request(trial, &specimens->items[i]);
    }
    free(trial->authority);
}

static void pass_secrets(struct probe *probe)
{
    auto_free char *unset = probe_values_unset_secrets(probe->values);
    size_t count = probe_values_secret_count(probe->values);

    if (count == 0 && !*unset)
        probe_board_excuse(probe->board, CHECK_SECRETS, "it has no secret option");
    else
        probe_board_pass(probe->board, CHECK_SECRETS, "%zu looked for%s%s%s", count,
            *unset ? "; not set, so say it with -o to have it looked for: " : "", unset,
            count ? "" : "; none to look for");
}

void probe_messages(struct probe *probe)
{
    struct specimens specimens;
    struct trial trial = {.probe = probe};
    struct probe_config *config =
        probe_config_create(probe->values, 0, probe->board->ports[PEER_REFUSES], NULL);

    probe->check = CHECK_MESSAGES;
    specimens_init(&specimens, (enum flavour)probe->plugin->descriptor.flavour);
    trial.config = config;
    trial.instance = config ? probe_open_instance(probe, config) : NULL;
    if (trial.instance) {
        try_all(&trial, &specimens);
        probe_close(probe, config, trial.instance);
        probe_board_pass(probe->board, CHECK_MESSAGES, "%zu kinds of messages", specimens.count);
        pass_secrets(probe);
    }
    specimens_finish(&specimens);
    probe_config_destroy(config);
}
