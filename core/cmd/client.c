#include "cmd/client.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "cmd/progress.h"
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

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    progress_note(arg, 0, 0);
}

/* A change of many events takes the daemon as long as it takes. */
static void wait_for_answer(struct client *client)
{
    static const struct timeval period = {0, 200000};
    struct progress progress;
    struct event *tick = event_new(client->base, -1, EV_PERSIST, on_tick, &progress);

    if (!tick)
        mem_exhausted();
    progress_begin(&progress, "waiting for the daemon");
    event_add(tick, &period);
    event_base_dispatch(client->base); /* to the answer, or the end of our patience */
    event_free(tick);
    progress_clear(&progress);
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
    wait_for_answer(client);
    return answer->status != 0;
}
