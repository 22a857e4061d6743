/* The settings of a syslog sink, as the option table in syslog.c binds them, and what follows from
 * them where an option was left to itself. */
#ifndef SYSLOG_CONFIG_H
#define SYSLOG_CONFIG_H

#include <tocsin/sink.h>

#include "line.h"
#include "tls.h"

struct target;

/* The positions of the words in the option table. */
enum {
    FRAMING_AUTO,
    FRAMING_OCTET,
    FRAMING_LF
};

struct syslog_config {
    const char *url;
    struct tocsin_choice format;   /* 0: auto; then enum format, from 1 */
    struct tocsin_choice header;   /* 0: auto; then rfc5424, rfc3164, none */
    struct tocsin_choice facility; /* the position in config.c's list */
    const char *app_name;
    const char *hostname;
    struct tocsin_choice framing;
    const char *ca, *cert, *key;
    bool bom, cee;
    struct tocsin_size max_len; /* 0: the transport's */
};

/* What is wrong with it, NULL if nothing; the call's. Reads the files of TLS. */
const char *config_fault(struct tocsin_call *call, const struct syslog_config *config);

/* The style without the host name, which is looked for when a sink opens. */
struct line_style config_style(const struct syslog_config *config, const struct target *target);

size_t config_max_len(const struct syslog_config *config, const struct target *target);

struct tls_settings config_tls(const struct syslog_config *config);

/* Whether messages on a stream are framed by their length (RFC 6587 3.4.1), else by a line feed. */
bool config_counts_octets(const struct syslog_config *config, const struct target *target);

#endif
