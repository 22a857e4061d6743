#include "target.h"

#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* False if it does not fit. */
static bool copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

static const char *read_port(const char *port, struct target *target)
{
    size_t digits = strspn(port, "0123456789");
    long number = digits > 0 && digits <= 5 ? strtol(port, NULL, 10) : 0;

    if (port[digits] != '\0' || number < 1 || number > 65535)
        return "url: after the host only a port from 1 to 65535 may follow";
    copy(target->port, sizeof target->port, port, digits);
    return NULL;
}

/* RFC 5426 3.3, RFC 5425 4.1; TCP has no port of its own and uses UDP's. */
static const char *default_port(const struct target *target)
{
    return target->transport == TRANSPORT_TLS ? "6514" : "514";
}

/* host, host:port, [address] or [address]:port; a lone slash at the end is let pass. */
static const char *read_authority(const char *authority, struct target *target)
{
    size_t len = strcspn(authority, "/");
    char text[sizeof target->host + sizeof target->port + 4];

    if (authority[len] == '/' && authority[len + 1] != '\0')
        return "url: nothing may follow host and port";
    if (memchr(authority, '@', len))
        return "url: syslog knows no users; write udp://host:514 or tcp://host:514";
    if (!copy(text, sizeof text, authority, len))
        return "url: the host is too long";
    bool is_bracketed = *text == '[';
    const char *host = text + is_bracketed;
    size_t host_len = strcspn(host, is_bracketed ? "]" : ":");
    if (host_len == 0 || (is_bracketed && host[host_len] != ']'))
        return "url: no host in it; write udp://host:514 or tcp://host:514";
    if (!copy(target->host, sizeof target->host, host, host_len))
        return "url: the host is too long";
    const char *rest = host + host_len + is_bracketed;
    if (*rest == '\0')
        rest = default_port(target);
    else if (*rest == ':')
        rest++;
    return read_port(rest, target);
}

static const char *read_path(const char *rest, struct target *target)
{
    if (starts_with(rest, "//"))
        rest += 2;
    if (*rest != '/')
        return "url: a unix socket needs an absolute path: unix:///dev/log";
    if (!copy(target->path, sizeof target->path, rest, strlen(rest)))
        return "url: the path of a unix socket has at most 107 bytes";
    return NULL;
}

bool target_parse(const char *url, struct target *target, const char **why)
{
    static const struct {
        const char *scheme;
        enum transport transport;
        const char *(*read)(const char *rest, struct target *target);
    } schemes[] = {
        {"udp://", TRANSPORT_UDP, read_authority},
        {"tcp://", TRANSPORT_TCP, read_authority},
        {"tls://", TRANSPORT_TLS, read_authority},
        {"unix:", TRANSPORT_UNIX, read_path},
    };

    *why = "url: only udp://, tcp://, tls:// and unix:// are known";
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!starts_with(url, schemes[i].scheme))
            continue;
        target->transport = schemes[i].transport;
        *why = schemes[i].read(url + strlen(schemes[i].scheme), target);
        break;
    }
    return *why == NULL;
}
