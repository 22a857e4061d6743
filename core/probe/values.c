#include "probe/values.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/secret.h"
#include "config/options.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "sink/plugin.h"
#include "probe/probe.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define PEER "{peer}"

struct value {
    const char **given; /* borrowed texts; NULL: it is made up or left out */
    size_t given_count;
    size_t candidate; /* which of those that can be made up */
    bool is_used;     /* made up */
};

struct probe_values {
    const struct plugin *plugin;
    const struct option_table *table; /* the plugin's */
    const char *scratch;
    struct value *items; /* one an option */
};

/* What texts are made up of: for the plugin's first configuration, and for its second. */
static const char *const urls[] = {
    "https://" PEER "/hooks/", "smtp://" PEER, "tcp://" PEER, "udp://" PEER, "http://" PEER "/"};
static const char *const texts[][2] = {{"probe", "other"},
    {"probe@example.org", "other@example.org"}, {"/bin/cat", "/bin/cat"}, {"1", "2"}};

static bool is_secret(const struct tocsin_option *option)
{
    return option->type == TOCSIN_SECRET || (option->flags & TOCSIN_HIDDEN);
}

static bool is_of_texts(const struct tocsin_option *option)
{
    return option->type == TOCSIN_TEXT || option->type == TOCSIN_SECRET ||
           option->type == TOCSIN_LIST || option->type == TOCSIN_MAP;
}

static size_t candidate_count(const struct tocsin_option *option)
{
    if (!is_of_texts(option) || option->flags & TOCSIN_PATH)
        return 1;
    if (option->flags & TOCSIN_URL)
        return LENGTH(urls);
    return is_secret(option) ? 1 : LENGTH(texts);
}

static const struct tocsin_option *option_of(const struct probe_values *values, size_t index)
{
    return option_at(values->table, index);
}

static bool is_set(const struct value *value)
{
    return value->given_count > 0 || value->is_used;
}

static bool set_unknown(const struct probe_values *values, const char *key, struct error *error)
{
    auto_free const char **names = mem_alloc((values->table->count + 1) * sizeof *names);

    for (size_t i = 0; i < values->table->count; i++)
        names[i] = option_of(values, i)->name;
    const char *near = nearest_word(key, names, values->table->count);
    return error_set(error, "-o %s: the plugin has no such option%s%s%s", key,
        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool take_given(struct probe_values *values, const char *given, struct error *error)
{
    const char *equals = strchr(given, '=');
    auto_free char *key = text_copy_n(given, equals ? (size_t)(equals - given) : strlen(given));

    if (!equals)
        return error_set(error, "-o %s: write it as key=value", given);
    for (size_t i = 0; i < values->table->count; i++) {
        struct value *value = &values->items[i];
        if (strcmp(option_of(values, i)->name, key) != 0)
            continue;
        value->given = mem_resize(value->given, (value->given_count + 1) * sizeof *value->given);
        value->given[value->given_count++] = equals + 1;
        return true;
    }
    return set_unknown(values, key, error);
}

struct probe_values *probe_values_create(const struct plugin *plugin, const char *const *given,
    size_t count, const char *scratch, bool makes_up, struct error *error)
{
    struct probe_values *values = mem_alloc(sizeof *values);
    const struct option_table *table = &plugin->options;
    bool ok = true;

    values->plugin = plugin;
    values->table = table;
    values->scratch = scratch;
    values->items = mem_alloc((table->count + 1) * sizeof *values->items);
    for (size_t i = 0; i < count && ok; i++)
        ok = take_given(values, given[i], error);
    for (size_t i = 0; i < table->count; i++)
        values->items[i].is_used = makes_up && values->items[i].given_count == 0 &&
                                   (option_of(values, i)->flags & TOCSIN_REQUIRED) != 0;
    if (ok)
        return values;
    probe_values_destroy(values);
    return NULL;
}

void probe_values_destroy(struct probe_values *values)
{
    if (!values)
        return;
    for (size_t i = 0; i < values->table->count; i++)
        free(values->items[i].given);
    free(values->items);
    free(values);
}

/* A text that nobody else has: where it turns up, the plugin put it. */
static char *make_marker(size_t index, unsigned variant)
{
    return text_format("tocsinProbe%zu%c7c1e9d42b8", index, variant ? 'b' : 'a');
}

static char *make_text(const struct probe_values *values, size_t index, unsigned variant)
{
    const struct tocsin_option *option = option_of(values, index);
    size_t candidate = values->items[index].candidate;
    auto_free char *marker = make_marker(index, variant);

    if (option->flags & TOCSIN_PATH)
        return text_format("%s/%s-%u", values->scratch, option->name, variant);
    if (option->flags & TOCSIN_URL) {
        const char *url = urls[candidate];
        return text_format("%s%s", url, url[strlen(url) - 1] == '/' ? marker : "");
    }
    return is_secret(option) ? TAKE(marker) : text_copy(texts[candidate][variant]);
}

static char *first_word(const char *words)
{
    words += strspn(words, " ");
    return text_copy_n(words, strcspn(words, " "));
}

/* As a user would write it, without quotes. */
static char *make_value(const struct probe_values *values, size_t index, unsigned variant)
{
    const struct tocsin_option *option = option_of(values, index);

    switch (option->type) {
    case TOCSIN_BOOL:
        return text_copy("true");
    case TOCSIN_INT:
        return text_copy("1");
    case TOCSIN_DURATION:
        return text_copy("1s");
    case TOCSIN_SIZE:
        return text_copy("1m");
    case TOCSIN_CHOICE:
        return first_word(option->choices);
    default:
        return make_text(values, index, variant);
    }
}

/* The text in quotes (JSON is YAML), with the far end's address in it. */
static void write_quoted(struct buf *out, const char *text, uint16_t port)
{
    auto_buf struct buf whole = {0};

    for (const char *at = text, *next; *at; at = next) {
        const char *peer = strstr(at, PEER);
        next = peer ? peer + strlen(PEER) : at + strlen(at);
        buf_append(&whole, at, peer ? (size_t)(peer - at) : strlen(at));
        if (peer)
            buf_printf(&whole, "127.0.0.1:%u", (unsigned)port);
    }
    auto_json json_t *string = json_string(buf_text(&whole));
    auto_free char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    buf_puts(out, quoted ? quoted : "\"\"");
}

static bool is_flow(const struct tocsin_option *option, const char *text)
{
    return (option->type == TOCSIN_LIST || option->type == TOCSIN_MAP) &&
           (*text == '[' || *text == '{');
}

static void write_given(
    struct buf *out, const struct tocsin_option *option, const struct value *value, uint16_t port)
{
    if (value->given_count == 1 && is_flow(option, value->given[0])) {
        buf_puts(out, value->given[0]);
        return;
    }
    buf_puts(out, value->given_count > 1 ? "[" : "");
    for (size_t i = 0; i < value->given_count; i++) {
        buf_puts(out, i ? ", " : "");
        write_quoted(out, value->given[i], port);
    }
    buf_puts(out, value->given_count > 1 ? "]" : "");
}

static void write_made(struct buf *out, const struct probe_values *values, size_t index,
    unsigned variant, uint16_t port)
{
    const struct tocsin_option *option = option_of(values, index);
    auto_free char *text = make_value(values, index, variant);

    buf_puts(out, option->type == TOCSIN_MAP ? "{TOCSIN_PROBE: " : "");
    buf_puts(out, option->type == TOCSIN_LIST ? "[" : "");
    write_quoted(out, text, port);
    buf_puts(out, option->type == TOCSIN_LIST ? "]" : "");
    buf_puts(out, option->type == TOCSIN_MAP ? "}" : "");
}

static char *write_yaml(const struct probe_values *values, unsigned variant, uint16_t port)
{
    struct buf out = {0};

    buf_puts(&out, "{");
    for (size_t i = 0; i < values->table->count; i++) {
        if (!is_set(&values->items[i]))
            continue;
        buf_printf(&out, "%s%s: ", out.len > 1 ? ", " : "", option_of(values, i)->name);
        if (values->items[i].given_count > 0)
            write_given(&out, option_of(values, i), &values->items[i], port);
        else
            write_made(&out, values, i, variant, port);
    }
    buf_puts(&out, "}");
    return buf_take(&out);
}

static void collect_url_secrets(struct probe_config *config)
{
    for (size_t i = 0; i < config->table->count; i++) {
        const struct tocsin_option *option = option_at(config->table, i);
        const void *member = (const char *)config->config + option->offset;
        if (option->type == TOCSIN_SECRET && option->flags & TOCSIN_URL)
            secrets_add_url(config->url_secrets, ((const struct tocsin_secret *)member)->value);
    }
}

struct probe_config *probe_config_create(
    const struct probe_values *values, unsigned variant, uint16_t port, struct error *error)
{
    auto_problems struct problems problems = {0};
    auto_free char *text = write_yaml(values, variant, port);
    struct probe_config *config = mem_alloc(sizeof *config);

    config->table = values->table;
    config->secrets = secrets_create();
    config->url_secrets = secrets_create();
    config->config = mem_alloc(values->plugin->descriptor.config_size);
    config->node = yaml_load_text("-o", text, strlen(text), &problems);
    const struct option_context context = {.problems = &problems, .secrets = config->secrets};
    if (config->node && options_read(values->table, config->node, config->config, &context) &&
        problems.error_count == 0) {
        collect_url_secrets(config);
        return config;
    }
    error_set(error, "-o: %s", problems.count ? problems.items[0].text : "cannot be read");
    probe_config_destroy(config);
    return NULL;
}

void probe_config_destroy(struct probe_config *config)
{
    if (!config)
        return;
    options_finish(config->table, config->config);
    free(config->config);
    yaml_destroy(config->node);
    secrets_destroy(config->secrets);
    secrets_destroy(config->url_secrets);
    free(config);
}

/* Whether the plugin takes the values as they are now; `why` is its word. */
static bool is_taken(
    struct probe_values *values, struct probe *probe, char **why, struct error *error)
{
    struct probe_call call;
    const char *word = NULL;
    struct probe_config *config =
        probe_config_create(values, 0, probe->board->ports[PEER_REFUSES], error);

    *why = NULL;
    if (!config)
        return false;
    probe_call_init(&call, probe, config, NULL);
    bool is_fine = probe_ask(&call, &word);
    if (!is_fine)
        *why = text_copy(word ? word : "");
    probe_call_finish(&call);
    probe_config_destroy(config);
    return is_fine;
}

/* The option that a reason begins with ("url: ..."), if something else can be made up for it. */
static struct value *blamed(struct probe_values *values, const char *why)
{
    size_t len = strcspn(why, ":");

    for (size_t i = 0; i < values->table->count && why[len]; i++) {
        const struct tocsin_option *option = option_of(values, i);
        struct value *value = &values->items[i];
        if (value->is_used && strlen(option->name) == len && strncmp(option->name, why, len) == 0 &&
            value->candidate + 1 < candidate_count(option))
            return value;
    }
    return NULL;
}

static bool is_free_secret(const struct probe_values *values, size_t index)
{
    return is_secret(option_of(values, index)) && !is_set(&values->items[index]);
}

/* A user that somebody wrote needs a password: whether one more secret brings it further. */
static bool settle_with_secret(struct probe_values *values, struct probe *probe)
{
    for (size_t i = 0; i < values->table->count; i++) {
        auto_free char *why = NULL;
        if (!is_free_secret(values, i))
            continue;
        values->items[i].is_used = true;
        if (is_taken(values, probe, &why, NULL) || (why && blamed(values, why)))
            return true;
        values->items[i].is_used = false;
    }
    return false;
}

static bool settle_required(struct probe_values *values, struct probe *probe, struct error *error)
{
    for (;;) {
        auto_free char *why = NULL;
        if (is_taken(values, probe, &why, error))
            return true;
        if (!why)
            return false;
        struct value *value = blamed(values, why);
        if (value) {
            value->candidate++;
            continue;
        }
        if (settle_with_secret(values, probe))
            continue;
        if (!*why)
            return error_set(error, "its check refuses the options and does not say why");
        return error_set(error,
            "the plugin does not take the options that were made up for it: %s (say what it "
            "takes: -o KEY=VALUE)",
            why);
    }
}

bool probe_values_settle(struct probe_values *values, struct probe *probe, struct error *error)
{
    if (!settle_required(values, probe, error))
        return false;
    for (size_t i = 0; i < values->table->count; i++) {
        auto_free char *why = NULL;
        if (!is_free_secret(values, i))
            continue;
        values->items[i].is_used = true;
        values->items[i].is_used = is_taken(values, probe, &why, NULL);
    }
    return true;
}

static const char *written_url(const struct probe_values *values, size_t index)
{
    const struct value *value = &values->items[index];

    if (value->given_count > 0)
        return value->given[0];
    return value->is_used && option_of(values, index)->flags & TOCSIN_URL ? urls[value->candidate]
                                                                          : "";
}

bool probe_values_have_peer(const struct probe_values *values)
{
    for (size_t i = 0; i < values->table->count; i++)
        if (strstr(written_url(values, i), PEER))
            return true;
    return false;
}

bool probe_values_are_datagrams(const struct probe_values *values)
{
    for (size_t i = 0; i < values->table->count; i++)
        if (strncmp(written_url(values, i), "udp", 3) == 0)
            return true;
    return false;
}

char *probe_values_unset_secrets(const struct probe_values *values)
{
    struct buf names = {0};

    for (size_t i = 0; i < values->table->count; i++)
        if (is_secret(option_of(values, i)) && !is_set(&values->items[i]))
            buf_printf(&names, "%s%s", names.len ? ", " : "", option_of(values, i)->name);
    return buf_take(&names);
}

size_t probe_values_secret_count(const struct probe_values *values)
{
    size_t count = 0;

    for (size_t i = 0; i < values->table->count; i++)
        count += is_secret(option_of(values, i)) && is_set(&values->items[i]);
    return count;
}
