#include "sink/call.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "build_config.h"
#include "lane/worker.h"
#include "message/escape.h"

#if HAVE_OPENSSL
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif

enum {
    wait_readable = 1,
    wait_writable = 2,
};

struct call_block {
    struct call_block *next;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct call *call_of(struct tocsin_call *face)
{
    return (struct call *)face;
}

void *call_alloc(struct call *call, size_t size)
{
    struct call_block *block = mem_alloc(sizeof *block + size);

    block->next = call->blocks;
    call->blocks = block;
    return block->bytes;
}

static char *keep_text(struct call *call, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = call_alloc(call, size);

    memcpy(kept, text, size);
    return kept;
}

static void *host_alloc(struct tocsin_call *face, size_t size)
{
    return call_alloc(call_of(face), size);
}

static char *host_format(struct tocsin_call *face, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    /* The format is the plugin author's, as printf's is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    auto_free char *text = text_vformat(format, args);
#pragma GCC diagnostic pop
    va_end(args);
    return keep_text(call_of(face), text);
}

static char *host_escape(struct tocsin_call *face, uint32_t flavour, const char *text)
{
    auto_buf struct buf escaped = {0};

    escape_append(&escaped, (enum flavour)flavour, text, strlen(text));
    return keep_text(call_of(face), buf_text(&escaped));
}

static const char *host_event_json(struct tocsin_call *face)
{
    struct call *call = call_of(face);

    if (!call->make_event_json)
        return "{}";
    auto_free char *text = call->make_event_json(call->source);
    return keep_text(call, text);
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
    va_list args;

    va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    auto_free char *text = text_vformat(format, args);
#pragma GCC diagnostic pop
    va_end(args);
    log_debug(call_of(face)->logger, "%s", text);
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
    while (call->blocks) {
        struct call_block *next = call->blocks->next;
        free(call->blocks);
        call->blocks = next;
    }
}
