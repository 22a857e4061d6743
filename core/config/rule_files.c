/* `rules`: from names and patterns to files. */
#include "config/config-private.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/filename.h"
#include "config/yaml.h"

/* A file that two patterns reach is read once, at its first place. */
static void add_file(struct config *config, const char *path)
{
    for (size_t i = 0; i < config->rules_count; i++)
        if (strcmp(config->rules[i], path) == 0)
            return;
    config->rules = mem_resize(config->rules, (config->rules_count + 1) * sizeof *config->rules);
    config->rules[config->rules_count++] = text_copy(path);
}

static char *absolute_pattern(const char *pattern, const char *beside)
{
    auto_free char *folder = filename_absolute("", beside);
    auto_free char *literal = filename_literal(folder);

    return text_format("%s%s", *pattern == '/' ? "" : literal, pattern);
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* glob() sorts by name; folders are no files. False when there is none. */
static bool add_matches(struct config *config, const char *pattern)
{
    auto_free char *absolute = absolute_pattern(pattern, config->file);
    glob_t found = {0};
    int status = glob(absolute, 0, NULL, &found);

    bool is_any = false;

    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
        if (is_folder(found.gl_pathv[i]))
            continue;
        add_file(config, found.gl_pathv[i]);
        is_any = true;
    }
    globfree(&found);
    if (status == GLOB_NOSPACE)
        mem_exhausted();
    return is_any;
}

/* False, with errno set, when it cannot be read. */
static bool add_named(struct config *config, const char *name)
{
    auto_free char *path = filename_absolute(name, config->file);

    if (is_folder(path)) {
        errno = EISDIR;
        return false;
    }
    if (access(path, R_OK) != 0)
        return false;
    add_file(config, path);
    return true;
}

static void find(
    struct config *config, const char *name, const struct yaml *node, struct problems *problems)
{
    bool is_pattern = strpbrk(name, "*?[");

    if (is_pattern ? add_matches(config, name) : add_named(config, name))
        return;
    bool is_a_folder = errno == EISDIR;
    const char *why = strerror(errno);
    auto_free char *shown = node ? yaml_show(node) : text_format("\"%s\"", name);
    if (is_pattern)
        problem_add(problems, node ? node->place : config->document->place,
            "rules: no file matches %s", shown);
    else
        problem_add(problems, node ? node->place : config->document->place,
            "rules: %s cannot be read: %s%s", shown, why,
            is_a_folder ? "; all files in it are \"NAME/*.yaml\"" : "");
}

void rule_files_find(struct config *config, const struct tocsin_list *names,
    const struct yaml *node, struct problems *problems)
{
    if (!node || node->kind != YAML_LIST) {
        for (size_t i = 0; i < names->count; i++)
            find(config, names->items[i], node, problems);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR && !node->items[i]->is_faulty)
            find(config, node->items[i]->text, node->items[i], problems);
}
