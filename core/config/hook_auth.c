/* `auth` of a hook: what a sender has to show beside knowing the path. */
#include "config/config-private.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* RFC 9110, 5.6.2. */
#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

enum {
    shortest_unguessable = 16,
    shortest_tolerance_ms = 1000,
    longest_tolerance_ms = 86400000,
};

struct bearer_options {
    struct tocsin_list bearer;
};

static const struct tocsin_option bearer_options[] = {
    TOCSIN_OPTION(struct bearer_options, bearer, TOCSIN_HIDDEN, NULL,
        "Authorization: Bearer with this token, or one of these"),
};

struct basic_options {
    const char *user;
    struct tocsin_secret password;
};

static const struct tocsin_option basic_options[] = {
    TOCSIN_OPTION(struct basic_options, user, TOCSIN_REQUIRED, NULL, "the user"),
    TOCSIN_OPTION(struct basic_options, password, TOCSIN_REQUIRED, NULL, "the password"),
};

struct hmac_options {
    const char *header, *prefix;
    struct tocsin_list secret;
    struct tocsin_duration tolerance;
};

static const struct tocsin_option hmac_options[] = {
    TOCSIN_OPTION(
        struct hmac_options, header, TOCSIN_REQUIRED, NULL, "the header that holds the signature"),
    TOCSIN_OPTION(struct hmac_options, secret, TOCSIN_REQUIRED | TOCSIN_HIDDEN, NULL,
        "what the sender signs with; one of several"),
    TOCSIN_OPTION(struct hmac_options, prefix, 0, NULL,
        "what stands before the signature: sha256=; with a tolerance v1= unless set"),
    TOCSIN_OPTION(struct hmac_options, tolerance, 0, NULL,
        "the header holds a time too (t=...,v1=...), which may be so far from now"),
};

json_t *hook_auth_shape(void)
{
    json_t *auth = shape_map(), *basic = shape_map(), *hmac = shape_map();

    shape_add_options(auth, &OPTION_TABLE(bearer_options));
    shape_add_options(basic, &OPTION_TABLE(basic_options));
    shape_set(auth, "basic", shape_described(basic, "Authorization: Basic"), false);
    shape_add_options(hmac, &OPTION_TABLE(hmac_options));
    shape_set(auth, "hmac_sha256",
        shape_described(hmac, "a signature of the body in a header of its own"), false);
    json_object_set_new(auth, "minProperties", json_integer(1));
    json_object_set_new(auth, "maxProperties", json_integer(1));
    return shape_described(auth, "what a sender has to show beside knowing the path");
}

/* What all of it needs. */
struct reading {
    struct config_auth *auth;
    const struct yaml *node; /* the block of the one kind */
    const struct option_context *context;
};

/* key NULL: the block as a whole. */
static bool refuse(const struct reading *reading, const char *key, const char *why)
{
    const struct yaml *node = key ? yaml_get(reading->node, key) : NULL;

    problem_add(reading->context->problems, node ? node->place : reading->node->place, "%s: %s",
        reading->context->subject, why);
    return false;
}

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static void add_secret(struct config_auth *auth, char *text)
{
    auth->secrets = mem_resize(auth->secrets, (auth->secret_count + 1) * sizeof *auth->secrets);
    auth->secrets[auth->secret_count++] = (struct secret){text};
}

static void add_secrets(
    const struct reading *reading, const char *key, const struct tocsin_list *list)
{
    const struct yaml *node = yaml_get(reading->node, key);
    bool is_short = false;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i][0])
            add_secret(reading->auth, text_copy(list->items[i]));
        is_short = is_short || strlen(list->items[i]) < shortest_unguessable;
    }
    if (reading->auth->secret_count == 0)
        problem_add(reading->context->problems, node ? node->place : reading->node->place,
            "%s: \"%s\" holds no secret", reading->context->subject, key);
    else if (is_short)
        problem_warn(reading->context->problems, node ? node->place : reading->node->place,
            "%s: \"%s\" is shorter than 16 characters and may be guessed; make a random one: "
            "openssl rand -hex 32",
            reading->context->subject, key);
}

static bool bearer_read(const struct reading *reading, const struct yaml *auth)
{
    const struct reading whole = {reading->auth, auth, reading->context};
    struct bearer_options options = {0};
    bool ok = option_read(bearer_options, auth, &options, reading->context);

    for (size_t i = 0; ok && i < options.bearer.count; i++)
        if (!is_visible(options.bearer.items[i]))
            ok = refuse(&whole, "bearer", "\"bearer\" may hold visible letters of ASCII only");
    reading->auth->kind = CONFIG_AUTH_BEARER;
    if (ok)
        add_secrets(&whole, "bearer", &options.bearer);
    options_finish(&OPTION_TABLE(bearer_options), &options);
    return ok;
}

static bool basic_read(const struct reading *reading, const struct yaml *auth)
{
    struct basic_options options = {0};

    (void)auth;
    bool ok = options_read(&OPTION_TABLE(basic_options), reading->node, &options, reading->context);
    if (ok && strchr(options.user, ':'))
        ok = refuse(reading, "user", "\"user\" may hold no colon (RFC 7617)");
    if (ok) {
        auto_free char *both = text_format("%s:%s", options.user, options.password.value);
        add_secret(reading->auth, base64_encode(both, strlen(both)));
        secrets_add(reading->context->secrets, reading->auth->secrets[0].hidden);
        explicit_bzero(both, strlen(both));
    }
    reading->auth->kind = CONFIG_AUTH_BASIC;
    options_finish(&OPTION_TABLE(basic_options), &options);
    return ok;
}

static bool check_hmac(const struct reading *reading, const struct hmac_options *options)
{
    const struct yaml *tolerance = yaml_get(reading->node, "tolerance");

    if (strspn(options->header, TOKEN) != strlen(options->header))
        return refuse(reading, "header", "\"header\" must be a header's name");
    if (options->prefix && !is_visible(options->prefix))
        return refuse(reading, "prefix", "\"prefix\" may hold visible letters of ASCII only");
    if (tolerance && (options->tolerance.ms < shortest_tolerance_ms ||
                         options->tolerance.ms > longest_tolerance_ms))
        return refuse(reading, "tolerance", "\"tolerance\" must lie within 1s and 1d");
    if (tolerance && options->prefix && strpbrk(options->prefix, ","))
        return refuse(reading, "prefix", "\"prefix\" may hold no comma where \"tolerance\" is set");
    return true;
}

static bool hmac_read(const struct reading *reading, const struct yaml *auth)
{
    struct hmac_options options = {0};
    struct config_auth *into = reading->auth;

    (void)auth;
    into->kind = CONFIG_AUTH_HMAC_SHA256;
    bool ok =
        options_read(&OPTION_TABLE(hmac_options), reading->node, &options, reading->context) &&
        check_hmac(reading, &options);
    if (ok && !HAVE_OPENSSL)
        ok = refuse(
            reading, NULL, "this tocsin was built without OpenSSL, and cannot verify signatures");
    if (ok) {
        into->header = take_text(&options.header);
        into->tolerance_ms = options.tolerance.ms;
        into->prefix = options.prefix ? take_text(&options.prefix)
                                      : text_copy(into->tolerance_ms > 0 ? "v1=" : "");
        add_secrets(reading, "secret", &options.secret);
    }
    options_finish(&OPTION_TABLE(hmac_options), &options);
    return ok;
}

static const struct auth_kind {
    const char *key, *subject;
    bool (*read)(const struct reading *, const struct yaml *auth);
} kinds[] = {
    {"bearer", "auth", bearer_read},
    {"basic", "auth basic", basic_read},
    {"hmac_sha256", "auth hmac_sha256", hmac_read},
};

/* The table of an empty map: unknown keys are told, with the nearest of those above. */
static bool check_keys(const struct yaml *auth, const struct option_context *context)
{
    static const struct option_table none = {bearer_options, 0, sizeof *bearer_options};
    static const char *const keys[] = {"bearer", "basic", "hmac_sha256", NULL};
    struct option_context with_keys = *context;

    with_keys.also = keys;
    return options_read(&none, auth, NULL, &with_keys);
}

static void read_kind(struct config_auth *auth, const struct yaml *node, const char *hook,
    const struct auth_kind *kind, const struct option_context *context)
{
    auto_free char *subject = text_format("%s %s", hook, kind->subject);
    struct option_context own = *context;
    const struct reading reading = {auth, yaml_get(node, kind->key), &own};

    own.subject = subject;
    own.later = NULL;
    kind->read(&reading, node);
}

void hook_auth_read(struct config_auth *auth, const struct yaml *hook, const char *subject,
    const struct option_context *context)
{
    const struct yaml *node = yaml_get(hook, "auth");
    auto_free char *own_subject = text_format("%s auth", subject);
    struct option_context own = *context;
    const struct auth_kind *chosen = NULL;
    size_t count = 0;

    own.subject = own_subject;
    if (!node || node->is_faulty || !check_keys(node, &own))
        return;
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        if (!yaml_get(node, kinds[i].key))
            continue;
        chosen = &kinds[i];
        count++;
    }
    if (count == 1)
        read_kind(auth, node, subject, chosen, context);
    else if (!node->has_lost_keys)
        problem_add(context->problems, node->place,
            "%s: \"auth\" must hold one of bearer, basic and hmac_sha256", subject);
}

void config_auth_finish(struct config_auth *auth)
{
    for (size_t i = 0; i < auth->secret_count; i++)
        secret_finish(&auth->secrets[i]);
    free(auth->secrets);
    free(auth->header);
    free(auth->prefix);
}
