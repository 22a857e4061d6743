#include "hook/handshakes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"

enum {
    told_again_ms = 60000,
};

/* How the log begins and ends for each; between them stand the address and OpenSSL's words. */
static const struct cause {
    const char *why, *told;
} causes[] = {
    {"plain-http", "it was plain HTTP: senders must use https://"},
    {"client-certificate", "the sender has no certificate of `client_ca`"},
    {"not-trusted", "the sender does not trust the certificate of `listen`"},
    {"versions", "the sender has no version, cipher or protocol in common"},
    {"other", "it was no handshake, or a broken one"},
};

enum {
    cause_count = sizeof causes / sizeof *causes,
};

struct handshakes {
    struct metrics *metrics;
    const struct logger *logger;
    struct {
        bool was_told;
        int64_t told_ms;
        size_t untold;
    } of[cause_count];
};

static const struct metric failed = {"tocsin_handshakes_failed_total",
    "Connections to the hook listener whose handshake of TLS failed.", {"reason", NULL}, NULL};

struct handshakes *handshakes_create(struct metrics *metrics, const struct logger *logger)
{
    struct handshakes *handshakes = mem_alloc(sizeof *handshakes);

    handshakes->metrics = metrics;
    handshakes->logger = logger;
    return handshakes;
}

void handshakes_destroy(struct handshakes *handshakes)
{
    free(handshakes);
}

void handshakes_prepare(struct handshakes *handshakes)
{
    for (size_t i = 0; i < cause_count; i++)
        metrics_add(handshakes->metrics, &failed, causes[i].why, NULL, 0);
}

static size_t find_cause(const char *why)
{
    size_t i = 0;

    while (i < cause_count - 1 && strcmp(causes[i].why, why) != 0)
        i++;
    return i;
}

void handshakes_note(const char *why, const char *detail, const char *from, void *arg)
{
    struct handshakes *handshakes = arg;
    size_t cause = find_cause(why), untold = handshakes->of[cause].untold++;
    int64_t now_ms = clock_mono_ms();

    metrics_add(handshakes->metrics, &failed, causes[cause].why, NULL, 1);
    if (handshakes->of[cause].was_told && now_ms - handshakes->of[cause].told_ms < told_again_ms)
        return;
    handshakes->of[cause].was_told = true;
    handshakes->of[cause].told_ms = now_ms;
    handshakes->of[cause].untold = 0;
    auto_free char *more =
        untold > 0 ? text_format("; %zu more since this was told", untold) : text_copy("");
    log_warn(handshakes->logger, "a handshake with %s failed: %s (%s)%s", from, causes[cause].told,
        detail, more);
}
