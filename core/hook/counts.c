#include "hook/counts.h"

#include <stddef.h>
#include <stdio.h>

#include "base/metrics.h"
#include "base/network.h"
#include "config/config.h"

static const struct metric accepted = {"tocsin_events_accepted_total",
    "Events that were written to the ledger, and answered 202.", {"hook", NULL}, NULL};
static const struct metric duplicates = {"tocsin_events_duplicate_total",
    "Posts of an event that the ledger had already.", {"hook", NULL}, NULL};
static const struct metric refused = {"tocsin_posts_refused_total",
    "Posts that were not taken, by the HTTP status of the answer.", {"hook", "status"}, NULL};

static const struct metric denied = {"tocsin_posts_denied_total",
    "Posts that were not let in: by address, by credentials, by rate.", {"hook", "reason"}, NULL};

/* What can stand against a post at a hook that is guarded, and the answer. */
static void prepare_denials(struct metrics *metrics, const struct config_hook *hook)
{
    static const char *const reasons[] = {
        "credentials-missing", "credentials-malformed", "credentials-wrong"};

    if (hook->allow->count > 0) {
        metrics_add(metrics, &refused, hook->name, "404", 0);
        metrics_add(metrics, &denied, hook->name, "address", 0);
    }
    if (hook->rate > 0) {
        metrics_add(metrics, &refused, hook->name, "429", 0);
        metrics_add(metrics, &denied, hook->name, "rate", 0);
    }
    if (hook->auth.kind == CONFIG_AUTH_NONE)
        return;
    metrics_add(metrics, &refused, hook->name, "401", 0);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        metrics_add(metrics, &denied, hook->name, reasons[i], 0);
    if (hook->auth.tolerance_ms > 0)
        metrics_add(metrics, &denied, hook->name, "signature-stale", 0);
}

void counts_prepare(struct metrics *metrics, const struct config *config)
{
    static const char *const statuses[] = {"400", "405", "411", "413", "415", "503"};

    for (size_t i = 0; i < config->hook_count; i++) {
        const char *hook = config->hooks[i].name;
        metrics_add(metrics, &accepted, hook, NULL, 0);
        metrics_add(metrics, &duplicates, hook, NULL, 0);
        for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++)
            metrics_add(metrics, &refused, hook, statuses[k], 0);
        prepare_denials(metrics, &config->hooks[i]);
    }
    metrics_add(metrics, &refused, "", "400", 0);
    metrics_add(metrics, &refused, "", "404", 0);
}

void counts_note_accepted(struct metrics *metrics, const char *hook, bool is_duplicate)
{
    metrics_add(metrics, is_duplicate ? &duplicates : &accepted, hook, NULL, 1);
}

void counts_note_refusal(struct metrics *metrics, const char *hook, int status)
{
    char word[16];

    snprintf(word, sizeof word, "%d", status);
    metrics_add(metrics, &refused, hook, word, 1);
}

void counts_note_denial(struct metrics *metrics, const char *hook, const char *why)
{
    metrics_add(metrics, &denied, hook, why, 1);
}
