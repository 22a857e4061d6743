#include "config/sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/yaml.h"

void sources_add(struct sources *sources, const char *path)
{
    for (size_t i = 0; i < sources->count; i++)
        if (strcmp(sources->paths[i], path) == 0)
            return;
    sources->paths = mem_resize(sources->paths, (sources->count + 1) * sizeof *sources->paths);
    sources->paths[sources->count++] = text_copy(path);
}

static void add_lines(struct sources *sources, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        auto_free char *path = text_copy_n(lines, len);
        sources_add(sources, path);
        lines += len + (lines[len] == '\n');
    }
}

/* As deep as YAML was nested, which is bounded. */
static void add_values(struct sources *sources, const struct yaml *node)
{
    if (node->sources)
        add_lines(sources, node->sources);
    for (size_t i = 0; i < node->count; i++)
        add_values(sources, node->kind == YAML_MAP ? node->entries[i].value : node->items[i]);
}

/* A pattern finds more when a file is put beside those that it found. */
static void add_folder(struct sources *sources, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder = text_copy_n(path, slash ? (size_t)(slash - path) : 0);

    sources_add(sources, *folder ? folder : "/");
}

static bool has_pattern(const struct config *config)
{
    const struct yaml *rules = yaml_get(config->document, "rules");

    if (rules && rules->kind == YAML_SCALAR)
        return strpbrk(rules->text, "*?[");
    for (size_t i = 0; rules && rules->kind == YAML_LIST && i < rules->count; i++)
        if (rules->items[i]->kind == YAML_SCALAR && strpbrk(rules->items[i]->text, "*?["))
            return true;
    return false;
}

void sources_add_files(struct sources *sources, const struct config *config)
{
    sources_add(sources, config->file);
    for (size_t i = 0; i < config->rules_count; i++)
        sources_add(sources, config->rules[i]);
}

void sources_add_config(struct sources *sources, const struct config *config)
{
    sources_add(sources, config->file);
    for (size_t i = 0; i < config->rules_count; i++) {
        sources_add(sources, config->rules[i]);
        if (has_pattern(config))
            add_folder(sources, config->rules[i]);
    }
    const struct config_tls *tls = &config->listen_tls;
    const char *const files[] = {tls->cert, tls->key, tls->client_ca};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i])
            sources_add(sources, files[i]);
    add_values(sources, config->document);
}

void sources_add_rules(struct sources *sources, const struct yaml *document)
{
    const struct yaml *partials = yaml_get(document, "partials");

    if (partials)
        add_values(sources, partials);
}

void sources_finish(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        free(sources->paths[i]);
    free(sources->paths);
    *sources = (struct sources){0};
}

/* FNV-1a. */
static const uint64_t first_stamp = UINT64_C(0xcbf29ce484222325);

static uint64_t mix_byte(uint64_t stamp, uint64_t byte)
{
    return (stamp ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t mix(uint64_t stamp, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        stamp = mix_byte(stamp, value >> 8 * i & 0xff);
    return stamp;
}

uint64_t sources_stamp(const struct sources *sources)
{
    uint64_t stamp = first_stamp;

    for (size_t i = 0; i < sources->count; i++) {
        struct stat seen = {0};
        if (stat(sources->paths[i], &seen) < 0)
            seen = (struct stat){0};
        stamp = mix(stamp, seen.st_dev);
        stamp = mix(stamp, seen.st_ino);
        stamp = mix(stamp, (uint64_t)seen.st_size);
        stamp = mix(stamp, (uint64_t)seen.st_mtim.tv_sec);
        stamp = mix(stamp, (uint64_t)seen.st_mtim.tv_nsec);
        stamp = mix(stamp, (uint64_t)seen.st_ctim.tv_sec);
        stamp = mix(stamp, (uint64_t)seen.st_ctim.tv_nsec);
    }
    return stamp;
}

static uint64_t mix_file(uint64_t stamp, const char *path)
{
    FILE *file = fopen(path, "re");
    int byte;

    while (file && (byte = getc(file)) != EOF)
        stamp = mix_byte(stamp, (uint64_t)byte);
    if (file)
        fclose(file);
    return mix_byte(stamp, 0x100); /* where it ends; no byte is that */
}

void sources_digest(const struct sources *sources, char digest[SOURCES_DIGEST_SIZE])
{
    uint64_t stamp = first_stamp;

    for (size_t i = 0; i < sources->count; i++)
        stamp = mix_file(stamp, sources->paths[i]);
    snprintf(digest, SOURCES_DIGEST_SIZE, "%016" PRIx64, stamp);
}
