/* A folder with a tocsin.yaml in it, for tests that load one: ./tocsin.yaml, ./rules.yaml,
 * ./rules.d/.
 */
#ifndef TOCSIN_TESTS_CONFIG_SCENE_H
#define TOCSIN_TESTS_CONFIG_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"

/* What must never be seen in any message. */
#define SECRET "pl4nted"

static inline void write_file(const char *path, const char *text, size_t len)
{
    auto_fclose FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
}

static inline int set_up(void **state)
{
    char folder[] = "/tmp/tocsin-config-XXXXXX";

    *state = text_copy(mkdtemp(folder));
    if (!*state || chdir(*state) || mkdir("rules.d", 0700))
        return -1;
    write_file("rules.yaml", "rules: []\n", 10);
    write_file("rules.d/20-b.yaml", "rules: []\n", 10);
    write_file("rules.d/10-a.yaml", "rules: []\n", 10);
    write_file("rules.d/notes.txt", "no rules\n", 9);
    setenv("KEY", SECRET "-key-0123456789", 1);
    setenv("HOOK_ID", SECRET "-hook-0123456789abcdef", 1);
    setenv("WEBHOOK", "https://chat.example/hooks/" SECRET "xkcd", 1);
    unsetenv("UNSET");
    unsetenv("UNSET2");
    return 0;
}

static inline int tear_down(void **state)
{
    auto_free char *command = text_format("rm -rf '%s'", (char *)*state);

    free(*state);
    return system(command); /* NOLINT(cert-env33-c): a folder of our own making */
}

static inline struct config *load(const char *text, struct problems *problems)
{
    write_file("tocsin.yaml", text, strlen(text));
    return config_load("tocsin.yaml", "/usr/lib/tocsin/plugins", problems);
}

static inline void cleanup_config(struct config **config)
{
    config_destroy(*config);
}

#define auto_config __attribute__((cleanup(cleanup_config)))

/* Enough of a hook and a sink for a configuration without warnings. */
#define ENDS                                                                                       \
    "hooks: {soc: {from: sekoia, path: \"/hooks/${HOOK_ID}\"}}\n"                                  \
    "sinks: {chat: {plugin: mattermost, url: \"${WEBHOOK}\"}}\n"

/* A configuration that uses all there is. */
#define WHOLE                                                                                      \
    "x-anchors: {retry: &retry {first: 2s}, unset: \"${UNSET}\"}\n"                                \
    "listen: {address: \"[::]:8443\"}\n"                                                           \
    "admin: {address: 0.0.0.0:9000, token: \"${KEY}\"}\n"                                          \
    "public_url: https://hooks.example.org/base//\n"                                               \
    "ledger: {sqlite: data/ledger.db, keep: 14d, keep_dead: 60d}\n"                                \
    "rules: [rules.yaml, rules.d/*.yaml, rules.d/20-b.yaml]\n"                                     \
    "plugin_path: [/usr/lib/tocsin/plugins, build/plugins]\n"                                      \
    "dedupe: 1h\n"                                                                                 \
    "drain: 5s\n"                                                                                  \
    "sekoia:\n"                                                                                    \
    "  region: usa1\n"                                                                             \
    "  api_key: ${KEY}\n"                                                                          \
    "  levels: {urgent: 90, low: 10}\n"                                                            \
    "hooks:\n"                                                                                     \
    "  soc: {from: sekoia, path: \"/hooks/${HOOK_ID}\", max_body: 64k}\n"                          \
    "  lab: {from: sekoia, path: /in/0123456789abcdef}\n"                                          \
    "enrich:\n"                                                                                    \
    "  alert: {deadline: 30s}\n"                                                                   \
    "  case: {get: \"https://app.usa1.sekoia.io/api/v1/sic/cases/{{attributes.short_id}}\", as: "  \
    "file}\n"                                                                                      \
    "  ticket: {get: \"https://desk.example/api/{{attributes.uuid}}?a={{ id }}\", bearer: "        \
    "\"${KEY}\", "                                                                                 \
    "pick: data, timeout: 2s}\n"                                                                   \
    "  content-proposal: {get: \"https://mirror.example/{{attributes.uuid}}\", pick: \"\"}\n"      \
    "sink_defaults: {timeout: 15s, retry: *retry}\n"                                               \
    "sinks:\n"                                                                                     \
    "  soc-chat: {plugin: mattermost, url: \"${WEBHOOK}\"}\n"                                      \
    "  mine: {plugin: ./build/mine.so}\n"                                                          \
    "log: {level: debug, format: json}\n"

#endif
