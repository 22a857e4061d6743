#include "sink/call.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "build_config.h"
#include "lane/worker.h"
#include "message/escape.h"
#include "message/filling.h"
#include "message/sample.h"

#if HAVE_OPENSSL
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif

enum {
    wait_readable = 1,
    wait_writable = 2,
    alignment = _Alignof(max_align_t),
    usual_chunk = 960, /* malloc keeps what is below a kilobyte at hand */
};

/* What a call gives out is many and small, and all of it goes at once. */
struct call_chunk {
    struct call_chunk *next;
    size_t size, used;
    _Alignas(max_align_t) char bytes[];
};

static struct call *call_of(struct tocsin_call *face)
{
    return (struct call *)face;
}

static struct call_chunk *chunk_add(struct call *call, size_t least)
{
    size_t size = least > usual_chunk ? least : usual_chunk;
    struct call_chunk *chunk = mem_take(sizeof *chunk + size);

    chunk->next = call->chunks;
    chunk->size = size;
    chunk->used = 0;
    call->chunks = chunk;
    return chunk;
}

/* Not zeroed. */
static void *call_take(struct call *call, size_t size)
{
    struct call_chunk *chunk = call->chunks;

    if (size > SIZE_MAX - sizeof *chunk - alignment)
        mem_exhausted();
    size = (size + alignment - 1) / alignment * alignment;
    if (!chunk || chunk->size - chunk->used < size)
        chunk = chunk_add(call, size);
    chunk->used += size;
    return chunk->bytes + chunk->used - size;
}

void *call_alloc(struct call *call, size_t size)
{
    return memset(call_take(call, size), 0, size);
}

char *call_keep(struct call *call, const char *bytes, size_t len)
{
    char *kept = call_take(call, len + 1);

    if (len)
        memcpy(kept, bytes, len);
    kept[len] = '\0';
    return kept;
}

static void *host_alloc(struct tocsin_call *face, size_t size)
{
    return call_alloc(call_of(face), size);
}

static char *host_format(struct tocsin_call *face, const char *format, ...)
{
    struct call *call = call_of(face);
    va_list args;

    buf_clear(&call->scratch);
    va_start(args, format);
    /* The format is the plugin author's, as printf's is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_vprintf(&call->scratch, format, args);
#pragma GCC diagnostic pop
    va_end(args);
    return call_keep(call, call->scratch.data, call->scratch.len);
}

static char *host_escape(struct tocsin_call *face, uint32_t flavour, const char *text)
{
    struct call *call = call_of(face);
    /* A number of a later version, or none at all. */
    enum flavour known = flavour <= TOCSIN_HTML ? (enum flavour)flavour : FLAVOUR_PLAIN;

    buf_clear(&call->scratch);
    escape_append(&call->scratch, known, text, strlen(text));
    return call_keep(call, buf_text(&call->scratch), call->scratch.len);
}

static const char *host_event_json(struct tocsin_call *face)
{
    struct call *call = call_of(face);

    if (!call->is_check && !call->make_event_json)
        return "{}";
    auto_free char *text =
        call->is_check ? sample_export(call->samples_given++) : call->make_event_json(call->source);
    return text ? call_keep(call, text, strlen(text)) : NULL;
}

#if HAVE_OPENSSL
static void host_hmac_sha256(
    const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32])
{
    unsigned int out_len = 32;

    if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &out_len))
        mem_exhausted();
}
#endif

static int64_t host_time_left_ms(struct tocsin_call *face)
{
    const struct worker_limits *limits = call_of(face)->limits;
    int64_t left = limits ? limits->deadline_ms - clock_mono_ms() : 0;

    return left > 0 ? left : 0;
}

static int host_wait(struct tocsin_call *face, int fd, int events, int64_t timeout_ms)
{
    const struct worker_limits *limits = call_of(face)->limits;
    int64_t left = host_time_left_ms(face);

    if (!limits || left == 0)
        return -1;
    int64_t patience = timeout_ms >= 0 && timeout_ms < left ? timeout_ms : left;
    struct pollfd fds[] = {
        {.fd = limits->stop_fd, .events = POLLIN},
        {.fd = fd,
            .events = (short)((events & wait_readable ? POLLIN : 0) |
                              (events & wait_writable ? POLLOUT : 0))},
    };
    int ready = poll(fds, 2, (int)(patience < 600000 ? patience : 600000));
    if (fds[0].revents)
        return -1;
    if (ready > 0)
        return 1;
    return host_time_left_ms(face) == 0 ? -1 : 0;
}

static void host_log(struct tocsin_call *face, const char *format, ...)
{
    const struct call *call = call_of(face);
    va_list args;

    va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    auto_free char *text = text_vformat(format, args);
#pragma GCC diagnostic pop
    va_end(args);
    if (call->hear)
        call->hear(call->source, text);
    else
        log_debug(call->logger, "%s", text);
}

static char *host_fill(
    struct tocsin_call *face, const char *template, const char *data, const char **why)
{
    struct call *call = call_of(face);
    const struct tocsin_message *message = face->message;
    struct filling own = {0};
    auto_error struct error error = {0};
    auto_free char *made = filling_make(call->filling ? call->filling : &own, template, data,
        message ? message->now_ms : clock_wall_ms(), &error);

    filling_finish(&own);
    if (made)
        return call_keep(call, made, strlen(made));
    *why = call_keep(call, error_text(&error), strlen(error_text(&error)));
    return NULL;
}

static const struct tocsin_host host = {
    .size = sizeof host,
    .alloc = host_alloc,
    .format = host_format,
    .escape = host_escape,
    .event_json = host_event_json,
#if HAVE_OPENSSL
    .hmac_sha256 = host_hmac_sha256,
#endif
    .wait = host_wait,
    .time_left_ms = host_time_left_ms,
    .log = host_log,
    .fill = host_fill,
};

void call_init(struct call *call, const struct logger *logger)
{
    *call = (struct call){
        .face = {.size = sizeof call->face, .host = &host},
        .logger = logger,
    };
}

void call_finish(struct call *call)
{
    while (call->chunks) {
        struct call_chunk *next = call->chunks->next;
        free(call->chunks);
        call->chunks = next;
    }
    buf_finish(&call->scratch);
}
