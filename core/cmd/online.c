#include "cmd/online.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "cmd/drill_run.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "sink/plugin.h"
#include "sink/sink.h"

struct checking {
    struct setup *setup;
    const char **names; /* of the sinks that are tried */
    size_t name_count;
    online_told told;
    void *arg;
    bool has_failed;
};

json_t *online_finding(
    const char *what, const char *to, const char *result, char *text, const char *cure)
{
    json_t *finding = json_pack("{s:s,s:s,s:s,s:s,s:s?}", "what", what, "to", to, "result", result,
        "text", text, "cure", cure);

    free(text);
    return finding;
}

static void tell(json_t *finding, void *arg)
{
    struct checking *checking = arg;

    checking->has_failed |=
        strcmp(json_string_value(json_object_get(finding, "result")), "failed") == 0;
    checking->told(finding, checking->arg);
}

static const struct config_sink *find_configured(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->sink_count; i++)
        if (strcmp(config->sinks[i].name, name) == 0)
            return &config->sinks[i];
    return NULL;
}

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* outcome: of an attempt that ended at the far end's door. */
static char *cure_of(const json_t *outcome, const struct config_sink *sink)
{
    bool is_unusable = strcmp(word(outcome, "result"), "unusable") == 0;

    return text_format(is_unusable
                           ? "mend its url, credentials, certificates or permissions (%s:%zu)"
                           : "is its address right (%s:%zu), does the far end run, and does the "
                             "network let this machine reach it: DNS, firewall, proxy?",
        sink->place.file, sink->place.line);
}

/* Before `told` the setup is there. */
static void on_probed(const json_t *report, void *arg)
{
    struct checking *checking = arg;
    const json_t *outcome = json_object_get(report, "outcome");
    const char *name = word(report, "sink"), *reason = word(outcome, "reason");
    bool is_fine = strcmp(word(outcome, "result"), "delivered") == 0;
    auto_free char *what = text_format("sink %s", name);
    auto_free char *cure =
        is_fine ? NULL : cure_of(outcome, find_configured(checking->setup->config, name));
    char *text = is_fine ? text_format("reached%s%s; nothing was sent", *reason ? ", " : "", reason)
                         : text_copy(*reason ? reason : "it failed, and does not say why");
    json_t *finding =
        online_finding(what, word(report, "to"), is_fine ? "fine" : "failed", text, cure);

    json_object_set(finding, "took_ms", json_object_get(outcome, "took_ms"));
    tell(finding, checking);
}

/* Why a sink is not tried; NULL where it is. */
static const char *why_untried(const struct sink *sink)
{
    if (sink->plugin->is_inbox)
        return "it is tocsin's own inbox, in the ledger";
    if (!plugin_blocks(sink->plugin))
        return NULL; /* the host makes the request, and so the connection */
    if (sink->plugin->descriptor.probe && !sink->plugin->is_isolated)
        return NULL;
    return sink->plugin->is_isolated ? "its plugin runs in processes of its own, where it cannot "
                                       "be tried without sending"
                                     : "its plugin cannot be tried without sending";
}

static void choose(struct checking *checking)
{
    struct setup *setup = checking->setup;

    checking->names = mem_alloc((setup->sink_count + 1) * sizeof *checking->names);
    for (size_t i = 0; i < setup->sink_count; i++) {
        const struct sink *sink = setup->sinks[i];
        const char *why = why_untried(sink);
        auto_free char *what = text_format("sink %s", sink->name);
        auto_free char *cure = text_format("tocsin drill %s sends it a message", sink->name);
        if (why)
            tell(online_finding(what, sink->plugin->descriptor.name, "untried", text_copy(why),
                     sink->plugin->is_inbox ? NULL : cure),
                checking);
        else
            checking->names[checking->name_count++] = sink->name;
    }
}

bool online_check(struct setup *setup, online_told told, void *arg, bool *is_lost)
{
    struct checking checking = {.setup = setup, .told = told, .arg = arg};
    auto_error struct error error = {0};

    online_ask_apis(setup->config, tell, &checking);
    choose(&checking);
    const struct drill_run run = {
        .setup = setup,
        .names = checking.names,
        .name_count = checking.name_count,
        .level = LEVEL_INFO,
        .is_probe = true,
        .told = on_probed,
        .arg = &checking,
    };
    if (drill_run(&run, is_lost, &error) != DRILL_RUN_WHOLE)
        checking.has_failed = true; /* by a signal: not all was tried */
    free(checking.names);
    return !checking.has_failed;
}
