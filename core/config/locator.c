#include "config/locator.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

int port_parse(const char *text, size_t len)
{
    int port = 0;

    if (len == 0 || len > 5)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        port = port * 10 + (text[i] - '0');
    }
    return port <= 65535 ? port : -1;
}

static const char *split_scheme(const char *text, struct locator *locator)
{
    size_t len = 0;

    while (isalnum((unsigned char)text[len]) || (len > 0 && text[len] && strchr("+-.", text[len])))
        len++;
    if (len == 0 || !isalpha((unsigned char)text[0]) || strncmp(text + len, "://", 3) != 0)
        return "it has no scheme (https://...)";
    locator->scheme = (struct locator_part){text, len};
    return NULL;
}

static const char *split_port(const char *text, size_t len, struct locator *locator)
{
    if (len == 0)
        return NULL;
    if (text[0] != ':' || port_parse(text + 1, len - 1) <= 0)
        return "its port is no number from 1 to 65535";
    locator->port = (struct locator_part){text + 1, len - 1};
    return NULL;
}

static const char *split_bracketed(const char *text, size_t len, struct locator *locator)
{
    const char *end = memchr(text, ']', len);
    char address[INET6_ADDRSTRLEN] = "";
    struct in6_addr binary;

    if (!end || end - text - 1 >= (ptrdiff_t)sizeof address)
        return "the address in [...] is no IPv6 address";
    locator->host = (struct locator_part){text + 1, (size_t)(end - text) - 1};
    memcpy(address, locator->host.start, locator->host.len);
    if (inet_pton(AF_INET6, address, &binary) != 1)
        return "the address in [...] is no IPv6 address";
    return split_port(end + 1, len - (size_t)(end + 1 - text), locator);
}

static const char *split_authority(const char *text, size_t len, struct locator *locator)
{
    const char *at = memrchr(text, '@', len);

    if (at) {
        locator->user = (struct locator_part){text, (size_t)(at - text)};
        len -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    if (len > 0 && text[0] == '[')
        return split_bracketed(text, len, locator);
    const char *colon = memchr(text, ':', len);
    locator->host = (struct locator_part){text, colon ? (size_t)(colon - text) : len};
    if (locator->host.len == 0 && !locator_has_scheme(locator, "unix"))
        return "it has no host";
    return split_port(text + locator->host.len, len - locator->host.len, locator);
}

const char *locator_split(const char *text, struct locator *locator)
{
    *locator = (struct locator){0};
    for (const char *byte = text; *byte; byte++)
        if ((unsigned char)*byte <= ' ' || *byte == 0x7f)
            return "it holds a blank or a control character";
    const char *fault = split_scheme(text, locator);
    if (fault)
        return fault;
    const char *authority = text + locator->scheme.len + 3;
    size_t len = strcspn(authority, "/?#");
    locator->path = authority + len;
    return split_authority(authority, len, locator);
}

bool locator_has_scheme(const struct locator *locator, const char *scheme)
{
    return locator->scheme.len == strlen(scheme) &&
           strncasecmp(locator->scheme.start, scheme, locator->scheme.len) == 0;
}

bool host_is_loopback(const char *host, size_t len)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in_addr v4;
    struct in6_addr v6;

    if (len >= sizeof text)
        return false;
    memcpy(text, host, len);
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, text, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(text, "localhost") == 0;
}

bool locator_is_loopback(const struct locator *locator)
{
    return host_is_loopback(locator->host.start, locator->host.len);
}
