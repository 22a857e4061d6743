#include "hook/door.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/network.h"
#include "config/config.h"
#include "hook/credentials.h"
#include "hook/origin.h"
#include "sink/budget.h"

#define FORWARDED "X-Forwarded-For"

enum {
    told_again_ms = 60000, /* that a hook gets more than its rate */
};

/* How often one hook was used of late. */
struct door {
    char *hook;
    struct budget budget;
    int64_t told_ms;
    bool was_told;
    size_t untold; /* refused since */
};

struct doors {
    const struct config *config;
    struct door *items; /* as config->hooks */
    size_t count;
};

void denial_finish(struct denial *denial)
{
    free(denial->told);
    free(denial->challenge);
}

static void door_finish(struct door *door)
{
    free(door->hook);
}

static const struct door *find_door(const struct doors *doors, const struct config_hook *hook)
{
    for (size_t i = 0; i < doors->count; i++)
        if (strcmp(doors->items[i].hook, hook->name) == 0)
            return &doors->items[i];
    return NULL;
}

/* One whose rate is the same goes on where it was: a reload refills no bucket. */
void doors_reload(struct doors *doors, const struct config *config)
{
    struct door *items = mem_alloc((config->hook_count + 1) * sizeof *items);
    int64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < config->hook_count; i++) {
        const struct config_hook *hook = &config->hooks[i];
        const struct door *before = find_door(doors, hook);
        if (before && before->budget.rate == hook->rate)
            items[i] = *before;
        else
            budget_init(&items[i].budget, hook->rate, now_ms);
        items[i].hook = text_copy(hook->name);
    }
    for (size_t i = 0; i < doors->count; i++)
        door_finish(&doors->items[i]);
    free(doors->items);
    doors->items = items;
    doors->count = config->hook_count;
    doors->config = config;
}

struct doors *doors_create(const struct config *config)
{
    struct doors *doors = mem_alloc(sizeof *doors);

    doors_reload(doors, config);
    return doors;
}

void doors_destroy(struct doors *doors)
{
    if (!doors)
        return;
    for (size_t i = 0; i < doors->count; i++)
        door_finish(&doors->items[i]);
    free(doors->items);
    free(doors);
}

/* Of the connection; an interface that stands behind it (fe80::1%eth0) is left out. */
static bool read_peer(struct evhttp_request *request, struct address *address)
{
    char written[INET6_ADDRSTRLEN];
    char *peer = NULL;
    ev_uint16_t port;

    evhttp_connection_get_peer(evhttp_request_get_connection(request), &peer, &port);
    if (!peer || strcspn(peer, "%") >= sizeof written)
        return false;
    snprintf(written, sizeof written, "%.*s", (int)strcspn(peer, "%"), peer);
    return address_parse(written, address);
}

/* Several headers are one list, in their order. */
static bool read_origin(
    const struct doors *doors, struct evhttp_request *request, struct address *address)
{
    const struct networks *trusted = doors->config->trusted_proxies;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const struct evkeyval *header;
    enum origin origin = ORIGIN_TRUSTED;

    if (!read_peer(request, address))
        return false;
    TAILQ_FOREACH_REVERSE (header, headers, evkeyvalq, next) {
        if (strcasecmp(header->key, FORWARDED) == 0)
            origin = origin_trace(header->value, trusted, address);
        if (origin != ORIGIN_TRUSTED)
            break;
    }
    return origin != ORIGIN_UNKNOWN;
}

bool door_admits_origin(struct doors *doors, const struct config_hook *hook,
    struct evhttp_request *request, struct denial *denial)
{
    char shown[INET6_ADDRSTRLEN];
    struct address address;

    if (hook->allow->count == 0)
        return true;
    bool is_known = read_origin(doors, request, &address);
    if (is_known && networks_have(hook->allow, &address))
        return true;
    *denial = (struct denial){.status = 404, .why = "address", .reason = "no such hook"};
    if (is_known)
        address_print(&address, shown);
    denial->told = is_known
                       ? text_format("%s is in none of the networks of `allow`", shown)
                       : text_copy("what a trusted proxy wrote into " FORWARDED " is no address");
    return false;
}

/* Who it was, for the log; a text that the caller frees. */
static char *name_origin(const struct doors *doors, struct evhttp_request *request)
{
    char shown[INET6_ADDRSTRLEN];
    struct address address;

    if (!read_origin(doors, request, &address))
        return text_copy("an address that cannot be told");
    address_print(&address, shown);
    return text_copy(shown);
}

static void deny_credentials(
    const struct config_auth *auth, enum credentials found, struct denial *denial)
{
    static const struct {
        const char *why, *reason;
    } words[] = {
        [CREDENTIALS_MISSING] = {"credentials-missing", "credentials are missing"},
        [CREDENTIALS_MALFORMED] = {"credentials-malformed", "the credentials cannot be read"},
        [CREDENTIALS_WRONG] = {"credentials-wrong", "the credentials are wrong"},
        [CREDENTIALS_STALE] = {"signature-stale", "the signature is of another time"},
    };

    *denial =
        (struct denial){.status = 401, .why = words[found].why, .reason = words[found].reason};
    denial->challenge = credentials_challenge(auth, found);
}

bool door_admits_credentials(struct doors *doors, const struct config_hook *hook,
    struct evhttp_request *request, struct denial *denial)
{
    const struct config_auth *auth = &hook->auth;
    const char *name = credentials_header(auth);

    if (!name)
        return true;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(input);
    const char *body = len ? (const char *)evbuffer_pullup(input, -1) : "";
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);
    enum credentials found = credentials_judge(auth, value, body, len, clock_wall_ms());
    if (found == CREDENTIALS_GOOD)
        return true;
    deny_credentials(auth, found, denial);
    auto_free char *origin = name_origin(doors, request);
    denial->told = text_format("%s (%s, from %s)", denial->reason, name, origin);
    return false;
}

/* Told once in a while, with how many there were since. */
static char *tell_of_rate(struct door *door, int64_t now_ms)
{
    size_t untold = door->untold++;

    if (door->was_told && now_ms - door->told_ms < told_again_ms)
        return NULL;
    door->was_told = true;
    door->told_ms = now_ms;
    door->untold = 0;
    return untold > 0
               ? text_format("more come than its `rate` lets in, %zu since this was told", untold)
               : text_copy("more come than its `rate` lets in");
}

bool door_admits_now(struct doors *doors, const struct config_hook *hook, struct denial *denial)
{
    if (!(hook->rate > 0))
        return true;
    struct door *door = &doors->items[hook - doors->config->hooks];
    int64_t now_ms = clock_mono_ms();
    if (budget_available(&door->budget, 1, now_ms) > 0) {
        budget_spend(&door->budget, 1);
        return true;
    }
    int64_t wait_ms = budget_next_ms(&door->budget, now_ms) - now_ms;
    *denial = (struct denial){.status = 429, .why = "rate", .reason = "too many posts; slow down"};
    denial->retry_after_s = (int)((wait_ms + 999) / 1000);
    denial->told = tell_of_rate(door, now_ms);
    return false;
}
