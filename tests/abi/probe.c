/* A render sink that uses all of the interface and posts what it was told: built with the header of
 * each release, with today's, and with one that has grown (grow.py), it has to say the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <tocsin/sink.h>

struct config {
    const char *word;
    struct tocsin_secret url;
    bool loud;
    int64_t number;
    struct tocsin_duration pause;
    struct tocsin_size room;
    struct tocsin_choice mode;
    struct tocsin_list names;
    struct tocsin_map pairs;
};

/* Rows of a header that has grown are wider, and full: who walks them by another width finds
 * nonsense. */
#ifdef TOCSIN_GROWN
#define MORE , 0x6e6f6e73656e7365
#else
#define MORE
#endif
#define ROW(member, flags, fallback, choices)                                                      \
    {                                                                                              \
#member, TOCSIN_TYPE_OF(struct config, member), flags, offsetof(struct config, member),    \
            fallback, choices, "is told" MORE                                                      \
    }

static const struct tocsin_option options[] = {
    ROW(word, 0, "none", NULL),
    ROW(url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, NULL),
    ROW(loud, 0, "false", NULL),
    ROW(number, 0, "-3", NULL),
    ROW(pause, 0, "2s", NULL),
    ROW(room, 0, "64k", NULL),
    ROW(mode, 0, "one", "one two three"),
    ROW(names, 0, "[a, b]", NULL),
    ROW(pairs, TOCSIN_HIDDEN, "{k: v}", NULL),
};

static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;

    (void)call;
    *why = "word: not that one";
    return strcmp(config->word, "refused") != 0;
}

static void *open(struct tocsin_call *call, const void *settings, const char **why)
{
    (void)call, (void)why;
    return (void *)settings;
}

static const char *list_names(struct tocsin_call *call, const struct tocsin_list *list)
{
    const char *text = "";

    for (size_t i = 0; i < list->count; i++)
        text = call->host->format(call, "%s %s", text, list->items[i]);
    return text;
}

static const char *list_pairs(struct tocsin_call *call, const struct tocsin_map *map)
{
    const char *text = "";

    for (size_t i = 0; i < map->count; i++)
        text = call->host->format(call, "%s %s=%s", text, map->items[i].key, map->items[i].value);
    return text;
}

static const char *list_facts(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    const char *text = "";

    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact =
            (const void *)((const char *)message->facts + (size_t)i * message->fact_stride);
        text = call->host->format(call, "%s %s=%s", text, fact->label, fact->value);
    }
    return text;
}

/* Of what a header that has grown knows more of than the host, nothing is touched. */
static const char *see_more(struct tocsin_call *call, struct tocsin_request *request)
{
    const char *seen = "nothing";

#ifdef TOCSIN_GROWN
    if (TOCSIN_HAS(call->message, struct tocsin_message, grown_message) ||
        TOCSIN_HAS(call, struct tocsin_call, grown_call))
        seen = "a message or call";
    if (TOCSIN_HAS(call->host, struct tocsin_host, grown_host))
        seen = "a host";
    if (TOCSIN_HAS(request, struct tocsin_request, grown_request)) {
        request->grown_request = 7;
        seen = "a request";
    }
#else
    (void)call, (void)request;
#endif
    return seen;
}

static const char *tell_config(struct tocsin_call *call, const struct config *config)
{
    return call->host->format(call,
        "word %s; loud %d; number %" PRId64 "; pause %" PRId64 "; room %" PRIu64 "; mode %" PRIu32
        "; names%s; pairs%s",
        config->word, config->loud, config->number, config->pause.ms, config->room.bytes,
        config->mode.index, list_names(call, &config->names), list_pairs(call, &config->pairs));
}

static const char *tell_message(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;

    return call->host->format(call,
        "attempt %" PRIu32 "; level %" PRIu32 "; marks %" PRIu32 "; urgency %" PRId32 "; rule %s; "
        "type %s; action %s; hook %s; title %s; link %s; facts%s",
        message->attempt, message->level, message->marks, message->urgency, message->rule,
        message->type, message->action, message->hook, message->title,
        message->link ? message->link : "none", list_facts(call));
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;
    const char *why = NULL;
    const char *data = call->host->format(call, "{\"config\": \"%s\", \"more\": \"%s\"}",
        tell_config(call, config), see_more(call, request));
    static const char *const headers[] = {"X-Probe: yes", NULL};

    request->method = "POST";
    request->url = config->url.value;
    request->headers = headers;
    request->body = call->host->fill(call,
        call->host->format(call,
            "{\"config\": {{config}}, \"more\": {{more}}, \"message\": \"%s\"}",
            call->host->escape(call, TOCSIN_PLAIN, tell_message(call))),
        data, &why);
    if (!request->body)
        request->refusal = why;
}

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    const char *id = answer->header(answer, "X-Id");

    (void)instance;
    if (answer->status == 418 && !call->message->resume) {
        outcome->result = TOCSIN_AGAIN;
        outcome->resume = "asked for tea";
        return;
    }
#ifdef TOCSIN_GROWN
    if (TOCSIN_HAS(answer, struct tocsin_answer, grown_answer) ||
        TOCSIN_HAS(outcome, struct tocsin_outcome, grown_outcome))
        outcome->grown_outcome = 7;
#endif
    outcome->receipt = call->host->format(call, "%.*s, id %s, after %s", (int)answer->body_len,
        answer->body, id ? id : "none", call->message->resume ? call->message->resume : "nothing");
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "probe",
    .version = "1.0",
    .help = "tells a test all that it was told",
    .flavour = TOCSIN_HTML,
    TOCSIN_OPTIONS(struct config, options),
    .rate = "100/s",
    .concurrency = 2,
    .check = check,
    .open = open,
    .render = render,
    .judge = judge,
    .max_text = 500,
#ifdef TOCSIN_GROWN
    .grown_sink_plugin = 0x6e6f6e73656e7365,
#endif
};
