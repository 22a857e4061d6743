#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config-private.h"
#include "config/config.h"
#include "config/options.h"
#include "config/yaml.h"

enum {
    shortest_safe_name = 16, /* letters of a path's last part that nobody guesses */
    longest_body = 64 << 20,
};

struct hook_options {
    struct tocsin_choice from;
    struct tocsin_secret path;
    struct tocsin_size max_body;
};

static const struct tocsin_option hook_table[] = {
    TOCSIN_WORDS(struct hook_options, from, 0, "sekoia", "sekoia", "what posts here"),
    TOCSIN_OPTION(struct hook_options, path, TOCSIN_REQUIRED, NULL,
        "the secret path, such as /hooks/ and a random UUID"),
    TOCSIN_OPTION(struct hook_options, max_body, 0, "256k", "the longest post that is taken"),
};

static const char *const later[] = {"auth", "allow", "rate", "alarm_if_silent", NULL};

/* The path of the vendor's public example: thousands have read it. */
static const char public_example[] = "67a7472b-b43c-415d-b1ce-c135fb1dfb0e";

static void check_path(const struct config *config, const struct config_hook *hook,
    const struct yaml *path, struct problems *problems)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    const char *last = strrchr(hook->path, '/');

    if (hook->path[0] != '/' || hook->path[strspn(hook->path, allowed)] != '\0') {
        problem_add(problems, path->place,
            "hook %s: \"path\" must begin with / and hold only letters, digits and - . _ ~ /",
            hook->name);
        return;
    }
    if (strstr(hook->path, public_example))
        problem_add(problems, path->place,
            "hook %s: this is the path of the vendor's public example; make one of your own: "
            "tocsin init writes a fresh one",
            hook->name);
    else if (strlen(last + 1) < shortest_safe_name)
        problem_warn(problems, path->place,
            "hook %s: a path that ends in fewer than %d letters can be guessed, and whoever knows "
            "it can post",
            hook->name, shortest_safe_name);
    for (size_t i = 0; i < config->hook_count; i++)
        if (strcmp(config->hooks[i].path, hook->path) == 0)
            problem_add(problems, path->place, "hook %s: hook %s has the same path", hook->name,
                config->hooks[i].name);
}

static void read_hook(
    struct config *config, const struct yaml_entry *entry, struct problems *problems)
{
    const struct option_table table = OPTION_TABLE(hook_table);
    auto_free char *subject = text_format("hook %s", entry->key->text);
    struct config_hook hook = {.name = text_copy(entry->key->text), .place = entry->key->place};
    struct hook_options options = {0};
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = subject, .also = later};

    config_refuse_later(entry->value, subject, later, problems);
    bool ok = options_read(&table, entry->value, &options, &context);
    if (ok) {
        hook.path = text_copy(options.path.value);
        hook.max_body = options.max_body.bytes;
        secrets_add_url(config->secrets, hook.path);
        check_path(config, &hook, yaml_get(entry->value, "path"), problems);
        if (hook.max_body < 1024 || hook.max_body > longest_body)
            problem_add(problems, entry->value->place,
                "hook %s: \"max_body\" must lie between 1k and 64m", hook.name);
        config->hooks[config->hook_count++] = hook;
    } else {
        free(hook.name);
    }
    options_finish(&table, &options);
}

void config_read_hooks(struct config *config, const struct yaml *hooks, struct problems *problems)
{
    if (!hooks || hooks->kind == YAML_NULL)
        return;
    if (hooks->kind != YAML_MAP) {
        problem_add(problems, hooks->place, "\"hooks\" must be a map of names to hooks, not %s",
            yaml_describe(hooks));
        return;
    }
    config->hooks = mem_alloc(hooks->count * sizeof *config->hooks);
    for (size_t i = 0; i < hooks->count; i++)
        read_hook(config, &hooks->entries[i], problems);
}
