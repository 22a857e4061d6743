/* The syslog sink: alerts as lines of a log, over UDP (RFC 5426), TCP (RFC 6587), TLS (RFC 5425) or
 * a unix socket. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "config.h"
#include "header.h"
#include "line.h"
#include "target.h"

enum {
    SHORTENED_LEN = 1024 /* for a datagram that the way did not take */
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct syslog_config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "where to: udp://host:514, tcp://host:514, tls://host:6514 or unix:///dev/log"),
    TOCSIN_WORDS(struct syslog_config, format, 0, "auto", "auto rfc5424 rfc3164 cef leef ecs",
        "how a message is written; auto is rfc3164 on unix sockets, as /dev/log expects, and "
        "rfc5424 elsewhere"),
    TOCSIN_WORDS(struct syslog_config, header, 0, "auto", "auto rfc5424 rfc3164 none",
        "what stands before cef, leef (auto: rfc3164) and ecs (auto: rfc5424, rfc3164 on unix "
        "sockets)"),
    TOCSIN_WORDS(struct syslog_config, facility, 0, "local0",
        "local0 local1 local2 local3 local4 local5 local6 local7 user daemon auth authpriv audit "
        "alert",
        "the facility that the receiver sorts by"),
    TOCSIN_OPTION(
        struct syslog_config, app_name, 0, "tocsin", "the APP-NAME field; the tag of RFC 3164"),
    TOCSIN_OPTION(
        struct syslog_config, hostname, 0, NULL, "the HOSTNAME field; the machine's by default"),
    TOCSIN_WORDS(struct syslog_config, framing, 0, "auto", "auto octet lf",
        "how messages on a stream are kept apart: octet counting (auto with an RFC 5424 header on "
        "tcp, and on tls) or a line feed (auto elsewhere)"),
    TOCSIN_OPTION(struct syslog_config, ca, TOCSIN_PATH, NULL,
        "tls: PEM file of the authorities to trust instead of the system's"),
    TOCSIN_OPTION(struct syslog_config, cert, TOCSIN_PATH, NULL,
        "tls: PEM file of our own certificate, for servers that ask for one"),
    TOCSIN_OPTION(struct syslog_config, key, TOCSIN_PATH, NULL,
        "tls: PEM file of its private key, without a passphrase"),
    TOCSIN_OPTION(struct syslog_config, bom, 0, "false",
        "whether a byte order mark says that the text is UTF-8; rsyslog keeps it in the text"),
    TOCSIN_OPTION(struct syslog_config, cee, 0, "false",
        "whether @cee: stands before the JSON of format ecs, as rsyslog's mmjsonparse expects"),
    TOCSIN_OPTION(struct syslog_config, max_len, 0, NULL,
        "the most bytes of a message, from 480; by default 2048 on udp and 8k elsewhere (rfc3164: "
        "1024 on udp; leef: 1024 and 4k)"),
};

/* One worker's. */
struct sink {
    const struct syslog_config *config;
    struct target target;
    struct channel channel;
    struct line_style style;
    char hostname[HOSTNAME_MAX + 1];
    size_t max_len;
};

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    const char *fault = config_fault(call, config);

    if (fault)
        *why = fault;
    return fault == NULL;
}

/* The configured name, else the machine's, else the NILVALUE. RFC 3164 4.1.2 has no domain in it;
 * a name that somebody wrote stays as it is. */
static void find_hostname(struct sink *sink)
{
    const char *configured = sink->config->hostname;

    if (configured && *configured) {
        memcpy(sink->hostname, configured, strlen(configured) + 1);
        return;
    }
    if (gethostname(sink->hostname, sizeof sink->hostname) != 0 ||
        !memchr(sink->hostname, '\0', sizeof sink->hostname) ||
        !is_printable(sink->hostname, HOSTNAME_MAX))
        memcpy(sink->hostname, "-", 2);
    if (sink->style.header == HEADER_RFC3164 && *sink->hostname != '.')
        sink->hostname[strcspn(sink->hostname, ".")] = '\0';
}

/* OpenSSL writes to dead sockets without MSG_NOSIGNAL. The thread is the sink's own. */
static void block_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *open_sink(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct syslog_config *config = settings;
    const struct tls_settings tls = config_tls(config);
    struct sink *sink = calloc(1, sizeof *sink);

    (void)call;
    if (!sink) {
        *why = "out of memory";
        return NULL;
    }
    sink->config = config;
    if (!target_parse(config->url, &sink->target, why)) {
        free(sink);
        return NULL;
    }
    channel_init(&sink->channel, &sink->target, &tls);
    sink->style = config_style(config, &sink->target);
    sink->style.hostname = sink->hostname;
    find_hostname(sink);
    sink->max_len = config_max_len(config, &sink->target);
    if (sink->target.transport == TRANSPORT_TLS)
        block_sigpipe();
    return sink;
}

static void close_sink(void *instance)
{
    struct sink *sink = instance;

    channel_finish(&sink->channel);
    free(sink);
}

/* RFC 6587 3.4. On a datagram a frame is the line. */
static struct line frame(const struct sink *sink, struct tocsin_call *call, const struct line *line)
{
    if (!sink->channel.is_stream)
        return *line;
    const char *bytes =
        config_counts_octets(sink->config, &sink->target)
            ? call->host->format(call, "%zu %.*s", line->len, (int)line->len, line->bytes)
            : call->host->format(call, "%.*s\n", (int)line->len, line->bytes);
    return (struct line){bytes, strlen(bytes)};
}

/* Framing waits for the channel: only the open one knows whether it is a stream. */
static struct sent send_line(struct sink *sink, struct tocsin_call *call, size_t max_len)
{
    const struct line line = line_write(call, &sink->style, max_len);
    struct sent sent = channel_open(&sink->channel, call);

    if (sent.error)
        return sent;
    const struct line framed = frame(sink, call, &line);
    return channel_send(&sink->channel, call, framed.bytes, framed.len);
}

/* Whether another try at once can do better: the channel was kept from the message before, and its
 * far end has gone. UDP's refusal is about that message, and trying again would hide it. */
static bool is_worth_another(const struct sink *sink, const struct sent *sent, bool was_open)
{
    return sent->error && was_open && sent->len == 0 && !sent->is_late && sent->error != EMSGSIZE &&
           sink->target.transport != TRANSPORT_UDP;
}

static struct sent send_message(struct sink *sink, struct tocsin_call *call)
{
    if (channel_is_stale(&sink->channel))
        channel_finish(&sink->channel);
    bool was_open = sink->channel.fd >= 0;
    struct sent sent = send_line(sink, call, sink->max_len);
    if (is_worth_another(sink, &sent, was_open))
        sent = send_line(sink, call, sink->max_len);
    if (sent.error == EMSGSIZE && sink->max_len > SHORTENED_LEN)
        sent = send_line(sink, call, SHORTENED_LEN);
    return sent;
}

static uint32_t result_of(const struct sent *sent)
{
    if (sent->is_lasting)
        return TOCSIN_UNUSABLE;
    switch (sent->error) {
    case EMSGSIZE:
        return TOCSIN_REJECTED;
    case EACCES: /* of a unix socket: waiting does not mend it */
    case EPERM:
        return TOCSIN_UNUSABLE;
    default:
        return TOCSIN_RETRY;
    }
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    struct sink *sink = instance;
    const struct sent sent = send_message(sink, call);

    if (!sent.error) {
        outcome->result = TOCSIN_DELIVERED;
        return;
    }
    outcome->result = result_of(&sent);
    /* A receiver may keep what it has of a broken frame. */
    outcome->maybe_sent = sent.len > 0;
    outcome->reason = call->host->format(call, "%s: %s", sink->config->url, sent.failure);
}

/* A connection of its own, with TLS where that is configured. UDP only finds the address. */
static void probe(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    struct sink *sink = instance;

    channel_finish(&sink->channel);
    const struct sent sent = channel_open(&sink->channel, call);
    channel_finish(&sink->channel);
    outcome->result = sent.error ? result_of(&sent) : TOCSIN_DELIVERED;
    if (sent.error)
        outcome->reason = call->host->format(call, "%s: %s", sink->config->url, sent.failure);
    else if (sink->target.transport == TRANSPORT_UDP)
        outcome->reason = "the name is known; over UDP nobody can tell whether anything listens";
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "syslog",
    .version = "1.0",
    .help = "RFC 5424 or 3164, CEF, LEEF or ECS JSON over UDP, TCP, TLS or a unix socket",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct syslog_config, options),
    .concurrency = 1,
    .check = check,
    .open = open_sink,
    .deliver = deliver,
    .close = close_sink,
    .probe = probe,
};
