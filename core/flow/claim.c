#include "flow/claim.h"

#include <stdlib.h>

#include "base/mem.h"
#include "flow/story.h"

struct claim *claim_create(
    struct outlet *outlet, const struct store_claimed *claimed, struct story *story)
{
    struct claim *claim = mem_alloc(sizeof *claim);

    claim->outlet = outlet;
    claim->claimed = *claimed;
    claim->claimed.thread = text_copy(claimed->thread);
    claim->claimed.rule = text_copy(claimed->rule);
    claim->claimed.resume = text_copy(claimed->resume);
    claim->claimed.first_receipt = text_copy(claimed->first_receipt);
    claim->story = story ? story_keep(story) : NULL;
    return claim;
}

void claim_destroy(struct claim *claim)
{
    free((char *)claim->claimed.thread);
    free((char *)claim->claimed.rule);
    free((char *)claim->claimed.resume);
    free((char *)claim->claimed.first_receipt);
    story_release(claim->story);
    free(claim);
}
