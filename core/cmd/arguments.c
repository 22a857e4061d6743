#include "cmd/arguments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/moment.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cmd/command.h"

static const struct argument *find_option(
    const struct argument *options, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, word) == 0)
            return &options[i];
    return NULL;
}

static bool is_documented(const struct command *command, const char *name)
{
    for (const struct command_option *option = command->options; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

/* The help, the manual and the completions know exactly what is read here. */
static void hold_to_table(
    const struct command *command, const struct argument *options, size_t option_count)
{
    size_t count = 0;

    if (!command->help)
        return;
    for (const struct command_option *option = command->options; option && option->name; option++)
        count++;
    assert(count == option_count);
    for (size_t i = 0; i < option_count; i++)
        assert(is_documented(command, options[i].name));
}

int arguments_read(const struct command *command, int argc, char **argv,
    const struct argument *options, size_t option_count, const char **rest, int most)
{
    int count = 0;

    hold_to_table(command, options, option_count);
    for (int i = 0; i < argc; i++) {
        const struct argument *option = find_option(options, option_count, argv[i]);
        if (!option && argv[i][0] == '-' && argv[i][1]) {
            command_usage(command, "unknown option \"%s\"", argv[i]);
            return -1;
        }
        if (!option && count == most) {
            command_usage(command, "\"%s\" is one argument too many", argv[i]);
            return -1;
        }
        if (!option) {
            rest[count++] = argv[i];
            continue;
        }
        if (option->is_there)
            *option->is_there = true;
        if (option->value && i + 1 == argc) {
            command_usage(command, "%s needs a value", option->name);
            return -1;
        }
        if (option->count && *option->count == option->most) {
            command_usage(command, "%s may be given %zu times", option->name, option->most);
            return -1;
        }
        if (option->value)
            option->value[option->count ? (*option->count)++ : 0] = argv[++i];
    }
    return count;
}

const char *arguments_config(const char *given)
{
    const char *named = getenv("TOCSIN_CONFIG");

    if (given)
        return given;
    if (named && *named)
        return named;
    return access("tocsin.yaml", F_OK) == 0 ? "tocsin.yaml" : "/etc/tocsin/tocsin.yaml";
}

bool arguments_check_moment(const struct command *command, const char *name, const char *value)
{
    int64_t ms;

    if (!value || moment_parse(value, clock_wall_ms(), &ms))
        return true;
    command_usage(
        command, "%s must be a time such as 2026-11-25T20:00:00Z, or how long ago: 2h", name);
    return false;
}

json_t *arguments_json(const char *value)
{
    auto_free char *repaired = utf8_repair(value, strlen(value), NULL);

    return json_string(repaired);
}
