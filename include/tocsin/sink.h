/* tocsin/sink.h: the sink plugin interface, version 1.0. MIT licence; closed plugins are welcome.
 *
 * A plugin is a shared object that exports one symbol, `tocsin_sink_plugin`. A complete one:
 *
 *     #include <tocsin/sink.h>
 *     struct config { struct tocsin_secret url; const char *prefix; };
 *     static const struct tocsin_option options[] = {
 *         TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
 *         TOCSIN_OPTION(struct config, prefix, 0, "alert", "the first word of each message"),
 *     };
 *     static void *open(struct tocsin_call *call, const void *config, const char **why)
 *     { return (void *)config; }
 *     static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
 *     {
 *         const struct config *config = instance;
 *         static const char *const headers[] = {"Content-Type: text/plain", NULL};
 *         request->url = config->url.value;
 *         request->headers = headers;
 *         request->body = call->host->format(call, "%s: %s", config->prefix, call->message->title);
 *     }
 *     TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
 *         TOCSIN_SINK_V1, .name = "mine", .version = "1.0", .help = "posts plain text",
 *         TOCSIN_OPTIONS(struct config, options), .open = open, .render = render,
 *     };
 *
 *     cc -shared -fPIC -fvisibility=hidden -o mine.so mine.c $(pkg-config --cflags tocsin)
 *
 * Texts are UTF-8 and end with NUL. What the host gives (call, message, config, answer) is the
 * host's: the config lives until close, the rest until the call's end, in render until the
 * attempt's end. What a plugin hands over comes from host->alloc or host->format, which never fail
 * and are freed by the host, from its config, or from constants. A struct with a size or a stride
 * grows at its end, no other does: ask TOCSIN_HAS() before the first use of a member beyond 1.0. */
#ifndef TOCSIN_SINK_H
#define TOCSIN_SINK_H
/* Set by hand, so that the whole interface can be read at once. */
/* clang-format off */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* Options: a table bound to the plugin's config struct. The host reads and checks the values, fills
 * the struct, redacts secrets, and prints the documentation, all from this table. */
struct tocsin_secret { const char *value; };                  /* never shown anywhere */
struct tocsin_duration { int64_t ms; };                       /* 250ms 5s 10m 2h 7d */
struct tocsin_size { uint64_t bytes; };                       /* 512 64k 1m 2g */
struct tocsin_choice { uint32_t index; };                     /* position in `choices` */
struct tocsin_list { const char *const *items; size_t count; };
struct tocsin_pair { const char *key, *value; }; struct tocsin_map { const struct tocsin_pair *items; size_t count; };
enum { TOCSIN_TEXT = 1, TOCSIN_SECRET, TOCSIN_BOOL, TOCSIN_INT, TOCSIN_DURATION, TOCSIN_SIZE, TOCSIN_CHOICE, TOCSIN_LIST, TOCSIN_MAP };
enum { TOCSIN_REQUIRED = 1, /* may not be missing or empty */
    TOCSIN_URL = 2,         /* an absolute URL; a secret one is hidden in all its parts */
    TOCSIN_PATH = 4,        /* a file; made absolute, relative to the file that names it */
    TOCSIN_HIDDEN = 8 };    /* a list or map: its values are secrets, never shown anywhere */
struct tocsin_option {
    const char *name;
    uint32_t type, flags, offset;
    const char *fallback; /* as a user would write it; NULL leaves the member zero */
    const char *choices;  /* TOCSIN_CHOICE: the words, divided by blanks */
    const char *help;     /* one sentence */
};
#ifdef __cplusplus
template <class T> struct tocsin_type;
#define TOCSIN_TYPE_(T, N) template <> struct tocsin_type<T> { enum : uint32_t { value = N }; };
TOCSIN_TYPE_(const char *, TOCSIN_TEXT) TOCSIN_TYPE_(tocsin_secret, TOCSIN_SECRET) TOCSIN_TYPE_(bool, TOCSIN_BOOL)
TOCSIN_TYPE_(int64_t, TOCSIN_INT) TOCSIN_TYPE_(tocsin_duration, TOCSIN_DURATION) TOCSIN_TYPE_(tocsin_size, TOCSIN_SIZE)
TOCSIN_TYPE_(tocsin_choice, TOCSIN_CHOICE) TOCSIN_TYPE_(tocsin_list, TOCSIN_LIST) TOCSIN_TYPE_(tocsin_map, TOCSIN_MAP)
#define TOCSIN_TYPE_OF(conf, member) tocsin_type<decltype(((conf *)0)->member)>::value
#define TOCSIN_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define TOCSIN_TYPE_OF(conf, member) _Generic(((conf *)0)->member, const char *: TOCSIN_TEXT, \
    struct tocsin_secret: TOCSIN_SECRET, bool: TOCSIN_BOOL, int64_t: TOCSIN_INT, struct tocsin_size: TOCSIN_SIZE, \
    struct tocsin_duration: TOCSIN_DURATION, struct tocsin_choice: TOCSIN_CHOICE, \
    struct tocsin_list: TOCSIN_LIST, struct tocsin_map: TOCSIN_MAP)
#define TOCSIN_EXPORT __attribute__((visibility("default")))
#endif
#define TOCSIN_OPTION(conf, member, flags, fallback, help) TOCSIN_WORDS(conf, member, flags, fallback, NULL, help)
#define TOCSIN_WORDS(conf, member, flags, fallback, choices, help) \
    { #member, TOCSIN_TYPE_OF(conf, member), flags, offsetof(conf, member), fallback, choices, help }
#define TOCSIN_OPTIONS(conf, table) .config_size = sizeof(conf), .option_stride = sizeof *(table), \
    .option_count = sizeof(table) / sizeof *(table), .options = (table)

/* The message. Title, facts, rule and names are plain text: escape them for where they are shown. */
enum { TOCSIN_INFO, TOCSIN_LOW, TOCSIN_MEDIUM, TOCSIN_HIGH, TOCSIN_URGENT };
enum { TOCSIN_PLAIN, TOCSIN_MARKDOWN, TOCSIN_TEAMS, TOCSIN_MRKDWN, TOCSIN_HTML };
enum { TOCSIN_REPEAT = 1,    /* an earlier attempt may have arrived already: say so */
    TOCSIN_NOT_ENRICHED = 2, /* the look-up failed, what is missing is unknown: say so */
    TOCSIN_FALLBACK = 4 };   /* it was meant for another sink */
struct tocsin_fact { const char *label, *value; };
struct tocsin_message {
    uint32_t size, attempt, level, marks; /* attempt counts from 1 */
    int32_t urgency;                      /* 0..100, -1 unknown */
    uint32_t fact_count, fact_stride;
    const char *delivery, *event; /* ids; the delivery's is the same at each attempt */
    const char *sink, *rule, *type, *action, *hook;
    const char *thread;         /* what belongs together for a reader; "" is nothing */
    const char *title;          /* one line, never empty */
    const char *text;           /* in the plugin's flavour, escaped already; may be "" */
    const char *text_plain;     /* the same as plain text */
    const char *link;           /* an http(s) URL or NULL */
    const char *resume;         /* what the last attempt's outcome left; or NULL */
    const char *first_receipt;  /* the receipt of the thread's first message here; or NULL */
    int64_t time_ms, now_ms;    /* of the event, of this attempt; Unix epoch */
    const struct tocsin_fact *facts; /* step by fact_stride bytes */
};
/* What became of an attempt. */
enum { TOCSIN_DELIVERED = 1, TOCSIN_RETRY, TOCSIN_REJECTED, /* this event can never be taken */
    TOCSIN_UNUSABLE, /* the destination takes nothing until somebody mends it */
    TOCSIN_AGAIN };  /* render again at once with `resume`; at most 4 times an attempt */
struct tocsin_outcome {
    uint32_t size, result;
    int64_t retry_after_ms; /* 0: the host's back-off */
    uint32_t maybe_sent;    /* not delivered for sure, but it may have arrived */
    const char *reason;     /* one line for people: what was attempted, and why it failed */
    const char *receipt;    /* the far end's id of the message; kept */
    const char *resume;     /* short; handed back at the next attempt of the same delivery */
    const char *notice;     /* what the operator must hear, although all is well: becomes an alarm */
};
/* The request that a render sink makes, and the answer that the host got for it. */
struct tocsin_request {
    uint32_t size;
    const char *method; /* NULL is POST */
    const char *url, *body; uint64_t body_len; /* 0: strlen(body) */
    const char *const *headers; /* "Name: value", NULL at the end; JSON unless one says otherwise */
    const char *refusal;        /* instead of a URL: why this event cannot be sent; rejects it */
    const char *const *allow;   /* only public addresses and these networks, NULL at the end; NULL: any */
};
struct tocsin_answer {
    uint32_t size, status; int64_t retry_after_ms;
    const char *body; uint64_t body_len; /* the first 8 KiB */
    const char *(*header)(const struct tocsin_answer *answer, const char *name); /* or NULL */
};
struct tocsin_call { uint32_t size; const struct tocsin_host *host; const struct tocsin_message *message; };
struct tocsin_host {
    uint32_t size;
    void *(*alloc)(struct tocsin_call *call, size_t size); /* zeroed */
    char *(*format)(struct tocsin_call *call, const char *format, ...);
    char *(*escape)(struct tocsin_call *call, uint32_t flavour, const char *text);
    const char *(*event_json)(struct tocsin_call *call); /* and what was looked up; in check: samples, then NULL */
    /* NULL in a build without OpenSSL. */
    void (*hmac_sha256)(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32]);
    /* Blocking plugins wait here. events: 1 readable, 2 writable; fd -1 only waits for timeout_ms
     * (-1: the deadline). 1 ready, 0 timed out, -1 the deadline has passed or the daemon stops. */
    int (*wait)(struct tocsin_call *call, int fd, int events, int64_t timeout_ms);
    int64_t (*time_left_ms)(struct tocsin_call *call); void (*log)(struct tocsin_call *call, const char *format, ...); /* a debug line */
    /* JSON by a Mustache template of JSON data, whose values cannot break it; NULL with the reason. */
    char *(*fill)(struct tocsin_call *call, const char *json_template, const char *data, const char **why);
};
/* The plugin. Exactly one of render and deliver. `open` is called once per worker, on its thread; an
 * instance is used by one thread at a time. NULL from open (with *why set): nothing else is called. */
struct tocsin_sink_plugin {
    uint32_t size;
    uint16_t major, min_minor; /* another major is refused; so is a min_minor the host lacks */
    const char *name, *version, *help;
    uint32_t flavour; /* of message->text */
    uint32_t config_size, option_stride, option_count;
    const struct tocsin_option *options;
    const char *rate;     /* the default of `rate`: "1/s", NULL no limit */
    uint32_t concurrency; /* the default of `concurrency`; 0 the host's */
    bool (*check)(struct tocsin_call *call, const void *config, const char **why); /* at load; no network; or NULL */
    void *(*open)(struct tocsin_call *call, const void *config, const char **why);
    void (*render)(void *instance, struct tocsin_call *call, struct tocsin_request *request);
    void (*judge)(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
        struct tocsin_outcome *outcome); /* or NULL; the outcome holds the default verdict */
    void (*deliver)(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome);
    void (*close)(void *instance); /* or NULL */
    uint32_t max_text; /* how many code points of message->text are shown; 0: no limit known */
    void (*probe)(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome); /* as deliver, up to the login: sends nothing; or NULL */
};
#define TOCSIN_SINK_V1 .size = sizeof(struct tocsin_sink_plugin), .major = 1, .min_minor = 0
#define TOCSIN_HAS(object, type, member) ((object)->size >= offsetof(type, member) + sizeof((object)->member))
#endif
