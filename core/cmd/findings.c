#include "cmd/findings.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/network.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "config/locator.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "message/phrasebook.h"
#include "rule/review.h"
#include "rule/ruleset.h"
#include "sink/sink.h"

enum {
    most_sends = 4096,
};

static bool is_sent_to(const struct rule_send *sends, size_t count, const char *sink)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sends[i].sink, sink) == 0)
            return true;
    return false;
}

static bool is_fallback(const struct setup *setup, const char *sink)
{
    for (size_t i = 0; i < setup->sink_count; i++) {
        const char *fallback = setup->sinks[i]->policy.fallback;
        if (fallback && strcmp(fallback, sink) == 0)
            return true;
    }
    return false;
}

static bool hears_alarms(const struct config *config, const char *sink)
{
    for (size_t i = 0; i < config->alarm_count; i++)
        if (strcmp(config->alarms[i], sink) == 0)
            return true;
    return false;
}

static void find_unused_sinks(struct setup *setup)
{
    const struct config *config = setup->config;
    auto_free struct rule_send *sends = mem_alloc(most_sends * sizeof *sends);
    size_t count = ruleset_sends(setup->rules, sends, most_sends);

    for (size_t i = 0; count < most_sends && i < config->sink_count; i++) {
        const char *name = config->sinks[i].name;
        if (!is_sent_to(sends, count, name) && !hears_alarms(config, name) &&
            !is_fallback(setup, name))
            problem_warn(
                &setup->problems, config->sinks[i].place, "no rule sends to sink \"%s\"", name);
    }
}

/* Things that are not there. */
static void find_gaps(struct setup *setup)
{
    const struct config *config = setup->config;
    const struct place top = {config->document->place.file, 0, 0};

    if (config->sink_count > 0 && config->alarm_count == 0)
        problem_warn(&setup->problems, top,
            "there is no `alarms:`, so a sink that is broken is told of in the log only: name "
            "the sinks that hear of tocsin's own troubles");
    if (!ruleset_is_total(setup->rules))
        problem_warn(&setup->problems, top,
            "events that no rule matches are told to nobody: add a rule with `match: {}`, or "
            "`unmatched: [...]`");
    if (config->lookup_count == 0)
        problem_warn(&setup->problems, top,
            "there is no `sekoia:` block: alerts are not looked up, and messages have no title, "
            "urgency or status");
}

/* Whether a look-up brings what tocsin knows the shape of: the preset's, unchanged. */
static bool is_preset(const struct config *config, const struct config_lookup *lookup)
{
    static const char *const names[] = {"alert", "case", "proposal"};
    const struct yaml *written = yaml_get(yaml_get(config->document, "enrich"), lookup->type);

    if (yaml_get(written, "get") || yaml_get(written, "pick"))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(lookup->as, names[i]) == 0)
            return true;
    return false;
}

static void review_matches(struct setup *setup)
{
    const struct config *config = setup->config;
    auto_free const char **names = mem_alloc(config->lookup_count * sizeof *names);
    struct review review = {
        .problems = &setup->problems, .looked_up = names, .hooks = config_hook_names(config)};

    for (size_t i = 0; i < config->lookup_count; i++)
        if (!is_preset(config, &config->lookups[i]))
            names[review.looked_up_count++] = config->lookups[i].as;
    for (size_t i = 0; i < setup->rule_document_count; i++)
        review_rules(&review, setup->rule_documents[i]);
    if (setup->phrases)
        phrasebook_review(setup->phrases, &review);
}

static bool is_https(const char *url)
{
    struct locator locator;

    return url && !locator_split(url, &locator) && locator_has_scheme(&locator, "https");
}

static bool is_plain_elsewhere(const char *url)
{
    struct locator locator;

    return url && !locator_split(url, &locator) && locator_has_scheme(&locator, "http") &&
           !locator_is_loopback(&locator);
}

static struct place place_of(const struct config *config, const char *key)
{
    const struct yaml *node = yaml_get(config->document, key);

    return node ? node->place : (struct place){config->document->place.file, 0, 0};
}

/* A hook's path is a password, and so is the admin token. */
static void find_plain_http(struct setup *setup)
{
    const struct config *config = setup->config;

    if (is_plain_elsewhere(config->public_url))
        problem_warn(&setup->problems, place_of(config, "public_url"),
            "\"public_url\" is plain http: the hooks' secret paths, and the events, can be read on "
            "the way");
    else if (config->listen.host && !config->listen.is_loopback && !config->listen_tls.cert &&
             !is_https(config->public_url))
        problem_warn(&setup->problems, place_of(config, "listen"),
            "\"listen\" takes plain http from other machines: the hooks' secret paths, and the "
            "events, can be read on the way; give it `tls`, or put a proxy with TLS in front, and "
            "say "
            "its https:// address as \"public_url\"");
    if (config->admin.host && !config->admin.is_loopback && config->admin_token.hidden)
        problem_warn(&setup->problems, place_of(config, "admin"),
            "\"admin\" takes plain http from other machines: its token, and all that is shown, can "
            "be read on the way");
}

static bool allows_loopback(const struct config_hook *hook)
{
    struct address local, local6;

    return address_parse("127.0.0.1", &local) && address_parse("::1", &local6) &&
           (networks_have(hook->allow, &local) || networks_have(hook->allow, &local6));
}

/* Behind a proxy on this machine every sender has its address. */
static void find_hidden_senders(struct setup *setup)
{
    const struct config *config = setup->config;

    if (!config->listen.host || !config->listen.is_loopback || config->trusted_proxies->count > 0)
        return;
    for (size_t i = 0; i < config->hook_count; i++)
        if (config->hooks[i].allow->count > 0 && !allows_loopback(&config->hooks[i]))
            problem_warn(&setup->problems, config->hooks[i].place,
                "hook %s: nobody is let in: \"listen\" takes connections of this machine only, and "
                "\"allow\" does not; with a proxy in front say which, `listen: {address: ..., "
                "trusted_proxies: [127.0.0.1]}`",
                config->hooks[i].name);
}

void findings_add(struct setup *setup)
{
    review_matches(setup);
    find_plain_http(setup);
    find_hidden_senders(setup);
    if (!setup->rules || setup->problems.error_count > 0)
        return;
    find_unused_sinks(setup);
    find_gaps(setup);
}

void findings_add_shadows(struct setup *setup)
{
    if (setup->rules && setup->problems.error_count == 0)
        ruleset_review(setup->rules, &setup->problems);
}
