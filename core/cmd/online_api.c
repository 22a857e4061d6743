/* The APIs that are looked up from. Sekoia's shows by a list of one alert whether the key is taken
 * and may see alerts; of another only its door is known. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cmd/online.h"
#include "config/config.h"
#include "lane/http.h"

#define LIST "/v1/sic/alerts?limit=1"

enum {
    patience_ms = 10000,
    longest_answer = 1 << 20,
};

struct asking {
    struct event_base *base;
    const struct config *config;
    const struct config_lookup *lookup;
    online_told told;
    void *arg;
    bool is_sekoia;
};

/* Where a key, or an address, is written. */
static char *place_of(const struct config_lookup *lookup)
{
    return text_format("%s:%zu", lookup->place.file, lookup->place.line);
}

/* What a status of the list means; NULL: it is as it should be. */
static char *explain_status(
    const struct http_answer *answer, const struct config_lookup *lookup, char **cure)
{
    auto_free char *place = place_of(lookup);

    switch (answer->status) {
    case 200:
        break;
    case 401:
        *cure = text_format("make a key in the platform's settings, and set it as sekoia.api_key "
                            "(%s): it is case-sensitive, and without blanks",
            place);
        return text_copy("HTTP 401: the key is missing, mistyped, expired or revoked");
    case 403:
        *cure = text_copy("give the key's role the permission \"View alerts\", in the platform's "
                          "settings");
        return text_copy("HTTP 403: the key is known, and lacks the permission \"View alerts\"");
    case 404:
        *cure = text_format("write sekoia.region, or api as https://api.sekoia.io (%s)", place);
        return text_copy("HTTP 404: no Alert API is there");
    default:
        *cure = answer->status == 429 || answer->status >= 500
                    ? text_copy("the API is busy or in trouble: try again later")
                    : text_format("is sekoia.region, or api, right (%s)?", place);
        return text_format("HTTP %d, where a list of alerts was asked for", answer->status);
    }
    auto_json json_t *list = json_loadb(answer->body, answer->body_len, 0, NULL);
    if (json_is_array(json_object_get(list, "items")))
        return NULL;
    *cure = text_format("is sekoia.region, or api, right (%s)?", place);
    return text_copy("HTTP 200, but it is no list of alerts: another server answers there");
}

static json_t *judge_sekoia(const struct asking *asking, const struct http_answer *answer)
{
    const char *api = asking->config->api_url;
    char *cure = NULL;
    char *fault = explain_status(answer, asking->lookup, &cure);
    json_t *finding = fault ? online_finding("sekoia", api, "failed", fault, cure)
                            : online_finding("sekoia", api, "fine",
                                  text_copy("the key is taken, and may view alerts"), NULL);

    free(cure);
    return finding;
}

static void on_answer(const struct http_answer *answer, void *arg)
{
    const struct asking *asking = arg;
    const struct config_lookup *lookup = asking->lookup;
    auto_free char *place = place_of(lookup);
    auto_free char *failure =
        secrets_redact(asking->config->secrets, answer->failure ? answer->failure : "");
    auto_free char *what =
        asking->is_sekoia ? text_copy("sekoia") : text_format("enrich %s", lookup->type);
    auto_free char *to = asking->is_sekoia ? text_copy(asking->config->api_url)
                                           : text_copy_n(lookup->get, strcspn(lookup->get, "{?"));
    auto_free char *cure = text_format("is the address right (%s), and does the network let this "
                                       "machine reach it: DNS, firewall, proxy?",
        place);
    json_t *finding;

    if (answer->failure)
        finding = online_finding(what, to, "failed", text_copy(failure), cure);
    else if (asking->is_sekoia)
        finding = judge_sekoia(asking, answer);
    else
        finding = online_finding(what, to, "fine", text_copy("reached; nothing was asked"), NULL);
    json_object_set_new(finding, "took_ms", json_integer((json_int_t)answer->took_ms));
    asking->told(finding, asking->arg);
    event_base_loopbreak(asking->base);
}

static void ask(struct asking *asking, struct http_lane *lane)
{
    const char *key = secret_reveal(&asking->lookup->bearer);
    auto_free char *authorization = text_format("Authorization: Bearer %s", key);
    auto_free char *url = asking->is_sekoia
                              ? text_format("%s" LIST, asking->config->api_url)
                              : text_copy_n(asking->lookup->get, strcspn(asking->lookup->get, "{"));
    const char *headers[] = {"Accept: application/json", *key ? authorization : NULL, NULL};
    const struct http_request request = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .timeout_ms = patience_ms,
        .max_answer = longest_answer,
        .only_connects = !asking->is_sekoia,
    };

    http_lane_send(lane, &request, on_answer, asking);
    event_base_dispatch(asking->base);
    explicit_bzero(authorization, strlen(authorization));
}

static bool is_of_sekoia(const struct config *config, const struct config_lookup *lookup)
{
    return config->api_url && strncmp(lookup->get, config->api_url, strlen(config->api_url)) == 0;
}

static void ask_all(struct asking *asking, struct http_lane *lane)
{
    const struct config *config = asking->config;
    bool was_asked = false;

    for (size_t i = 0; i < config->lookup_count; i++) {
        asking->lookup = &config->lookups[i];
        asking->is_sekoia = is_of_sekoia(config, asking->lookup);
        if (asking->is_sekoia && was_asked)
            continue;
        was_asked |= asking->is_sekoia;
        ask(asking, lane);
    }
}

void online_ask_apis(const struct config *config, online_told told, void *arg)
{
    struct asking asking = {.config = config, .told = told, .arg = arg};
    auto_error struct error error = {0};

    asking.base = event_base_new();
    if (!asking.base)
        mem_exhausted();
    struct http_lane *lane = http_lane_create(asking.base, &error);
    if (lane)
        ask_all(&asking, lane);
    else
        told(online_finding("http", "", "failed", text_copy(error_text(&error)), NULL), arg);
    http_lane_destroy(lane);
    event_base_free(asking.base);
}
