#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config-private.h"
#include "config/config.h"
#include "config/yaml.h"

static bool is_loopback(const char *host)
{
    struct in_addr in;
    struct in6_addr in6;

    if (inet_pton(AF_INET, host, &in) == 1)
        return ntohl(in.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &in6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&in6);
    return strcmp(host, "localhost") == 0;
}

static bool read_port(const char *text, int *port)
{
    char *end;
    long value = strtol(text, &end, 10);

    *port = (int)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= 65535;
}

static bool parse_address(struct config_address *address, const char *text)
{
    const char *colon = strrchr(text, ':');

    if (!colon || colon == text || !read_port(colon + 1, &address->port))
        return false;
    if (*text == '[') {
        if (colon[-1] != ']' || colon - text < 3)
            return false;
        address->host = text_copy_n(text + 1, (size_t)(colon - text - 2));
    } else {
        if (memchr(text, ':', (size_t)(colon - text)))
            return false; /* IPv6 wants brackets */
        address->host = text_copy_n(text, (size_t)(colon - text));
    }
    address->is_loopback = is_loopback(address->host);
    return true;
}

void config_read_address(struct config_address *address, const struct yaml *value, const char *key,
    struct problems *problems)
{
    const struct yaml *text = value->kind == YAML_MAP ? yaml_get(value, "address") : value;

    if (text && text->is_faulty)
        return;
    if (text && text->kind == YAML_SCALAR && parse_address(address, text->text))
        return;
    auto_free char *shown = text ? yaml_show(text) : text_copy("nothing");
    problem_add(problems, text ? text->place : value->place,
        "\"%s\" must be an address and a port like 127.0.0.1:8080 or [::]:8080, not %s", key,
        shown);
}
