#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/yaml.h"
#include "scene.h"
#include "told.h"

static struct config *load_good(const char *text)
{
    auto_problems struct problems problems = {0};
    struct config *config = load(text, &problems);
    auto_free char *all = told(&problems);

    assert_string_equal(all, "");
    assert_non_null(config);
    return config;
}

static void assert_path(const char *path, void *const *state, const char *name)
{
    auto_free char *expected = text_format("%s/%s", (const char *)*state, name);

    assert_string_equal(path, expected);
}

static void test_defaults_make_a_whole_configuration(void **state)
{
    auto_config struct config *config = load_good(ENDS);

    assert_path(config->file, state, "tocsin.yaml");
    assert_string_equal(config->listen.host, "127.0.0.1");
    assert_int_equal(config->listen.port, 8080);
    assert_true(config->listen.is_loopback);
    assert_int_equal(config->admin.port, 8081);
    assert_string_equal(secret_reveal(&config->admin_token), "");
    assert_null(config->public_url);
    assert_string_equal(config->ledger_path, "/var/lib/tocsin/ledger.db");
    assert_int_equal(config->keep_ms, 7 * 86400000LL);
    assert_int_equal(config->keep_dead_ms, 30 * 86400000LL);
    assert_int_equal(config->rules_count, 1);
    assert_path(config->rules[0], state, "rules.yaml");
    assert_int_equal(config->plugin_path_count, 1);
    assert_string_equal(config->plugin_path[0], "/usr/lib/tocsin/plugins");
    assert_int_equal(config->dedupe_ms, 600000);
    assert_int_equal(config->drain_ms, 20000);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->log_format, LOG_FORMAT_KEYVALUE);
    assert_int_equal(config->levels.urgent, 80);
    assert_int_equal(config->levels.high, 75);
    assert_int_equal(config->levels.medium, 50);
    assert_int_equal(config->levels.low, 1);
    assert_null(config->app_url);
    assert_null(config->api_url);
    assert_int_equal(config->lookup_count, 0);
    assert_null(config->sink_defaults);
    assert_int_equal(config->hook_count, 1);
    assert_string_equal(config->hooks[0].name, "soc");
    assert_string_equal(config->hooks[0].path, "/hooks/" SECRET "-hook-0123456789abcdef");
    assert_int_equal(config->hooks[0].max_body, 256 << 10);
    assert_int_equal(config->sink_count, 1);
    assert_string_equal(config->sinks[0].name, "chat");
    assert_string_equal(config->sinks[0].plugin, "mattermost");
    assert_int_equal(config->sinks[0].place.line, 2);
    assert_string_equal(
        yaml_get(config->sinks[0].node, "url")->text, "https://chat.example/hooks/" SECRET "xkcd");
}

static void test_what_is_written_counts(void **state)
{
    auto_config struct config *config = load_good(WHOLE);

    assert_string_equal(config->listen.host, "::");
    assert_int_equal(config->listen.port, 8443);
    assert_false(config->listen.is_loopback);
    assert_string_equal(config->admin.host, "0.0.0.0");
    assert_string_equal(secret_reveal(&config->admin_token), SECRET "-key-0123456789");
    assert_string_equal(config->public_url, "https://hooks.example.org/base");
    assert_path(config->ledger_path, state, "data/ledger.db");
    assert_int_equal(config->keep_ms, 14 * 86400000LL);
    assert_int_equal(config->keep_dead_ms, 60 * 86400000LL);
    assert_int_equal(config->plugin_path_count, 2);
    assert_path(config->plugin_path[1], state, "build/plugins");
    assert_int_equal(config->dedupe_ms, 3600000);
    assert_int_equal(config->drain_ms, 5000);
    assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config->log_format, LOG_FORMAT_JSON);
    assert_int_equal(config->levels.urgent, 90);
    assert_int_equal(config->levels.high, 75);
    assert_int_equal(config->levels.low, 10);
    assert_int_equal(config->hook_count, 2);
    assert_int_equal(config->hooks[0].max_body, 64 << 10);
    assert_string_equal(config->hooks[1].path, "/in/0123456789abcdef");
    assert_string_equal(yaml_get(yaml_get(config->sink_defaults, "retry"), "first")->text, "2s");
    assert_string_equal(config->sinks[0].plugin, "mattermost");
    assert_path(config->sinks[1].plugin, state, "build/mine.so");
}

static void test_rules_come_sorted_and_each_once(void **state)
{
    auto_config struct config *config = load_good(WHOLE);

    assert_int_equal(config->rules_count, 3);
    assert_path(config->rules[0], state, "rules.yaml");
    assert_path(config->rules[1], state, "rules.d/10-a.yaml");
    assert_path(config->rules[2], state, "rules.d/20-b.yaml");
}

static void test_a_folder_with_odd_letters_is_no_pattern(void **state)
{
    auto_problems struct problems problems = {0};

    assert_int_equal(mkdir("odd[1]*", 0700), 0);
    write_file("odd[1]*/a.yaml", "rules: []\n", 10);
    write_file("odd[1]*/t", "rules: '*.yaml'\n" ENDS, strlen("rules: '*.yaml'\n" ENDS));
    auto_config struct config *config = config_load("odd[1]*/t", "/p", &problems);
    assert_non_null(config);
    assert_int_equal(config->rules_count, 1);
    assert_path(config->rules[0], state, "odd[1]*/a.yaml");
}

static const struct config_lookup *lookup_of(const struct config *config, const char *type)
{
    for (size_t i = 0; i < config->lookup_count; i++)
        if (strcmp(config->lookups[i].type, type) == 0)
            return &config->lookups[i];
    return NULL;
}

static void test_the_preset_looks_up_four_types(void **state)
{
    static const struct {
        const char *type, *get, *pick, *as;
    } rows[] = {
        {"alert",
            "https://api.sekoia.io/v1/sic/alerts/{{attributes.uuid}}"
            "?stix=false&comments=false&history=false&countermeasures=false",
            NULL, "alert"},
        {"alert-comment",
            "https://api.sekoia.io/v1/sic/alerts/{{attributes.alert_uuid}}"
            "?stix=false&comments=false&history=false&countermeasures=false",
            NULL, "alert"},
        {"case", "https://api.sekoia.io/v1/sic/cases/{{attributes.uuid}}", NULL, "case"},
        {"content-proposal",
            "https://api.sekoia.io/v2/inthreat/content-proposals/{{attributes.uuid}}", "data",
            "proposal"},
    };
    auto_config struct config *config =
        load_good("sekoia: {region: fra1, api_key: \"${KEY}\"}\n" ENDS);

    (void)state;
    assert_int_equal(config->lookup_count, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct config_lookup *lookup = lookup_of(config, rows[i].type);
        assert_string_equal(lookup->get, rows[i].get);
        assert_string_equal(lookup->as, rows[i].as);
        assert_string_equal(
            lookup->pick ? lookup->pick : "none", rows[i].pick ? rows[i].pick : "none");
        assert_string_equal(secret_reveal(&lookup->bearer), SECRET "-key-0123456789");
        assert_int_equal(lookup->deadline_ms, 20000);
        assert_int_equal(lookup->timeout_ms, 5000);
    }
}

static void test_enrich_changes_the_preset_and_adds_to_it(void **state)
{
    auto_config struct config *config = load_good(WHOLE);
    const struct config_lookup *alert = lookup_of(config, "alert");
    const struct config_lookup *ticket = lookup_of(config, "ticket");

    (void)state;
    assert_int_equal(config->lookup_count, 5);
    assert_int_equal(alert->deadline_ms, 30000);
    assert_int_equal(alert->timeout_ms, 5000);
    assert_string_equal(alert->as, "alert");
    assert_int_equal(alert->place.line, 18);
    assert_string_equal(lookup_of(config, "case")->as, "file");
    assert_string_equal(ticket->get, "https://desk.example/api/{{attributes.uuid}}?a={{ id }}");
    assert_string_equal(ticket->as, "ticket");
    assert_string_equal(ticket->pick, "data");
    assert_string_equal(secret_reveal(&ticket->bearer), SECRET "-key-0123456789");
    assert_int_equal(ticket->deadline_ms, 20000);
    assert_int_equal(ticket->timeout_ms, 2000);
    assert_null(lookup_of(config, "content-proposal")->pick);
}

/* A look-up that was pointed elsewhere must not take Sekoia's key along. */
static void test_the_presets_key_stays_with_its_host(void **state)
{
    auto_config struct config *config = load_good(WHOLE);

    (void)state;
    assert_string_equal(
        secret_reveal(&lookup_of(config, "case")->bearer), SECRET "-key-0123456789");
    assert_string_equal(secret_reveal(&lookup_of(config, "content-proposal")->bearer), "");
}

static void test_addresses_of_sekoia(void **state)
{
    static const struct {
        const char *written, *api, *app;
    } rows[] = {
        {"region: fra1", "https://api.sekoia.io", "https://app.sekoia.io"},
        {"region: fra2", "https://app.fra2.sekoia.io/api", "https://app.fra2.sekoia.io"},
        {"region: sgp1", "https://app.sgp1.sekoia.io/api", "https://app.sgp1.sekoia.io"},
        {"api: https://api.sekoia.io, app: https://app.sekoia.io/", "https://api.sekoia.io",
            "https://app.sekoia.io"},
        {"api: https://api.sekoia.io/api/, app: https://app.sekoia.io", "https://api.sekoia.io",
            "https://app.sekoia.io"},
        {"api: https://app.sekoia.io, app: https://app.sekoia.io", "https://app.sekoia.io/api",
            "https://app.sekoia.io"},
        {"api: https://app.usa1.sekoia.io/api/api, app: https://app.usa1.sekoia.io",
            "https://app.usa1.sekoia.io/api", "https://app.usa1.sekoia.io"},
        {"api: \"http://127.0.0.1:9/\", app: \"http://127.0.0.1:9\"", "http://127.0.0.1:9",
            "http://127.0.0.1:9"},
        {"api: https://proxy.example/x/api, app: https://proxy.example",
            "https://proxy.example/x/api", "https://proxy.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *text =
            text_format("sekoia: {%s, api_key: \"${KEY}\"}\n" ENDS, rows[i].written);
        auto_config struct config *config = load_good(text);
        assert_string_equal(config->api_url, rows[i].api);
        assert_string_equal(config->app_url, rows[i].app);
    }
}

static void test_secrets_are_remembered(void **state)
{
    auto_config struct config *config = load_good(WHOLE);
    auto_free char *redacted = secrets_redact(config->secrets,
        "GET /hooks/" SECRET "-hook-0123456789abcdef with " SECRET "-key-0123456789");

    (void)state;
    assert_string_equal(redacted, "GET *** with ***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_make_a_whole_configuration),
        cmocka_unit_test(test_what_is_written_counts),
        cmocka_unit_test(test_rules_come_sorted_and_each_once),
        cmocka_unit_test(test_a_folder_with_odd_letters_is_no_pattern),
        cmocka_unit_test(test_the_preset_looks_up_four_types),
        cmocka_unit_test(test_enrich_changes_the_preset_and_adds_to_it),
        cmocka_unit_test(test_the_presets_key_stays_with_its_host),
        cmocka_unit_test(test_addresses_of_sekoia),
        cmocka_unit_test(test_secrets_are_remembered),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
