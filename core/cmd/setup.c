#include "cmd/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/findings.h"
#include "cmd/sink_names.h"
#include "config/config.h"
#include "config/partial_folder.h"
#include "config/yaml.h"
#include "enrich/enricher.h"
#include "event/view.h"
#include "hook/tls.h"
#include "message/phrasebook.h"
#include "message/proof.h"
#include "message/sample.h"
#include "rule/ruleset.h"
#include "sink/blame.h"
#include "sink/fallback.h"
#include "sink/plugin.h"
#include "sink/sink.h"

static bool load_sinks(struct setup *setup)
{
    const struct config *config = setup->config;
    bool ok = policy_check_defaults(config->sink_defaults, &setup->problems);

    blame_install();
    if (!ok)
        setup->config->sink_defaults = NULL; /* every sink would report the same again */
    setup->sinks = mem_alloc(config->sink_count * sizeof(struct sink *));
    for (size_t i = 0; i < config->sink_count; i++) {
        struct sink *sink = sink_create(config, &config->sinks[i], &setup->problems);
        if (sink)
            setup->sinks[setup->sink_count++] = sink;
        else
            ok = false;
    }
    return fallbacks_check(config, setup->sinks, setup->sink_count, &setup->problems) && ok;
}

static bool load_rule_documents(struct setup *setup)
{
    const struct config *config = setup->config;
    size_t before = setup->problems.error_count;

    setup->rule_documents = mem_alloc(config->rules_count * sizeof(struct yaml *));
    for (size_t i = 0; i < config->rules_count; i++) {
        struct yaml *document = yaml_load_file(config->rules[i], &setup->problems);
        if (!document)
            continue;
        partial_folder_read(document, &setup->problems);
        setup->rule_documents[setup->rule_document_count++] = document;
    }
    return setup->problems.error_count == before;
}

static bool load_rules(struct setup *setup)
{
    bool is_readable = load_rule_documents(setup);
    size_t count;
    auto_free const char **names = sink_names_collect(setup->config,
        (const struct yaml *const *)setup->rule_documents, setup->rule_document_count, &count);

    setup->rules = ruleset_read((const struct yaml *const *)setup->rule_documents,
        setup->rule_document_count, names, count, &setup->problems);
    setup->phrases = phrasebook_create(setup->rules, &setup->problems);
    cases_read(&setup->cases, (const struct yaml *const *)setup->rule_documents,
        setup->rule_document_count, setup->config, &setup->problems);
    return is_readable && setup->problems.error_count == 0;
}

static bool check_lookups(struct setup *setup)
{
    static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};
    struct enricher *enricher =
        enricher_create(setup->config, NULL, NULL, &silent, &setup->problems);

    enricher_destroy(enricher);
    return enricher != NULL;
}

/* The templates, on events as they come. */
static void try_templates(struct setup *setup)
{
    const struct config *config = setup->config;
    const struct view_context context = {
        .event_id = "sample-e1",
        .hook = config->hook_count > 0 ? config->hooks[0].name : "",
        .app_url = config->app_url,
        .accepted_ms = clock_wall_ms(),
        .levels = {config->levels.urgent, config->levels.high, config->levels.medium,
            config->levels.low},
    };
    auto_free struct proof_sink *sinks = mem_alloc(setup->sink_count * sizeof *sinks);
    struct samples samples;

    if (phrasebook_count(setup->phrases) == 0)
        return;
    for (size_t i = 0; i < setup->sink_count; i++) {
        const struct tocsin_sink_plugin *plugin = &setup->sinks[i]->plugin->descriptor;
        sinks[i] = (struct proof_sink){
            setup->sinks[i]->name, (enum flavour)plugin->flavour, plugin->max_text};
    }
    samples_init(&samples, &context);
    const struct proof proof = {setup->rules, setup->phrases, sinks, setup->sink_count, &samples,
        context.accepted_ms, &setup->problems};
    proof_read(&proof);
    samples_finish(&samples);
}

static bool check_tls(struct setup *setup)
{
    if (!setup->config->listen_tls.cert)
        return true;
    struct tls *tls = tls_load(&setup->config->listen_tls, &setup->problems);
    tls_destroy(tls);
    return tls != NULL;
}

/* Each of them, whatever the others found: all faults are told at once. */
static bool load_all(struct setup *setup)
{
    bool sinks = load_sinks(setup), rules = load_rules(setup), lookups = check_lookups(setup);

    return check_tls(setup) && sinks && rules && lookups;
}

bool setup_load_sinks(struct setup *setup, const char *file)
{
    *setup = (struct setup){0};
    setup->config = config_load(file, TOCSIN_PLUGIN_DIR, &setup->problems);
    bool ok = setup->config && load_sinks(setup);
    problems_sort(&setup->problems);
    return ok && setup->problems.error_count == 0;
}

bool setup_load(struct setup *setup, const char *file)
{
    *setup = (struct setup){0};
    setup->config = config_load(file, TOCSIN_PLUGIN_DIR, &setup->problems);
    bool ok = setup->config != NULL;
    if (ok)
        ok = load_all(setup);
    if (ok)
        try_templates(setup);
    if (setup->config)
        findings_add(setup);
    problems_sort(&setup->problems);
    return ok && setup->problems.error_count == 0;
}

void setup_finish(struct setup *setup)
{
    for (size_t i = 0; i < setup->sink_count; i++)
        sink_destroy(setup->sinks[i]);
    free(setup->sinks);
    phrasebook_destroy(setup->phrases);
    ruleset_destroy(setup->rules);
    cases_finish(&setup->cases);
    problems_finish(&setup->problems);
    for (size_t i = 0; i < setup->rule_document_count; i++)
        yaml_destroy(setup->rule_documents[i]);
    free(setup->rule_documents);
    config_destroy(setup->config);
    *setup = (struct setup){0};
}

struct sink *setup_sink(const struct setup *setup, const char *name)
{
    for (size_t i = 0; i < setup->sink_count; i++)
        if (strcmp(setup->sinks[i]->name, name) == 0)
            return setup->sinks[i];
    return NULL;
}

bool setup_stop_sinks(const struct setup *setup)
{
    bool all_back = true;

    for (size_t i = 0; i < setup->sink_count; i++)
        all_back &= sink_stop(setup->sinks[i]);
    return all_back;
}

void setup_print_problems(const struct setup *setup)
{
    for (size_t i = 0; i < setup->problems.count; i++) {
        auto_free char *line = problem_format(&setup->problems.items[i]);
        fprintf(stderr, "%s\n", line);
    }
}
