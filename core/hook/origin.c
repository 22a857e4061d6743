#include "hook/origin.h"

#include <stdio.h>
#include <string.h>

#include "base/network.h"

enum {
    longest_port = 5,
};

static bool is_port(const char *text, size_t len)
{
    return len > 0 && len <= longest_port && strspn(text, "0123456789") >= len;
}

/* The address within an element: all of it, or what stands in brackets or before one colon, with
 * nothing but a port behind it. */
static bool find_host(const char **text, size_t *len)
{
    const char *end = *text + *len;
    const char *bracket = **text == '[' ? memchr(*text, ']', *len) : NULL;
    const char *colon =
        memchr(bracket ? bracket : *text, ':', (size_t)(end - (bracket ? bracket : *text)));
    const char *behind = bracket ? bracket + 1 : colon;

    if (!bracket && colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        return true;
    if (behind && behind < end &&
        (*behind != ':' || !is_port(behind + 1, (size_t)(end - behind - 1))))
        return false;
    if (bracket) {
        *text += 1;
        *len = (size_t)(bracket - *text);
    } else if (colon) {
        *len = (size_t)(colon - *text);
    }
    return true;
}

static bool read_element(const char *text, size_t len, struct address *address)
{
    char written[INET6_ADDRSTRLEN];

    if (!find_host(&text, &len) || len >= sizeof written)
        return false;
    snprintf(written, sizeof written, "%.*s", (int)len, text);
    return address_parse(written, address);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The element that ends before *end, without blanks around it; moves *end before it, to its
 * comma, or to NULL where it is the first. */
static const char *last_element(const char *value, const char **end, size_t *len)
{
    const char *start = *end, *behind = *end;

    while (start > value && start[-1] != ',')
        start--;
    *end = start > value ? start - 1 : NULL;
    while (start < behind && is_blank(*start))
        start++;
    while (behind > start && is_blank(behind[-1]))
        behind--;
    *len = (size_t)(behind - start);
    return start;
}

enum origin origin_trace(
    const char *forwarded, const struct networks *trusted, struct address *address)
{
    const char *end = forwarded + strlen(forwarded);

    while (networks_have(trusted, address)) {
        size_t len = 0;
        const char *element = end;
        while (end && len == 0)
            element = last_element(forwarded, &end, &len);
        if (len == 0)
            return ORIGIN_TRUSTED;
        if (!read_element(element, len, address))
            return ORIGIN_UNKNOWN;
    }
    return ORIGIN_FOUND;
}
