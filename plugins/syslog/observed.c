#include "observed.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>
#include <tocsin/sink.h>

#include "../shared/text.h"
#include "header.h"

/* Where an event may say something, the newest first: what an update changed, what was looked up,
 * what was posted. */
static json_t *find(json_t *event, const char *name)
{
    json_t *attributes = json_object_get(json_object_get(event, "body"), "attributes");
    json_t *value = json_object_get(json_object_get(attributes, "updated"), name), *object;
    const char *kind;

    if (value)
        return value;
    json_object_foreach (json_object_get(event, "objects"), kind, object)
        if ((value = json_object_get(object, name)))
            return value;
    return json_object_get(attributes, name);
}

static bool read_address(const char *text, struct endpoint *endpoint)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    endpoint->is_ipv6 = inet_pton(AF_INET6, text, bytes) == 1;
    if (!endpoint->is_ipv6 && inet_pton(AF_INET, text, bytes) != 1)
        return false;
    endpoint->address = text;
    return true;
}

/* What is neither an address nor a name is nothing: it stays among the facts. */
static struct endpoint read_endpoint(struct tocsin_call *call, const json_t *value)
{
    struct endpoint endpoint = {0};

    if (!json_is_string(value))
        return endpoint;
    char *text = call->host->format(call, "%s", json_string_value(value));
    if (read_address(text, &endpoint))
        return endpoint;
    char *bracket = strstr(text, " (");
    size_t len = strlen(text);
    if (bracket && text[len - 1] == ')') {
        text[len - 1] = *bracket = '\0';
        if (!read_address(bracket + 2, &endpoint))
            return endpoint;
    }
    if (is_printable(text, HOSTNAME_MAX))
        endpoint.name = text;
    return endpoint;
}

/* The value of a text, or of the member of an object; NULL for anything else. */
static const char *read_text(struct tocsin_call *call, const json_t *value, const char *member)
{
    if (json_is_object(value))
        value = json_object_get(value, member);
    if (!json_is_string(value) || json_string_length(value) == 0)
        return NULL;
    return call->host->format(call, "%s", json_string_value(value));
}

struct observed observed_read(struct tocsin_call *call)
{
    auto_json json_t *event = json_loads(call->host->event_json(call), 0, NULL);
    json_int_t count = json_integer_value(find(event, "similar"));
    const json_t *rule = find(event, "rule");

    return (struct observed){.source = read_endpoint(call, find(event, "source")),
        .target = read_endpoint(call, find(event, "target")),
        .user = read_text(call, find(event, "user"), "name"),
        .rule_name = read_text(call, rule, "name"),
        .rule_id = json_is_object(rule) ? read_text(call, rule, "uuid") : NULL,
        .count = count > 0 ? count : 0};
}
