#include "config.h"

#include <stddef.h>

#include "header.h"
#include "target.h"

enum {
    UDP_LEN = 2048,         /* RFC 5426 3.2: receivers should take that much */
    RFC3164_UDP_LEN = 1024, /* RFC 3164 4.1 */
    LEEF_UDP_LEN = 1024,    /* what QRadar takes unless it was told otherwise */
    LEEF_STREAM_LEN = 4096, /* likewise: it makes two events of what is longer */
    STREAM_LEN = 8192,      /* the default of rsyslog's maxMessageSize */
    DATAGRAM_MAX_LEN = 65536,
    STREAM_MAX_LEN = 1 << 20,
};

/* In the order of the option's words. */
static const int facilities[] = {16, 17, 18, 19, 20, 21, 22, 23, 1, 3, 4, 10, 13, 14};

static bool is_set(const char *text)
{
    return text && *text;
}

static enum format format_of(const struct syslog_config *config, const struct target *target)
{
    if (config->format.index > 0)
        return (enum format)(config->format.index - 1);
    return target->transport == TRANSPORT_UNIX ? FORMAT_RFC3164 : FORMAT_RFC5424;
}

/* What a format stands behind by itself: collectors of CEF and LEEF expect RFC 3164's. */
static enum header own_header(enum format format)
{
    switch (format) {
    case FORMAT_RFC5424:
    case FORMAT_ECS:
        return HEADER_RFC5424;
    default:
        return HEADER_RFC3164;
    }
}

static enum header header_of(
    const struct syslog_config *config, const struct target *target, enum format format)
{
    static const enum header written[] = {
        HEADER_RFC5424, HEADER_RFC5424, HEADER_RFC3164, HEADER_NONE};
    bool is_unix = target->transport == TRANSPORT_UNIX;
    enum header header =
        config->header.index > 0 ? written[config->header.index] : own_header(format);

    if (config->header.index == 0 && is_unix && format != FORMAT_RFC5424)
        header = HEADER_RFC3164;
    return is_unix && header == HEADER_RFC3164 ? HEADER_LOCAL : header;
}

struct line_style config_style(const struct syslog_config *config, const struct target *target)
{
    enum format format = format_of(config, target);

    return (struct line_style){.format = format,
        .header = header_of(config, target, format),
        .facility = facilities[config->facility.index],
        .app_name = config->app_name,
        .bom = config->bom,
        .cee = config->cee};
}

size_t config_max_len(const struct syslog_config *config, const struct target *target)
{
    bool is_udp = target->transport == TRANSPORT_UDP;

    if (config->max_len.bytes > 0)
        return (size_t)config->max_len.bytes;
    switch (format_of(config, target)) {
    case FORMAT_RFC3164:
        return is_udp ? RFC3164_UDP_LEN : STREAM_LEN;
    case FORMAT_LEEF:
        return is_udp ? LEEF_UDP_LEN : LEEF_STREAM_LEN;
    default:
        return is_udp ? UDP_LEN : STREAM_LEN;
    }
}

struct tls_settings config_tls(const struct syslog_config *config)
{
    return (struct tls_settings){.ca = config->ca, .cert = config->cert, .key = config->key};
}

/* RFC 5425 has nothing else than counting, and syslog() of syslog-ng wants it of RFC 5424; those
 * who take the older header, or JSON without any, read lines. */
bool config_counts_octets(const struct syslog_config *config, const struct target *target)
{
    enum header header = header_of(config, target, format_of(config, target));

    if (config->framing.index != FRAMING_AUTO)
        return config->framing.index == FRAMING_OCTET;
    switch (target->transport) {
    case TRANSPORT_TLS:
        return header != HEADER_NONE;
    case TRANSPORT_TCP:
        return header == HEADER_RFC5424;
    default:
        return false;
    }
}

static const char *name_fault(const struct syslog_config *config, const struct line_style *style)
{
    bool is_own_tag = style->format == FORMAT_CEF || style->format == FORMAT_LEEF;
    bool has_tag =
        style->header == HEADER_LOCAL || (style->header == HEADER_RFC3164 && !is_own_tag);

    if (!is_printable(config->app_name, APP_NAME_MAX))
        return "app_name: 1 to 48 printable ASCII characters without blanks";
    if (has_tag && !is_tag(config->app_name))
        return "app_name: RFC 3164 takes 1 to 32 letters, digits and -_.";
    if (is_set(config->hostname) && !is_printable(config->hostname, HOSTNAME_MAX))
        return "hostname: at most 255 printable ASCII characters without blanks";
    return NULL;
}

static const char *style_fault(const struct syslog_config *config, const struct line_style *style)
{
    if (config->header.index > 0 &&
        (style->format == FORMAT_RFC5424 || style->format == FORMAT_RFC3164))
        return "header: formats rfc5424 and rfc3164 have their own; cef, leef and ecs a choice";
    if (config->bom && style->header != HEADER_RFC5424)
        return "bom: only RFC 5424 has a byte order mark";
    if (config->cee && style->format != FORMAT_ECS)
        return "cee: only JSON has a cookie; set format: ecs";
    return NULL;
}

static const char *max_len_fault(const struct syslog_config *config, const struct target *target)
{
    uint64_t bytes = config->max_len.bytes;

    if (bytes == 0)
        return NULL;
    if (bytes < LINE_MIN)
        return "max_len: less than 480 leaves no room for a message";
    if (target->transport == TRANSPORT_UDP && bytes > DATAGRAM_MAX_LEN)
        return "max_len: a datagram has at most 64k";
    return bytes > STREAM_MAX_LEN ? "max_len: more than 1m is no log message" : NULL;
}

static const char *tls_options_fault(
    struct tocsin_call *call, const struct syslog_config *config, const struct target *target)
{
    const struct tls_settings tls = config_tls(config);

    if (target->transport != TRANSPORT_TLS)
        return is_set(tls.ca) || is_set(tls.cert) || is_set(tls.key)
                   ? "url: ca, cert and key are for tls://"
                   : NULL;
    if (is_set(tls.cert) && !is_set(tls.key))
        return "key: missing, though cert is set";
    if (is_set(tls.key) && !is_set(tls.cert))
        return "cert: missing, though key is set";
    return tls_fault(call, &tls);
}

const char *config_fault(struct tocsin_call *call, const struct syslog_config *config)
{
    struct target target = {0};
    const char *fault = NULL;

    if (!target_parse(config->url, &target, &fault))
        return fault;
    const struct line_style style = config_style(config, &target);
    if (!(fault = name_fault(config, &style)) && !(fault = style_fault(config, &style)) &&
        !(fault = max_len_fault(config, &target)))
        fault = tls_options_fault(call, config, &target);
    if (!fault && target.transport == TRANSPORT_UDP && config->framing.index != FRAMING_AUTO)
        fault = "framing: a datagram is one message; only streams need it";
    return fault;
}
