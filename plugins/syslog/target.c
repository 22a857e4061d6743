#include "target.h"

#include <stdlib.h>
#include <string.h>

static const char default_port[] = "514";

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
        rest = default_port;
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
    if (starts_with(url, "udp://")) {
        target->transport = TRANSPORT_UDP;
        *why = read_authority(url + strlen("udp://"), target);
    } else if (starts_with(url, "tcp://")) {
        target->transport = TRANSPORT_TCP;
        *why = read_authority(url + strlen("tcp://"), target);
    } else if (starts_with(url, "unix:")) {
        target->transport = TRANSPORT_UNIX;
        *why = read_path(url + strlen("unix:"), target);
    } else if (starts_with(url, "tls://")) {
        *why = "url: tls:// is not in this version of the plugin; use tcp:// through stunnel, "
               "or a syslog daemon on this host";
    } else {
        *why = "url: only udp://, tcp:// and unix:// are known";
    }
    return *why == NULL;
}
