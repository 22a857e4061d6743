/* The settings of a syslog sink, as the option table in syslog.c binds them. */
#ifndef SYSLOG_SYSLOG_H
#define SYSLOG_SYSLOG_H

#include <tocsin/sink.h>

enum {
    FRAMING_AUTO,
    FRAMING_OCTET,
    FRAMING_LF
};

struct syslog_config {
    const char *url;
    struct tocsin_choice format;
    struct tocsin_choice facility; /* the position in syslog.c's list */
    const char *app_name;
    const char *hostname;
    struct tocsin_choice framing;
    bool bom;
    struct tocsin_size max_len; /* 0: the transport's */
};

#endif
