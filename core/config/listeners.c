/* `listen` and `admin`: an address, or a block that holds one. */
#include "config/config-private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"
#include "config/locator.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

struct listener {
    const char *address;
    struct tocsin_secret token;
};

static const struct tocsin_option listener_options[] = {
    TOCSIN_OPTION(struct listener, address, TOCSIN_REQUIRED, NULL, "where to listen"),
    TOCSIN_OPTION(struct listener, token, 0, NULL, "what callers must show"),
};

struct tls_options {
    const char *cert, *key, *client_ca;
};

static const struct tocsin_option tls_options[] = {
    TOCSIN_OPTION(struct tls_options, cert, TOCSIN_REQUIRED | TOCSIN_PATH, NULL,
        "PEM file of the certificate, with those between it and its authority behind it"),
    TOCSIN_OPTION(struct tls_options, key, TOCSIN_REQUIRED | TOCSIN_PATH, NULL,
        "PEM file of its private key"),
    TOCSIN_OPTION(struct tls_options, client_ca, TOCSIN_PATH, NULL,
        "PEM file of the authorities, one of which must have signed a sender's certificate"),
};

/* What address_parse() takes. */
#define PORT "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
#define ADDRESS "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):" PORT "$"

static json_t *address_shape(void)
{
    return json_pack("{s:s, s:s, s:s}", "type", "string", "description",
        "an address such as 127.0.0.1:8080 or [::]:8080", "pattern", ADDRESS "|\\$\\{");
}

/* An address, or a block that holds one. */
static json_t *listener_shape(size_t option_count, const char *description)
{
    const struct option_table table = {listener_options, option_count, sizeof *listener_options};
    json_t *block = shape_map();

    shape_add_options(block, &table);
    shape_narrow(block, "address", ADDRESS);
    return json_pack(
        "{s:s, s:[o, o]}", "description", description, "anyOf", address_shape(), block);
}

static json_t *listen_shape(void)
{
    json_t *listen = listener_shape(1, "where hooks are received"), *tls = shape_map();
    json_t *block = json_array_get(json_object_get(listen, "anyOf"), 1);

    shape_add_options(tls, &OPTION_TABLE(tls_options));
    shape_set(block, "tls", shape_described(tls, "https instead of http"), false);
    shape_set(block, "trusted_proxies",
        networks_shape("the proxies whose X-Forwarded-For is believed"), false);
    return listen;
}

void listeners_shape(json_t *document)
{
    shape_set(document, "listen", listen_shape(), false);
    shape_set(document, "admin",
        listener_shape(LENGTH(listener_options), "page, API and metrics; not for the outside"),
        false);
}

/* How one of the two is read. */
struct listener_kind {
    const char *key;
    const char *fallback;
    size_t option_count;     /* of the options above; only the admin listener has a token */
    const char *const *also; /* keys that are read elsewhere */
    const char *const *later;
};

static bool is_host(const char *host, bool is_bracketed)
{
    struct in6_addr address;

    if (is_bracketed)
        return inet_pton(AF_INET6, host, &address) == 1;
    for (const char *byte = host; *byte; byte++)
        if (!isalnum((unsigned char)*byte) && *byte != '.' && *byte != '-')
            return false;
    return *host != '\0';
}

/* "127.0.0.1:8080", "[::]:8443", "localhost:0". */
static bool address_parse(const char *text, struct config_address *address)
{
    const char *colon = strrchr(text, ':');
    size_t host_len = colon ? (size_t)(colon - text) : 0;
    bool is_bracketed = host_len > 2 && text[0] == '[' && text[host_len - 1] == ']';

    if (!colon)
        return false;
    address->port = port_parse(colon + 1, strlen(colon + 1));
    address->host =
        is_bracketed ? text_copy_n(text + 1, host_len - 2) : text_copy_n(text, host_len);
    address->is_loopback = host_is_loopback(address->host, strlen(address->host));
    return address->port >= 0 && is_host(address->host, is_bracketed);
}

static void set_address(struct config_address *address, const char *text, const char *key,
    const struct yaml *node, struct problems *problems)
{
    if (!text || address_parse(text, address))
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(problems, node->place,
        "\"%s\" must be an address such as 127.0.0.1:8080 or [::]:8080, not %s", key, shown);
}

/* Fills the listener from a block or a plain address; returns the node that holds the address, NULL
 * where there is none to judge. */
static const struct yaml *listener_read(struct config *config, const struct listener_kind *kind,
    struct listener *listener, struct problems *problems)
{
    const struct yaml *node = yaml_get(config->document, kind->key);
    const struct option_context context = {.problems = problems,
        .secrets = config->secrets,
        .subject = kind->key,
        .also = kind->also,
        .later = kind->later};
    const struct option_table table = {
        listener_options, kind->option_count, sizeof *listener_options};

    if (node && node->is_faulty)
        return NULL;
    if (node && node->kind == YAML_MAP) {
        options_read(&table, node, listener, &context);
        return yaml_get(node, "address");
    }
    if (!node || node->kind == YAML_SCALAR) {
        listener->address = text_copy(node ? node->text : kind->fallback);
        return node;
    }
    problem_add(problems, node->place, "\"%s\" must be an address such as %s, or a block, not %s",
        kind->key, kind->fallback, yaml_describe(node));
    return NULL;
}

static struct place place_of(const struct yaml *block, const char *key)
{
    const struct yaml *node = yaml_get(block, key);

    return node ? node->place : block->place;
}

/* Whether the files hold what they should, whoever uses them finds out: hook/tls.h. */
static void tls_read(struct config *config, struct problems *problems)
{
    const struct yaml *block = yaml_get(yaml_get(config->document, "listen"), "tls");
    const struct option_context context = {.problems = problems, .subject = "listen tls"};
    struct tls_options options = {0};

    if (!block || block->is_faulty)
        return;
    if (!HAVE_LISTEN_TLS) {
        problem_add(problems, block->place,
            "listen: this tocsin was built without OpenSSL, and has no \"tls\"; put a proxy with "
            "TLS in front");
        return;
    }
    if (options_read(&OPTION_TABLE(tls_options), block, &options, &context))
        config->listen_tls = (struct config_tls){.cert = take_text(&options.cert),
            .key = take_text(&options.key),
            .client_ca = take_text(&options.client_ca),
            .cert_place = place_of(block, "cert"),
            .key_place = place_of(block, "key"),
            .client_ca_place = place_of(block, "client_ca")};
    options_finish(&OPTION_TABLE(tls_options), &options);
}

static const struct yaml *listen_read(struct config *config, struct problems *problems)
{
    static const char *const also[] = {"tls", "trusted_proxies", NULL};
    static const struct listener_kind kind = {"listen", "127.0.0.1:8080", 1, also, NULL};
    struct listener listener = {0};
    const struct yaml *node = listener_read(config, &kind, &listener, problems);

    set_address(&config->listen, listener.address, kind.key, node, problems);
    tls_read(config, problems);
    config->trusted_proxies =
        networks_read(yaml_get(config->document, kind.key), "trusted_proxies", kind.key, problems);
    options_finish(&OPTION_TABLE(listener_options), &listener);
    return node;
}

/* Who reaches the admin listener may read every event and stop every sink. */
static void check_token(
    const struct config *config, const struct yaml *node, struct problems *problems)
{
    if (node && config->admin.host && !config->admin.is_loopback && !config->admin_token.hidden)
        problem_add(problems, node->place,
            "admin: \"token\" is required where others than this machine can connect: {address: "
            "..., "
            "token: \"${ADMIN_TOKEN}\"}");
}

static const struct yaml *admin_read(struct config *config, struct problems *problems)
{
    static const char *const later[] = {"tls", "trusted_proxies", NULL};
    static const struct listener_kind kind = {
        "admin", "127.0.0.1:8081", LENGTH(listener_options), NULL, later};
    struct listener listener = {0};
    size_t errors_before = problems->error_count;
    const struct yaml *node = listener_read(config, &kind, &listener, problems);

    set_address(&config->admin, listener.address, kind.key, node, problems);
    config->admin_token.hidden = take_text(&listener.token.value);
    if (problems->error_count == errors_before)
        check_token(config, node, problems);
    options_finish(&OPTION_TABLE(listener_options), &listener);
    return node;
}

/* Port 0 is another one each time. */
static bool is_same(const struct config_address *a, const struct config_address *b)
{
    return a->host && b->host && a->port > 0 && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void listeners_read(struct config *config, struct problems *problems)
{
    const struct yaml *listen = listen_read(config, problems);
    const struct yaml *admin = admin_read(config, problems);
    const struct yaml *culprit = admin ? admin : listen;

    if (culprit && is_same(&config->listen, &config->admin))
        problem_add(
            problems, culprit->place, "\"listen\" and \"admin\" may not be the same address");
}
