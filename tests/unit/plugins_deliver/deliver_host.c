#include "deliver_host.h"

#include "../cmocka_setup.h"

#include <dlfcn.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/units.h"

struct block {
    struct block *next;
    max_align_t bytes[];
};

/* Texts that live as long as the config. */
struct kept {
    struct kept *next;
    void *memory;
};

struct deliver_host {
    const struct tocsin_sink_plugin *plugin;
    void *config, *instance;
    struct kept *kept;
    struct block *blocks;
    int64_t deadline_ms; /* on the monotonic clock */
    atomic_bool is_stopping;
    const char *event_json;
    char *fault;
};

/* The call comes first, so that a host function finds its host. */
struct host_call {
    struct tocsin_call call;
    struct deliver_host *host;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct deliver_host *host_of(struct tocsin_call *call)
{
    return ((struct host_call *)(void *)call)->host;
}

static void *on_alloc(struct tocsin_call *call, size_t size)
{
    struct deliver_host *host = host_of(call);
    struct block *block = mem_alloc(sizeof *block + size);

    block->next = host->blocks;
    host->blocks = block;
    return block->bytes;
}

static char *on_format(struct tocsin_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = text_vformat(format, args);
    va_end(args);
    char *copy = on_alloc(call, strlen(text) + 1);
    memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static char *on_escape(struct tocsin_call *call, uint32_t flavour, const char *text)
{
    auto_buf struct buf escaped = {0};

    assert_int_equal(flavour, TOCSIN_HTML);
    for (; *text; text++) {
        if (strchr("&<>\"'", *text))
            buf_printf(&escaped, "&#%d;", *text);
        else
            buf_putc(&escaped, *text);
    }
    return on_format(call, "%s", buf_text(&escaped));
}

static const char *on_event_json(struct tocsin_call *call)
{
    return host_of(call)->event_json ? host_of(call)->event_json : "{}";
}

static void on_hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32])
{
    assert_non_null(HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL));
}

static int64_t on_time_left(struct tocsin_call *call)
{
    int64_t left_ms = host_of(call)->deadline_ms - monotonic_ms();

    return left_ms > 0 ? left_ms : 0;
}

static int on_wait(struct tocsin_call *call, int fd, int events, int64_t timeout_ms)
{
    struct deliver_host *host = host_of(call);
    short wanted = (short)((events & 1 ? POLLIN : 0) | (events & 2 ? POLLOUT : 0));

    while (!atomic_load(&host->is_stopping)) {
        int64_t left_ms = on_time_left(call);
        if (left_ms == 0)
            return -1;
        bool is_mine = timeout_ms >= 0 && timeout_ms < left_ms;
        int ready = poll(
            &(struct pollfd){.fd = fd, .events = wanted}, 1, (int)(is_mine ? timeout_ms : left_ms));
        if (ready > 0)
            return 1;
        if (ready == 0 && is_mine)
            return 0;
    }
    return -1;
}

static void on_log(struct tocsin_call *call, const char *format, ...)
{
    (void)call;
    (void)format;
}

static const struct tocsin_host functions = {.size = sizeof functions,
    .alloc = on_alloc,
    .format = on_format,
    .escape = on_escape,
    .event_json = on_event_json,
    .hmac_sha256 = on_hmac,
    .wait = on_wait,
    .time_left_ms = on_time_left,
    .log = on_log};

static struct host_call call_begin(
    struct deliver_host *host, const struct tocsin_message *message, int64_t deadline_ms)
{
    host->deadline_ms = monotonic_ms() + deadline_ms;
    return (struct host_call){
        {.size = sizeof(struct tocsin_call), .host = &functions, .message = message}, host};
}

static void call_end(struct deliver_host *host)
{
    while (host->blocks) {
        struct block *next = host->blocks->next;
        free(host->blocks);
        host->blocks = next;
    }
}

/* Takes the memory and frees it with the host. */
static void *keep(struct deliver_host *host, void *memory)
{
    struct kept *kept = mem_alloc(sizeof *kept);

    *kept = (struct kept){host->kept, memory};
    host->kept = kept;
    return memory;
}

static struct tocsin_choice choice_parse(const struct tocsin_option *option, const char *value)
{
    auto_free char *words = text_copy(option->choices);
    char *rest = words;
    uint32_t index = 0;

    for (char *word; (word = strsep(&rest, " ")); index++)
        if (strcmp(word, value) == 0)
            return (struct tocsin_choice){index};
    fail_msg("%s: %s is none of %s", option->name, value, option->choices);
    return (struct tocsin_choice){0};
}

static struct tocsin_list list_parse(struct deliver_host *host, const char *value)
{
    char *rest = keep(host, text_copy(value));
    const char **items = keep(host, mem_alloc((strlen(value) + 1) * sizeof *items));
    size_t count = 0;

    for (char *item; (item = strsep(&rest, ","));)
        items[count++] = item;
    return (struct tocsin_list){items, count};
}

/* "NAME=value,NAME=value" */
static struct tocsin_map map_parse(struct deliver_host *host, const char *value)
{
    struct tocsin_list list = list_parse(host, value);
    struct tocsin_pair *pairs = keep(host, mem_alloc((list.count + 1) * sizeof *pairs));

    for (size_t i = 0; i < list.count; i++) {
        char *key = keep(host, text_copy(list.items[i]));
        char *sign = strchr(key, '=');
        assert_non_null(sign);
        *sign = '\0';
        pairs[i] = (struct tocsin_pair){key, sign + 1};
    }
    return (struct tocsin_map){pairs, list.count};
}

static void bind_value(
    struct deliver_host *host, const struct tocsin_option *option, const char *value)
{
    char *member = (char *)host->config + option->offset;

    switch (option->type) {
    case TOCSIN_TEXT:
        *(const char **)(void *)member = keep(host, text_copy(value));
        break;
    case TOCSIN_SECRET:
        ((struct tocsin_secret *)(void *)member)->value = keep(host, text_copy(value));
        break;
    case TOCSIN_BOOL:
        *(bool *)member = strcmp(value, "true") == 0;
        break;
    case TOCSIN_SIZE:
        assert_true(size_parse(value, &((struct tocsin_size *)(void *)member)->bytes));
        break;
    case TOCSIN_CHOICE:
        *(struct tocsin_choice *)(void *)member = choice_parse(option, value);
        break;
    case TOCSIN_LIST:
        *(struct tocsin_list *)(void *)member = list_parse(host, value);
        break;
    case TOCSIN_MAP:
        *(struct tocsin_map *)(void *)member = map_parse(host, value);
        break;
    default:
        fail_msg("%s: this host knows no options of type %u", option->name, option->type);
    }
}

static const struct tocsin_option *option_at(
    const struct tocsin_sink_plugin *plugin, uint32_t index)
{
    return (const void *)((const char *)plugin->options + (size_t)index * plugin->option_stride);
}

static const struct tocsin_option *option_named(
    const struct tocsin_sink_plugin *plugin, const char *name, size_t len)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct tocsin_option *option = option_at(plugin, i);
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
            return option;
    }
    fail_msg("%s has no option %.*s", plugin->name, (int)len, name);
    return NULL;
}

static const struct tocsin_sink_plugin *plugin_load(const char *variable)
{
    const char *path = getenv(variable);

    assert_non_null(path);
    /* Never unloaded, like the daemon's. */
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    const struct tocsin_sink_plugin *plugin = dlsym(object, "tocsin_sink_plugin");
    assert_non_null(plugin);
    assert_int_equal(plugin->major, 1);
    assert_non_null(plugin->deliver);
    assert_null(plugin->render);
    return plugin;
}

struct deliver_host *deliver_host_create(const char *variable, const char *const *settings)
{
    struct deliver_host *host = mem_alloc(sizeof *host);

    host->plugin = plugin_load(variable);
    host->config = mem_alloc(host->plugin->config_size);
    for (uint32_t i = 0; i < host->plugin->option_count; i++) {
        const struct tocsin_option *option = option_at(host->plugin, i);
        if (option->fallback)
            bind_value(host, option, option->fallback);
    }
    for (; *settings; settings++) {
        const char *equals = strchr(*settings, '=');
        assert_non_null(equals);
        bind_value(
            host, option_named(host->plugin, *settings, (size_t)(equals - *settings)), equals + 1);
    }
    return host;
}

void deliver_host_set_event(struct deliver_host *host, const char *json)
{
    host->event_json = json;
}

void deliver_host_destroy(struct deliver_host *host)
{
    if (host->instance && host->plugin->close)
        host->plugin->close(host->instance);
    while (host->kept) {
        struct kept *next = host->kept->next;
        free(host->kept->memory);
        free(host->kept);
        host->kept = next;
    }
    free(host->config);
    free(host->fault);
    free(host);
}

const char *deliver_host_check(struct deliver_host *host)
{
    struct host_call call = call_begin(host, NULL, 1000);
    const char *why = NULL;
    bool is_fine = host->plugin->check(&call.call, host->config, &why);

    free(host->fault);
    host->fault = is_fine ? NULL : text_copy(why);
    if (!is_fine)
        assert_non_null(why);
    call_end(host);
    return host->fault;
}

static void open_instance(struct deliver_host *host)
{
    struct host_call call = call_begin(host, NULL, 1000);
    const char *why = NULL;

    host->instance = host->plugin->open(&call.call, host->config, &why);
    if (!host->instance)
        fail_msg("open: %s", why);
    call_end(host);
}

struct outcome deliver_host_deliver(
    struct deliver_host *host, const struct tocsin_message *message, int64_t deadline_ms)
{
    if (!host->instance)
        open_instance(host);
    struct host_call call = call_begin(host, message, deadline_ms);
    struct tocsin_outcome given = {.size = sizeof given};
    int64_t start_ms = monotonic_ms();

    host->plugin->deliver(host->instance, &call.call, &given);
    struct outcome outcome = {.result = given.result,
        .maybe_sent = given.maybe_sent,
        .reason = text_copy(given.reason),
        .receipt = text_copy(given.receipt),
        .resume = text_copy(given.resume),
        .took_ms = monotonic_ms() - start_ms};
    call_end(host);
    return outcome;
}

void outcome_finish(struct outcome *outcome)
{
    free(outcome->reason);
    free(outcome->receipt);
    free(outcome->resume);
}

void deliver_host_stop(struct deliver_host *host)
{
    atomic_store(&host->is_stopping, true);
}

struct tocsin_message sample_message(void)
{
    static const struct tocsin_fact facts[] = {{"Urgency", "85 / 100 (Urgent)"},
        {"Status", "Ongoing"}, {"Entity", "Acme, Paris"}, {"Source", "10.0.0.7"}};

    return (struct tocsin_message){.size = sizeof(struct tocsin_message),
        .attempt = 1,
        .level = TOCSIN_URGENT,
        .urgency = 85,
        .fact_count = 4,
        .fact_stride = sizeof *facts,
        .delivery = "d4f1-17",
        .event = "e4f1-9",
        .sink = "duty-mail",
        .rule = "urgent alerts wake people",
        .type = "alert",
        .action = "created",
        .hook = "soc",
        .thread = "8f0c5b1e-0000-4000-8000-000000000001",
        .title = "Mimikatz on DC01",
        .text = "A <b>credential dumper</b> was seen.\nIsolate the host.",
        .text_plain = "A credential dumper was seen.\nIsolate the host.",
        .link = "https://app.example.org/alerts/AL-1?a=1&b=2",
        .time_ms = 1795428000123,
        .now_ms = 1795428003000,
        .facts = facts};
}
