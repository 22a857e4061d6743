#include "cmd/daemon.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "cmd/asked.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "flow/flow.h"
#include "hook/listener.h"
#include "lane/http.h"
#include "sink/sink.h"
#include "store/journal.h"
#include "store/sqlite.h"

static bool open_ways_out(struct daemon *daemon, struct error *error)
{
    struct setup *setup = &daemon->setup;

    daemon->journal = sqlite_journal_open(setup->config->ledger_path,
        (int64_t)setup->config->max_size, daemon->base, &daemon->logger, error);
    if (!daemon->journal)
        return false;
    daemon->http = http_lane_create(daemon->base, error);
    if (!daemon->http)
        return false;
    daemon->enricher = enricher_create(
        setup->config, daemon->base, daemon->http, &daemon->logger, &setup->problems);
    if (daemon->enricher)
        enricher_count_in(daemon->enricher, daemon->metrics);
    for (size_t i = 0; i < setup->sink_count; i++)
        sink_start(setup->sinks[i], daemon->base, daemon->http, &daemon->logger);
    return daemon->enricher != NULL;
}

struct flow_parts daemon_flow_parts(const struct daemon *daemon, const struct setup *setup)
{
    return (struct flow_parts){
        .base = daemon->base,
        .config = setup->config,
        .journal = daemon->journal,
        .open_archive = sqlite_archive_open,
        .enricher = daemon->enricher,
        .rules = setup->rules,
        .phrases = setup->phrases,
        .sinks = setup->sinks,
        .sink_count = setup->sink_count,
        .logger = &daemon->logger,
        .metrics = daemon->metrics,
    };
}

static bool reload_for_admin(void *arg, json_t **report)
{
    return daemon_reload(arg, report);
}

struct admin_parts daemon_admin_parts(struct daemon *daemon)
{
    return (struct admin_parts){
        .base = daemon->base,
        .config = daemon->setup.config,
        .journal = daemon->journal,
        .flow = daemon->flow,
        .enricher = daemon->enricher,
        .sinks = daemon->setup.sinks,
        .sink_count = daemon->setup.sink_count,
        .logger = &daemon->logger,
        .metrics = daemon->metrics,
        .configuration = &daemon->configuration,
        .rules = daemon->setup.rules,
        .rule_documents = daemon->setup.rule_documents,
        .rule_document_count = daemon->setup.rule_document_count,
        .reload = reload_for_admin,
        .explain = asked_explain,
        .what_if = asked_what_if,
        .arg = daemon,
    };
}

static bool open_doors(struct daemon *daemon, struct error *error)
{
    const struct admin_parts parts = daemon_admin_parts(daemon);

    daemon->hooks = hook_listener_create(
        daemon->base, daemon->setup.config, daemon->flow, daemon->metrics, &daemon->logger, error);
    daemon->admin = daemon->hooks ? admin_listener_create(&parts, error) : NULL;
    if (!daemon->admin)
        return false;
    log_info(&daemon->logger, "serving hooks on %s", hook_listener_address(daemon->hooks));
    log_info(&daemon->logger, "serving admin on %s", admin_listener_address(daemon->admin));
    return true;
}

void daemon_note_loaded(struct daemon *daemon)
{
    const struct setup *setup = &daemon->setup;
    struct sources sources = {0};

    free(daemon->configuration.refused);
    daemon->configuration = (struct admin_configuration){.loaded_ms = clock_wall_ms()};
    sources_add_files(&sources, setup->config);
    for (size_t i = 0; i < setup->rule_document_count; i++)
        sources_add_rules(&sources, setup->rule_documents[i]);
    sources_digest(&sources, daemon->configuration.digest);
    sources_finish(&sources);
}

bool daemon_open(struct daemon *daemon, struct error *error)
{
    if (!open_ways_out(daemon, error))
        return false;
    const struct flow_parts parts = daemon_flow_parts(daemon, &daemon->setup);
    daemon->flow = flow_create(&parts);
    daemon_note_loaded(daemon);
    if (!open_doors(daemon, error))
        return false;
    daemon->watch = watch_create(daemon);
    watch_note_reading(daemon->watch);
    watch_follow(daemon->watch, &daemon->setup, NULL);
    return true;
}

bool daemon_close(struct daemon *daemon)
{
    watch_destroy(daemon->watch);
    if (daemon->flow)
        flow_stop(daemon->flow);
    if (daemon->journal)
        daemon->journal->ops->close(daemon->journal);
    hook_listener_destroy(daemon->hooks);
    bool all_back = admin_listener_destroy(daemon->admin);
    comparing_destroy(daemon->comparing);
    flow_destroy(daemon->flow);
    enricher_destroy(daemon->enricher);
    changeover_end_lookups(daemon);
    http_lane_destroy(daemon->http);
    all_back &= changeover_end(daemon);
    all_back &= setup_stop_sinks(&daemon->setup);
    free(daemon->configuration.refused);
    return all_back;
}
