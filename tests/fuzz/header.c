/* Two headers that anybody may send: who asked (X-Forwarded-For) and what he shows, of each kind of
 * credentials. The first byte says which kind; the header's value ends with the first line, the
 * rest is the body. Nothing made up may be let in. */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/network.h"
#include "config/config.h"
#include "demand.h"
#include "harness.h"
#include "hook/credentials.h"
#include "hook/origin.h"

static char secret[] = "a secret that nothing made up holds", header[] = "X-Signature";
static char v1[] = "v1=", none[] = "";
static struct secret secrets[] = {{secret}};
static const struct config_auth kinds[] = {
    {CONFIG_AUTH_BEARER, secrets, 1, NULL, NULL, 0},
    {CONFIG_AUTH_BASIC, secrets, 1, NULL, NULL, 0},
    {CONFIG_AUTH_HMAC_SHA256, secrets, 1, header, none, 0},
    {CONFIG_AUTH_HMAC_SHA256, secrets, 1, header, v1, 300000},
};

static void judge(const struct config_auth *auth, const char *value, const char *body, size_t len)
{
    enum credentials found = credentials_judge(auth, value, body, len, 1795428000000);
    auto_free char *challenge = credentials_challenge(auth, found);

    DEMAND_OF(found != CREDENTIALS_GOOD && found != CREDENTIALS_STALE, value);
    DEMAND_OF((found == CREDENTIALS_MISSING) == (*value == '\0'), value);
    demand_line(challenge, 100);
}

/* Whoever connects is believed as far as he is trusted; an address that is found is no proxy's. */
static void trace(const char *value)
{
    static struct network items[] = {{.bytes = {[10] = 0xff, 0xff, 127, 0, 0, 1}, .prefix = 128},
        {.bytes = {[10] = 0xff, 0xff, 10}, .prefix = 104}};
    static const struct networks trusted = {items, 2};
    struct address address, stranger;

    DEMAND(address_parse("127.0.0.1", &address) && address_parse("192.0.2.1", &stranger));
    enum origin origin = origin_trace(value, &trusted, &address);
    if (origin == ORIGIN_FOUND)
        DEMAND_OF(!networks_have(&trusted, &address), value);
    if (origin == ORIGIN_TRUSTED)
        DEMAND_OF(networks_have(&trusted, &address), value);
    struct address before = stranger;
    DEMAND(origin_trace(value, &trusted, &stranger) == ORIGIN_FOUND);
    DEMAND(memcmp(&before, &stranger, sizeof before) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    auto_free char *text = text_copy_n((const char *)data + 1, size - 1);
    char *line = strchr(text, '\n');
    const char *body = line ? line + 1 : "";

    if (line)
        *line = '\0';
    judge(&kinds[data[0] % 4], text, body, strlen(body));
    trace(text);
    return 0;
}
