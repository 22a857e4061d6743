#include "cmd/client.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "lane/http.h"

enum {
    read_patience_ms = 60 * 1000,
    change_patience_ms = 10 * 60 * 1000, /* it may walk a long ledger */
    longest_answer = 256 << 20,          /* an event comes with all that was looked up for it */
    header_count = 4,
};

struct client {
    struct event_base *base;
    struct http_lane *http;
    char *address;
    char *authorization; /* the whole header; NULL without a token */
};

/* What the answer is copied to. */
struct asking {
    struct event_base *base;
    struct client_answer *answer;
    struct error *error;
};

struct client *client_create(const char *address, const char *token, struct error *error)
{
    struct client *client = mem_alloc(sizeof *client);

    client->address = text_copy(address);
    if (*token)
        client->authorization = text_format("Authorization: Bearer %s", token);
    client->base = event_base_new();
    if (!client->base)
        mem_exhausted();
    client->http = http_lane_create(client->base, error);
    if (client->http)
        return client;
    client_destroy(client);
    return NULL;
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    http_lane_destroy(client->http);
    event_base_free(client->base);
    free(client->authorization);
    free(client->address);
    free(client);
}

static void on_answer(const struct http_answer *answer, void *arg)
{
    const struct asking *asking = arg;

    asking->answer->status = answer->failure ? 0 : answer->status;
    asking->answer->may_be_done = answer->maybe_sent;
    if (answer->failure)
        error_set(asking->error, "%s", answer->failure);
    else
        asking->answer->body = json_loadb(answer->body, answer->body_len, JSON_DECODE_ANY, NULL);
    event_base_loopbreak(asking->base);
}

bool client_ask(struct client *client, const char *uri, const json_t *body,
    struct client_answer *answer, struct error *error)
{
    auto_free char *url = text_format("http://%s%s", client->address, uri);
    auto_free char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const char *headers[header_count] = {client->authorization};
    size_t count = client->authorization ? 1 : 0;
    struct asking asking = {client->base, answer, error};

    *answer = (struct client_answer){0};
    if (body) {
        headers[count++] = "X-Tocsin: 1";
        headers[count++] = "Content-Type: application/json";
    }
    const struct http_request request = {
        .method = body ? "POST" : "GET",
        .url = url,
        .headers = headers,
        .body = text,
        .body_len = text ? strlen(text) : 0,
        .timeout_ms = body ? change_patience_ms : read_patience_ms,
        .max_answer = longest_answer,
        .refuse_longer = true,
    };
    http_lane_send(client->http, &request, on_answer, &asking);
    event_base_dispatch(client->base);
    return answer->status != 0;
}
