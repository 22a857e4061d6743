#include "../cmocka_setup.h"

#include "render_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/error.h"
#include "message/filling.h"
#include "message/sample.h"
#include "sink/call.h"

/* Memory that the host gave out and takes back by itself. */
struct grant {
    struct grant *next;
    max_align_t bytes[];
};

/* Host functions are given the call only: it stands at the beginning of the host. */
struct render_host {
    struct tocsin_call call;
    struct tocsin_host functions;
    size_t samples_given;
    const struct tocsin_sink_plugin *plugin;
    void *config;
    void *instance;
    struct grant *config_texts; /* until the host is destroyed */
    struct grant *grants;       /* until the next call */
    struct tocsin_request request;
    struct tocsin_outcome outcome;
};

struct scripted_answer {
    struct tocsin_answer answer;
    const char *const *headers;
};

static void *grant_create(struct grant **list, size_t size)
{
    struct grant *grant = mem_alloc(sizeof *grant + size);

    grant->next = *list;
    *list = grant;
    return grant->bytes;
}

static char *grant_text(struct grant **list, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(grant_create(list, size), text, size);
}

static void grants_forget(struct grant **list)
{
    while (*list) {
        struct grant *grant = *list;
        *list = grant->next;
        free(grant);
    }
}

static struct grant **grants_of(struct tocsin_call *call)
{
    return &((struct render_host *)call)->grants;
}

static void *host_alloc(struct tocsin_call *call, size_t size)
{
    return grant_create(grants_of(call), size);
}

__attribute__((format(printf, 2, 3))) static char *host_format(
    struct tocsin_call *call, const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    return grant_text(grants_of(call), buf_text(&text));
}

char *escape_like_host(uint32_t flavour, const char *text)
{
    struct buf escaped = {0};

    for (; *text != '\0'; text++) {
        bool is_special = strchr("\\`*_{}[]()#+-.!|~><@", *text) != NULL;
        if (is_special && flavour == TOCSIN_MARKDOWN)
            buf_putc(&escaped, '\\');
        buf_putc(&escaped, *text);
        if (is_special && (flavour == TOCSIN_TEAMS || *text == '@'))
            buf_puts(&escaped, "\xe2\x80\x8b");
    }
    return buf_take(&escaped);
}

static char *host_escape(struct tocsin_call *call, uint32_t flavour, const char *text)
{
    auto_free char *escaped = escape_like_host(flavour, text);

    return grant_text(grants_of(call), escaped);
}

/* In check there is no message, and the samples come one by one. */
static const char *host_event_json(struct tocsin_call *call)
{
    struct render_host *host = (struct render_host *)call;
    auto_free char *text =
        call->message ? text_copy(RENDER_HOST_EVENT) : sample_export(host->samples_given++);

    return text ? grant_text(grants_of(call), text) : NULL;
}

static char *host_fill(
    struct tocsin_call *call, const char *template, const char *data, const char **why)
{
    auto_error struct error error = {0};
    struct filling filling = {0};
    auto_free char *made = filling_make(&filling, template, data, 0, &error);

    filling_finish(&filling);
    if (made)
        return grant_text(grants_of(call), made);
    *why = grant_text(grants_of(call), error_text(&error));
    return NULL;
}

/* The HMAC is the real host's: NULL in a build without OpenSSL. */
static void functions_fill(struct tocsin_host *functions)
{
    struct call real;

    call_init(&real, NULL);
    *functions = (struct tocsin_host){
        .size = sizeof *functions,
        .alloc = host_alloc,
        .format = host_format,
        .escape = host_escape,
        .event_json = host_event_json,
        .hmac_sha256 = real.face.host->hmac_sha256,
        .fill = host_fill,
    };
    call_finish(&real);
}

render_host_hmac_fn render_host_hmac(const struct render_host *host)
{
    return host->functions.hmac_sha256;
}

void render_host_lose_hmac(struct render_host *host)
{
    host->functions.hmac_sha256 = NULL;
}

static uint32_t choice_index(const struct tocsin_option *option, const char *word)
{
    uint32_t index = 0;
    size_t len = strlen(word);

    for (const char *at = option->choices; *at != '\0'; index++) {
        size_t choice_len = strcspn(at, " ");
        if (choice_len == len && memcmp(at, word, len) == 0)
            return index;
        at += choice_len + strspn(at + choice_len, " ");
    }
    fail_msg("%s: %s is none of: %s", option->name, word, option->choices);
    return 0;
}

/* One more each time. */
static void list_add(struct render_host *host, struct tocsin_list *list, const char *value)
{
    const char **items = grant_create(&host->config_texts, (list->count + 1) * sizeof *items);

    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count++] = value;
    list->items = items;
}

/* "name: value"; one more each time. */
static void map_add(struct render_host *host, struct tocsin_map *map, const char *text)
{
    struct tocsin_pair *items = grant_create(&host->config_texts, (map->count + 1) * sizeof *items);
    char *name = grant_text(&host->config_texts, text);
    char *colon = strstr(name, ": ");

    assert_non_null(colon);
    *colon = '\0';
    if (map->count > 0)
        memcpy(items, map->items, map->count * sizeof *items);
    items[map->count++] = (struct tocsin_pair){name, colon + 2};
    map->items = items;
}

static void option_set(
    struct render_host *host, const struct tocsin_option *option, const char *text)
{
    void *member = (char *)host->config + option->offset;
    const char *value = grant_text(&host->config_texts, text);

    switch (option->type) {
    case TOCSIN_TEXT:
        *(const char **)member = value;
        break;
    case TOCSIN_SECRET:
        ((struct tocsin_secret *)member)->value = value;
        break;
    case TOCSIN_BOOL:
        *(bool *)member = strcmp(value, "true") == 0;
        break;
    case TOCSIN_INT:
        *(int64_t *)member = strtoll(value, NULL, 10);
        break;
    case TOCSIN_CHOICE:
        ((struct tocsin_choice *)member)->index = choice_index(option, value);
        break;
    case TOCSIN_LIST:
        list_add(host, member, value);
        break;
    case TOCSIN_MAP:
        map_add(host, member, value);
        break;
    default:
        fail_msg("%s: no render plugin had an option of type %u yet", option->name, option->type);
    }
}

static const struct tocsin_option *option_find(
    const struct tocsin_sink_plugin *plugin, const char *name, size_t len)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const char *base = (const char *)plugin->options;
        const struct tocsin_option *option =
            (const struct tocsin_option *)(base + (size_t)i * plugin->option_stride);
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
            return option;
    }
    return NULL;
}

static void config_fill(struct render_host *host, const char *const *pairs)
{
    const struct tocsin_sink_plugin *plugin = host->plugin;

    for (uint32_t i = 0; i < plugin->option_count; i++)
        if (plugin->options[i].fallback)
            option_set(host, &plugin->options[i], plugin->options[i].fallback);
    for (; *pairs; pairs++) {
        size_t len = strcspn(*pairs, "=");
        const struct tocsin_option *option = option_find(plugin, *pairs, len);
        if (!option)
            fail_msg("%s has no option for %s", plugin->name, *pairs);
        else
            option_set(host, option, *pairs + len + 1);
    }
}

static const struct tocsin_sink_plugin *plugin_load(const char *path)
{
    /* Never closed, as in the daemon. */
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        fail_msg("%s", dlerror());
    const struct tocsin_sink_plugin *plugin = dlsym(module, "tocsin_sink_plugin");

    assert_non_null(plugin);
    assert_int_equal(plugin->size, sizeof *plugin);
    assert_int_equal(plugin->major, 1);
    assert_int_equal(plugin->min_minor, 0);
    assert_int_equal(plugin->option_stride, sizeof(struct tocsin_option));
    assert_non_null(plugin->open);
    assert_non_null(plugin->render);
    assert_null(plugin->deliver);
    return plugin;
}

struct render_host *render_host_create(const char *path, const char *const *pairs)
{
    struct render_host *host = mem_alloc(sizeof *host);
    const char *why = NULL;

    functions_fill(&host->functions);
    host->call = (struct tocsin_call){.size = sizeof host->call, .host = &host->functions};
    host->plugin = plugin_load(path);
    host->config = mem_alloc(host->plugin->config_size);
    config_fill(host, pairs);
    host->instance = host->plugin->open(&host->call, host->config, &why);
    assert_non_null(host->instance);
    return host;
}

void render_host_destroy(struct render_host *host)
{
    if (!host)
        return;
    if (host->plugin->close)
        host->plugin->close(host->instance);
    grants_forget(&host->grants);
    grants_forget(&host->config_texts);
    free(host->config);
    free(host);
}

const struct tocsin_sink_plugin *render_host_plugin(const struct render_host *host)
{
    return host->plugin;
}

const char *render_host_check(struct render_host *host)
{
    const char *why = NULL;

    grants_forget(&host->grants);
    host->call.message = NULL;
    host->samples_given = 0;
    if (!host->plugin->check || host->plugin->check(&host->call, host->config, &why))
        return NULL;
    assert_non_null(why);
    return why;
}

const struct tocsin_request *render_host_render(
    struct render_host *host, const struct tocsin_message *message)
{
    grants_forget(&host->grants);
    host->call.message = message;
    host->request = (struct tocsin_request){.size = sizeof host->request};
    host->plugin->render(host->instance, &host->call, &host->request);
    if (host->request.refusal)
        return &host->request;
    assert_non_null(host->request.url);
    assert_non_null(host->request.body);
    if (host->request.body_len == 0)
        host->request.body_len = strlen(host->request.body);
    assert_true(utf8_is_valid(host->request.body, host->request.body_len));
    return &host->request;
}

static const char *answer_header(const struct tocsin_answer *answer, const char *name)
{
    const struct scripted_answer *scripted = (const struct scripted_answer *)answer;
    size_t len = strlen(name);

    for (const char *const *line = scripted->headers; line && *line; line++)
        if (strncasecmp(*line, name, len) == 0 && (*line)[len] == ':')
            return *line + len + 1 + strspn(*line + len + 1, " ");
    return NULL;
}

/* DESIGN, section 5. */
static uint32_t default_result(uint32_t status)
{
    if (status >= 200 && status < 300)
        return TOCSIN_DELIVERED;
    if (status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501))
        return TOCSIN_RETRY;
    if (status == 401 || status == 403 || status == 404 || status == 410 || status == 501)
        return TOCSIN_UNUSABLE;
    return status >= 300 && status < 400 ? TOCSIN_UNUSABLE : TOCSIN_REJECTED;
}

const struct tocsin_outcome *render_host_judge(struct render_host *host,
    const struct tocsin_message *message, uint32_t status, const char *const *headers,
    const char *body)
{
    struct scripted_answer scripted = {
        .answer = {.size = sizeof scripted.answer,
            .status = status,
            .body = body,
            .body_len = strlen(body),
            .header = answer_header},
        .headers = headers,
    };

    grants_forget(&host->grants);
    host->call.message = message;
    host->outcome = (struct tocsin_outcome){.size = sizeof host->outcome,
        .result = default_result(status),
        .reason = "the host's own words"};
    host->plugin->judge(host->instance, &host->call, &scripted.answer, &host->outcome);
    assert_in_range(host->outcome.result, TOCSIN_DELIVERED, TOCSIN_AGAIN);
    return &host->outcome;
}

struct tocsin_message message_example(void)
{
    static const struct tocsin_fact facts[] = {
        {"Status", "Pending"},
        {"Entity", "DMZ-01 (7.7.7.7)"},
        {"Source", "10.0.0.7"},
    };

    return (struct tocsin_message){
        .size = sizeof(struct tocsin_message),
        .attempt = 1,
        .level = TOCSIN_URGENT,
        .urgency = 85,
        .fact_count = 3,
        .fact_stride = sizeof(struct tocsin_fact),
        .delivery = "k7-1",
        .event = "k7-1",
        .sink = "soc",
        .rule = "urgent alerts",
        .type = "alert",
        .action = "created",
        .hook = "soc",
        .thread = "e6e6cf0d",
        .title = "Cobalt Strike beacon",
        .text = "A beacon was seen.\nIt called home.\n\nIsolate the host.",
        .text_plain = "A beacon was seen.\nIt called home.\n\nIsolate the host.",
        .link = "https://app.example.org/sic/alerts/ALxyz",
        .time_ms = 1795428000000,
        .now_ms = 1795428001000,
        .facts = facts,
    };
}
