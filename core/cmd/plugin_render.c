/* What a render plugin would ask for, without a configuration and without sending it: for who
 * writes one. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/input.h"
#include "cmd/json_layout.h"
#include "cmd/session.h"
#include "config/locator.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/view.h"
#include "message/message.h"
#include "message/sample.h"
#include "sink/call.h"
#include "sink/face.h"
#include "sink/plugin.h"
#include "sink/request.h"
#include "probe/values.h"

enum {
    most_given = 64,
};

struct rendering {
    const char *file, *event;
    const char *given[most_given];
    size_t given_count;
    bool is_json, shows_secrets;
    struct plugin *plugin;
    struct probe_values *values;
    struct probe_config *config;
    char *event_json;
    struct message *message;
    struct tocsin_message face;
    struct tocsin_fact facts[FACTS_MOST];
};

static char *make_event_json(const void *source)
{
    return text_copy(((const struct rendering *)source)->event_json);
}

/* What the daemon gives a sink of it, when nothing was looked up and no rule has words. */
static void take_event(struct rendering *rendering, const struct event *event, json_t *body)
{
    const struct view_context context = {.event_id = "render-e1",
        .hook = "render",
        .accepted_ms = clock_wall_ms(),
        .levels = {80, 75, 50, 1}};
    struct view *view = view_create(event, NULL, 0, &context);
    const struct message_order order = {
        .flavour = (enum flavour)rendering->plugin->descriptor.flavour,
        .rule = "a rule",
        .now_ms = context.accepted_ms};

    view_set_rule(view, "a rule");
    rendering->message = message_create(view, &order);
    rendering->event_json = event_export(event, "render-e1", "render", body, json_object());
    rendering->face.time_ms = view->time_ms;
    rendering->face.now_ms = context.accepted_ms;
    view_destroy(view);
}

static void fill_face(struct rendering *rendering, const struct event *event)
{
    struct tocsin_message *face = &rendering->face;

    face->attempt = 1;
    face->delivery = "render-d1";
    face->event = "render-e1";
    face->sink = rendering->plugin->descriptor.name;
    face->rule = "a rule";
    face->type = event->type;
    face->action = event->action;
    face->hook = "render";
    face->thread = event->thread;
    face_fill(face, rendering->facts, rendering->message);
}

/* A posted one, or without a file what was posted of tocsin's first sample. */
static struct event *read_event(const struct rendering *rendering, struct error *error)
{
    auto_buf struct buf bytes = {0};

    if (!rendering->event) {
        auto_free char *sample = sample_export(0);
        auto_json json_t *whole = json_loads(sample, 0, NULL);
        auto_free char *body = json_dumps(json_object_get(whole, "body"), JSON_COMPACT);
        return event_parse(body, strlen(body), error);
    }
    if (!input_read(rendering->event, &bytes, error))
        return NULL;
    struct event *event = event_parse(buf_text(&bytes), bytes.len, error);
    if (!event)
        error_wrap(error, "%s is no event", rendering->event);
    return event;
}

static char *shown(const struct rendering *rendering, const char *text)
{
    if (rendering->shows_secrets)
        return text_copy(text);
    return secrets_redact(rendering->config->secrets, text);
}

static void add_header(const struct rendering *rendering, json_t *headers, const char *header)
{
    auto_free char *text = shown(rendering, header);
    auto_free char *valid = utf8_repair(text, strlen(text), NULL);

    json_array_append_new(headers, json_string(valid));
}

static json_t *list_headers(const struct rendering *rendering, const struct tocsin_request *request)
{
    const char *missing = request_missing_type(request->headers);
    json_t *headers = json_array();

    for (size_t i = 0; request->headers && request->headers[i]; i++)
        add_header(rendering, headers, request->headers[i]);
    if (missing)
        add_header(rendering, headers, missing);
    return headers;
}

/* Of a secret URL, where it leads. */
static char *shown_url(const struct rendering *rendering, const char *url)
{
    char *clean = shown(rendering, url);
    struct locator locator;

    if (strcmp(clean, "***") != 0 || locator_split(url, &locator) || locator.user.len > 0)
        return clean;
    free(clean);
    return text_format("%.*s/***", (int)(locator.path - url), url);
}

static json_t *report(const struct rendering *rendering, const struct tocsin_request *request)
{
    size_t len = request->body_len ? request->body_len : strlen(request->body ? request->body : "");
    auto_free char *url = shown_url(rendering, request->url);
    auto_free char *valid = utf8_repair(request->body ? request->body : "", len, NULL);
    auto_free char *body = shown(rendering, valid);

    return json_pack("{s:s, s:s, s:o, s:s, s:I}", "method",
        request->method ? request->method : "POST", "url", url, "headers",
        list_headers(rendering, request), "body", body, "body_bytes", (json_int_t)len);
}

static void print_request(const json_t *request)
{
    const char *body = json_string_value(json_object_get(request, "body"));
    auto_json json_t *document = json_loads(body, JSON_DECODE_ANY, NULL);
    auto_buf struct buf text = {0};
    const json_t *header;
    size_t i;

    printf("%s %s\n", json_string_value(json_object_get(request, "method")),
        json_string_value(json_object_get(request, "url")));
    json_array_foreach (json_object_get(request, "headers"), i, header)
        puts(json_string_value(header));
    if (document)
        json_layout(document, &text);
    else
        buf_puts(&text, body);
    printf("\n%s%s", buf_text(&text), text.len > 0 && text.data[text.len - 1] == '\n' ? "" : "\n");
}

static int refuse(const struct rendering *rendering, const char *what, const char *why)
{
    auto_free char *clean = shown(rendering, why ? why : "it does not say why");

    fprintf(stderr, "tocsin: %s: %s: %s\n", rendering->file, what, clean);
    return EXIT_NO;
}

static int call_plugin(struct rendering *rendering, struct call *call)
{
    const struct tocsin_sink_plugin *plugin = &rendering->plugin->descriptor;
    struct tocsin_request request = {.size = sizeof request};
    const char *why = NULL;

    call->is_check = true;
    if (plugin->check && !plugin->check(&call->face, rendering->config->config, &why))
        return refuse(rendering, "it does not take these options", why);
    call->is_check = false;
    call->face.message = &rendering->face;
    void *instance = plugin->open(&call->face, rendering->config->config, &why);
    if (!instance)
        return refuse(rendering, "it does not open", why);
    plugin->render(instance, &call->face, &request);
    bool has_request = request.url && !request.refusal;
    auto_json json_t *made = has_request ? report(rendering, &request) : NULL;
    int status =
        has_request ? EXIT_FINE : refuse(rendering, "it refuses this event", request.refusal);
    if (made && rendering->is_json)
        session_print(made);
    else if (made)
        print_request(made);
    if (plugin->close)
        plugin->close(instance);
    return status;
}

static int render(struct rendering *rendering, const struct event *event)
{
    static const struct logger to_stderr = {.threshold = LOG_LEVEL_DEBUG};
    struct logger logger = to_stderr;
    struct call call;

    logger.secrets = rendering->config->secrets;
    take_event(rendering, event, json_incref(event->body));
    fill_face(rendering, event);
    call_init(&call, &logger);
    call.make_event_json = make_event_json;
    call.source = rendering;
    int status = call_plugin(rendering, &call);
    call_finish(&call);
    return status;
}

static bool prepare(struct rendering *rendering, struct error *error)
{
    rendering->values = probe_values_create(
        rendering->plugin, rendering->given, rendering->given_count, ".", false, error);
    if (!rendering->values)
        return false;
    rendering->config = probe_config_create(rendering->values, 0, 0, error);
    return rendering->config != NULL;
}

static int run(struct rendering *rendering, struct error *error)
{
    rendering->plugin = plugin_load(rendering->file, NULL, 0, error);
    if (!rendering->plugin)
        return EXIT_UNDONE;
    if (plugin_blocks(rendering->plugin)) {
        error_set(error,
            "%s makes no request: it delivers by itself. `tocsin drill SINK` shows what it sends, "
            "by sending it",
            rendering->file);
        return EXIT_NO;
    }
    if (!prepare(rendering, error))
        return EXIT_UNDONE;
    struct event *event = read_event(rendering, error);
    if (!event)
        return EXIT_UNDONE;
    int status = render(rendering, event);
    event_destroy(event);
    return status;
}

int cmd_plugin_render(const struct command *command, int argc, char **argv)
{
    struct rendering rendering = {0};
    const char *rest[2] = {NULL, NULL};
    auto_error struct error error = {0};
    const struct argument options[] = {
        {"-o", rendering.given, NULL, &rendering.given_count, most_given},
        {"--show-secrets", NULL, &rendering.shows_secrets}, {"--json", NULL, &rendering.is_json}};

    int count = arguments_read(command, argc, argv, options, 3, rest, 2);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "name the plugin's file");
    auto_free char *path = strchr(rest[0], '/') ? text_copy(rest[0]) : text_format("./%s", rest[0]);
    rendering.file = path;
    rendering.event = rest[1];
    int status = run(&rendering, &error);
    if (error.text)
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
    message_destroy(rendering.message);
    free(rendering.event_json);
    probe_config_destroy(rendering.config);
    probe_values_destroy(rendering.values);
    plugin_destroy(rendering.plugin);
    return status;
}
