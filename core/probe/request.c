#include "probe/request.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>
#include <tocsin/sink.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/network.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "config/locator.h"
#include "probe/probe.h"
#include "probe/values.h"
#include "probe/specimen.h"

enum {
    deepest = 200, /* levels of JSON that are looked into */
};

static size_t body_len(const struct tocsin_request *request)
{
    if (!request->body)
        return 0;
    return request->body_len ? request->body_len : strlen(request->body);
}

char *probe_request_text(const struct tocsin_request *request, bool has_headers)
{
    struct buf text = {0};

    buf_printf(&text, "%s %s\n", request->method ? request->method : "POST",
        request->url ? request->url : "-");
    for (size_t i = 0; has_headers && request->headers && request->headers[i]; i++)
        buf_printf(&text, "%s\n", request->headers[i]);
    buf_printf(&text, "%s\n", request->refusal ? request->refusal : "");
    if (request->body)
        buf_append(&text, request->body, body_len(request));
    return buf_take(&text);
}

static bool fail(const struct probe_call *call, const char *words)
{
    probe_find(call, CHECK_MESSAGES, "render", "%s", words);
    return false;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("!#$%&'*+-.^_`|~", text[i]))
            return false;
    return len > 0;
}

/* RFC 3986: ASCII, and not all of it. */
static bool check_url(const struct probe_call *call, const char *url)
{
    struct locator locator;

    if (locator_split(url, &locator) ||
        (!locator_has_scheme(&locator, "https") && !locator_has_scheme(&locator, "http")))
        return fail(call, "gives a URL that is not http(s)://host/...");
    for (const char *at = url; *at; at++)
        if (*at <= ' ' || *at >= 0x7f || strchr("\"<>\\^`{|}", *at))
            return fail(call,
                "gives a URL with bytes that none may have: percent-encode what a message brings "
                "in");
    return true;
}

/* The injected name must not be a header's, and CR or LF would make one. */
static bool check_header(const struct probe_call *call, const char *header)
{
    size_t len = strcspn(header, ":");

    if (!header[len] || !is_token(header, len))
        return fail(call, "gives a header that is not \"Name: value\"");
    for (const unsigned char *at = (const unsigned char *)header; *at; at++)
        if ((*at < ' ' && *at != '\t') || *at == 0x7f)
            return fail(call,
                "gives a header with control characters, which end it or begin another one: take "
                "them out of what a message brings in");
    return true;
}

/* The value of a header; NULL without it. */
static const char *find_header(const struct tocsin_request *request, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; request->headers && request->headers[i]; i++)
        if (strncasecmp(request->headers[i], name, len) == 0 && request->headers[i][len] == ':')
            return request->headers[i] + len + 1;
    return NULL;
}

/* The keys of objects, and the strings, each with what stands in its place. */
struct walk {
    const struct probe_call *call;
    bool is_fine;
};

static bool check_string(struct walk *walk, const char *text)
{
    const struct probe_config *config = walk->call->config;
    auto_free char *clean = secrets_redact(config->secrets, text);

    if (strcmp(clean, text) == 0)
        return true;
    auto_free char *of_url = secrets_redact(config->url_secrets, text);
    if (strcmp(clean, "***") == 0 && strcmp(of_url, text) == 0)
        return true; /* the credential of a protocol that has it in a member of its own */
    probe_find(walk->call, CHECK_SECRETS, "render",
        "puts a secret into a text of the body, where the far end shows it (\"%.200s\"): leave it "
        "out",
        clean);
    return walk->is_fine = false;
}

static void walk_json(struct walk *walk, const json_t *value, int depth)
{
    const char *key;
    json_t *part;
    size_t i;

    if (depth > deepest || !walk->is_fine)
        return;
    if (json_is_string(value))
        check_string(walk, json_string_value(value));
    json_array_foreach (value, i, part)
        walk_json(walk, part, depth + 1);
    json_object_foreach ((json_t *)(uintptr_t)value, key, part) {
        if (strstr(key, SPECIMEN_INJECTED) && walk->is_fine)
            walk->is_fine = fail(walk->call,
                "makes JSON out of which a value broke into members of its own: write it with a "
                "JSON library, or host->fill");
        walk_json(walk, part, depth + 1);
    }
}

static bool check_json(const struct probe_call *call, const struct tocsin_request *request)
{
    json_error_t error;
    auto_json json_t *document = json_loadb(request->body ? request->body : "", body_len(request),
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    struct walk walk = {call, true};

    if (!document) {
        probe_find(call, CHECK_MESSAGES, "render",
            "says JSON and sends none (%.120s, at byte %d of %zu): write it with a JSON library, "
            "or host->fill, or say another Content-Type",
            error.text, error.position, body_len(request));
        return false;
    }
    walk_json(&walk, document, 0);
    return walk.is_fine;
}

/* A body of names and values, of text or of markup: no name, and no element, may be a value's. */
static bool check_other(
    const struct probe_call *call, const struct tocsin_request *request, const char *type)
{
    auto_free char *body = text_copy_n(request->body ? request->body : "", body_len(request));
    const struct probe_config *config = call->config;
    bool is_form = strstr(type, "x-www-form-urlencoded") != NULL;
    bool is_markup = strstr(type, "html") || strstr(type, "xml");

    if (is_form && (strstr(body, "&" SPECIMEN_INJECTED "=") || strchr(body, '\n')))
        return fail(call, "makes a form out of which a value broke: percent-encode each");
    if (is_markup && strstr(body, "<" SPECIMEN_INJECTED))
        return fail(call, "makes markup out of which a value broke: use host->escape");
    auto_free char *clean = secrets_redact(is_form ? config->url_secrets : config->secrets, body);
    if (strcmp(clean, body) == 0)
        return true;
    probe_find(call, CHECK_SECRETS, "render",
        "puts a secret into the body, where the far end shows it: leave it out");
    return false;
}

static bool check_body(const struct probe_call *call, const struct tocsin_request *request)
{
    const char *given = find_header(request, "Content-Type");
    auto_free char *type = text_copy(given ? given : "application/json");
    bool has_none = body_len(request) == 0 && request->method &&
                    (strcmp(request->method, "GET") == 0 || strcmp(request->method, "DELETE") == 0);

    for (char *at = type; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    if (has_none)
        return true;
    return strstr(type, "json") ? check_json(call, request) : check_other(call, request, type);
}

static bool check_allow(const struct probe_call *call, const char *const *allow)
{
    struct network network;

    for (size_t i = 0; allow && allow[i]; i++)
        if (!network_parse(allow[i], &network, NULL))
            return fail(call, "gives a network in `allow` that is none");
    return true;
}

static bool check_refusal(
    const struct probe_call *call, const struct tocsin_request *request, bool may_refuse)
{
    const struct tocsin_outcome as_outcome = {
        .size = sizeof as_outcome, .result = TOCSIN_REJECTED, .reason = request->refusal};

    if (!request->refusal)
        return fail(call, "gives neither a URL nor a refusal: set one of the two");
    if (!may_refuse)
        return fail(call, "refuses a message with nothing odd in it");
    return probe_outcome(call, CHECK_MESSAGES, "render", &as_outcome, false);
}

bool probe_request_check(
    const struct probe_call *call, const struct tocsin_request *request, bool may_refuse)
{
    if (request->refusal || !request->url)
        return check_refusal(call, request, may_refuse);
    if (request->method && !is_token(request->method, strlen(request->method)))
        return fail(call, "gives a method that is none");
    if (!check_url(call, request->url))
        return false;
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        if (!check_header(call, request->headers[i]))
            return false;
    return check_allow(call, request->allow) && check_body(call, request);
}
