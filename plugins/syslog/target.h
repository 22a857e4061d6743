/* Where the messages go, read from a URL: udp://host:514, tcp://[::1]:601,
 * tls://host:6514, unix:///dev/log. */
#ifndef SYSLOG_TARGET_H
#define SYSLOG_TARGET_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/un.h>

enum transport {
    TRANSPORT_UDP,
    TRANSPORT_TCP,
    TRANSPORT_TLS,
    TRANSPORT_UNIX
};

struct target {
    enum transport transport;
    char host[NI_MAXHOST]; /* without the brackets of an IPv6 address */
    char port[NI_MAXSERV];
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of a unix socket */
};

/* False for anything else, with a sentence that says what is wrong; it outlives all. */
bool target_parse(const char *url, struct target *target, const char **why);

#endif
