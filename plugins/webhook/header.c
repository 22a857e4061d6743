#include "header.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "config.h"

struct header_list header_list_make(struct tocsin_call *call, size_t room)
{
    return (struct header_list){
        .lines = call->host->alloc(call, (room + 1) * sizeof(const char *)), .room = room};
}

void header_add(
    struct tocsin_call *call, struct header_list *headers, const char *name, const char *value)
{
    assert(headers->count < headers->room);
    headers->lines[headers->count++] = call->host->format(call, "%s: %s", name, value);
}

/* RFC 9110, 5.6.2. */
static bool is_token(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "!#$%&'*+-.^_`|~");

    return len > 0 && text[len] == '\0';
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

/* What frames the request, or would be a lie about its body. */
static bool is_framing(const char *name)
{
    static const char *const names[] = {"host", "content-length", "transfer-encoding", "connection",
        "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "expect", "content-encoding"};

    return is_one_of(name, names, sizeof names / sizeof *names);
}

/* The option that makes this header; NULL: none does. */
static const char *maker_of(const struct webhook_config *config, const char *name)
{
    static const char *const github[] = {
        "x-hub-signature-256", "x-github-event", "x-github-delivery"};

    if (config->sign.index == SIGN_STANDARD && strncasecmp(name, "webhook-", 8) == 0)
        return "sign";
    if (config->sign.index == SIGN_GITHUB &&
        is_one_of(name, github, sizeof github / sizeof *github))
        return "sign";
    if (config->cloudevents.index != CLOUDEVENTS_OFF && strcasecmp(name, "content-type") == 0)
        return "cloudevents";
    if (config->cloudevents.index == CLOUDEVENTS_BINARY && strncasecmp(name, "ce-", 3) == 0)
        return "cloudevents";
    if (config->idempotency_key.index != IDEMPOTENCY_OFF &&
        strcasecmp(name, "idempotency-key") == 0)
        return "idempotency_key";
    return NULL;
}

/* A line break would begin a header more, or the body. */
static bool has_control(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
            return true;
    return false;
}

static bool is_repeated(const struct tocsin_map *headers, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(headers->items[i].key, headers->items[index].key) == 0)
            return true;
    return false;
}

static const char *header_fault(
    struct tocsin_call *call, const struct webhook_config *config, size_t index)
{
    const struct tocsin_pair *pair = &config->headers.items[index];
    const char *maker = maker_of(config, pair->key);

    if (!is_token(pair->key))
        return "headers: a name has letters, digits and - and no blank or colon";
    if (is_framing(pair->key))
        return call->host->format(
            call, "headers: \"%s\" is made by tocsin with each request", pair->key);
    if (maker)
        return call->host->format(call, "headers: \"%s\" is made by \"%s\"", pair->key, maker);
    if (is_repeated(&config->headers, index))
        return call->host->format(
            call, "headers: \"%s\" stands there twice; case does not matter", pair->key);
    if (has_control(pair->value))
        return call->host->format(call,
            "headers: the value of \"%s\" has a line break or another control character in it; a "
            "file that ends with one is read without it by ${file:...}",
            pair->key);
    return NULL;
}

const char *headers_fault(struct tocsin_call *call, const struct webhook_config *config)
{
    for (size_t i = 0; i < config->headers.count; i++) {
        const char *fault = header_fault(call, config, i);
        if (fault)
            return fault;
    }
    return NULL;
}

void headers_add_own(
    struct tocsin_call *call, const struct webhook_config *config, struct header_list *headers)
{
    for (size_t i = 0; i < config->headers.count; i++) {
        const struct tocsin_pair *pair = &config->headers.items[i];
        if (*pair->value)
            header_add(call, headers, pair->key, pair->value);
    }
}

static bool stays(unsigned char byte, bool is_segment)
{
    if (is_segment)
        return byte < 0x80 && (isalnum(byte) || (byte && strchr("-._~", byte)));
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '%';
}

const char *percent_encode(struct tocsin_call *call, const char *text, bool is_segment)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = call->host->alloc(call, 3 * strlen(text) + 1), *end = encoded;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (stays(byte, is_segment)) {
            *end++ = (char)byte;
            continue;
        }
        *end++ = '%';
        *end++ = digits[byte >> 4];
        *end++ = digits[byte & 15];
    }
    return encoded;
}
