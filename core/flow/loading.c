/* Events that are read from the ledger for claimed deliveries. Several sinks that work off a
 * backlog come to the same event at the same time: it is read and parsed once for all of them. */
#include <stdlib.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/claim.h"
#include "flow/flow-private.h"
#include "flow/story.h"

struct loading {
    UT_hash_handle hh; /* loadings::by_event */
    struct loadings *loadings;
    int64_t event;
    struct claims claims; /* that wait for it */
};

struct loadings {
    struct flow *flow;
    struct loading *by_event;
};

struct loadings *loadings_create(struct flow *flow)
{
    struct loadings *loadings = mem_alloc(sizeof *loadings);

    loadings->flow = flow;
    return loadings;
}

static struct claim *take_claim(struct loading *loading)
{
    struct claim *claim = TAILQ_FIRST(&loading->claims);

    if (claim)
        TAILQ_REMOVE(&loading->claims, claim, link);
    return claim;
}

static void loading_destroy(struct loading *loading)
{
    struct claim *claim;

    while ((claim = take_claim(loading)))
        claim_destroy(claim);
    HASH_DELETE(hh, loading->loadings->by_event, loading);
    free(loading);
}

void loadings_destroy(struct loadings *loadings)
{
    struct loading *loading, *next;

    HASH_ITER (hh, loadings->by_event, loading, next) {
        loading_destroy(loading);
    }
    free(loadings);
}

/* NULL with the reason when it cannot be read. */
static struct story *read_story(struct flow *flow, const struct error *error,
    const struct store_loaded *loaded, struct error *why)
{
    struct journal *journal = flow->parts.journal;

    if (error->text) {
        error_set(why, "%s", error_text(error));
        return NULL;
    }
    struct story *story = story_load(loaded, flow->parts.enricher, why);
    if (story) {
        story_set_number(story, journal->ops->ledger_id(journal), loaded->event);
        story_see(story, flow->parts.config);
    }
    return story;
}

static void on_loaded(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    struct loading *loading = arg;
    struct flow *flow = loading->loadings->flow;
    auto_error struct error why = {0};
    struct claim *claim;

    flow->calls--;
    struct story *story = read_story(flow, error, loaded, &why);
    if (story && flow->outlet_count > 1)
        shelf_lend(flow->shelf, story, clock_mono_ms());
    while ((claim = take_claim(loading))) {
        if (story)
            outlet_begin(claim->outlet, &claim->claimed, story);
        else
            outlet_cannot_begin(claim->outlet, &claim->claimed, error_text(&why));
        claim_destroy(claim);
    }
    story_release(story);
    loading_destroy(loading);
}

void loadings_add(struct loadings *loadings, struct claim *claim)
{
    struct flow *flow = loadings->flow;
    struct journal *journal = flow->parts.journal;
    int64_t event = claim->claimed.event;
    struct loading *loading;

    HASH_FIND(hh, loadings->by_event, &event, sizeof event, loading);
    if (!loading) {
        loading = mem_alloc(sizeof *loading);
        loading->loadings = loadings;
        loading->event = event;
        TAILQ_INIT(&loading->claims);
        HASH_ADD(hh, loadings->by_event, event, sizeof loading->event, loading);
        flow->calls++;
        journal->ops->load(journal, event, on_loaded, loading);
    }
    TAILQ_INSERT_TAIL(&loading->claims, claim, link);
}
