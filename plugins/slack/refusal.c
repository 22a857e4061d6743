#include "refusal.h"

#include <ctype.h>
#include <string.h>

#include <tocsin/sink.h>

#define MAKE_ANEW "make a new incoming webhook and copy its URL whole"

const struct refusal *refusal_find(const struct tocsin_answer *answer)
{
    static const struct refusal refusals[] = {
        {"invalid_blocks", TOCSIN_AGAIN, ""},
        {"invalid_blocks_format", TOCSIN_AGAIN, ""},
        {"invalid_attachments", TOCSIN_AGAIN, ""},
        {"too_many_attachments", TOCSIN_AGAIN, ""},
        {"msg_blocks_too_long", TOCSIN_AGAIN, ""},
        {"msg_too_long", TOCSIN_AGAIN, ""},
        {"invalid_payload", TOCSIN_REJECTED, ""},
        {"no_text", TOCSIN_REJECTED, ""},
        {"missing_text_or_fallback_or_attachments", TOCSIN_REJECTED, ""},
        {"user_not_found", TOCSIN_UNUSABLE, "who the webhook writes to is no longer there"},
        {"action_prohibited", TOCSIN_UNUSABLE, "an administrator of the workspace forbids it"},
        {"posting_to_general_channel_denied", TOCSIN_UNUSABLE,
            "only some may post to #general: make the webhook for another channel"},
        {"team_disabled", TOCSIN_UNUSABLE, "the workspace is switched off"},
        {"invalid_token", TOCSIN_UNUSABLE, MAKE_ANEW},
        {"channel_not_found", TOCSIN_UNUSABLE, "the webhook's channel was deleted; " MAKE_ANEW},
        {"channel_is_archived", TOCSIN_UNUSABLE, "the webhook's channel is archived"},
        {"no_service", TOCSIN_UNUSABLE, "the webhook was removed; " MAKE_ANEW},
        {"no_service_id", TOCSIN_UNUSABLE, "the URL is not whole; " MAKE_ANEW},
        {"no_active_hooks", TOCSIN_UNUSABLE, "the webhook is switched off; " MAKE_ANEW},
        {"no_team", TOCSIN_UNUSABLE, "there is no such workspace; " MAKE_ANEW},
        {"rate_limited", TOCSIN_RETRY, ""},
        {"ratelimited", TOCSIN_RETRY, ""},
        {"rollup_error", TOCSIN_RETRY, ""},
    };
    size_t len = answer->body_len;

    while (len > 0 && isspace((unsigned char)answer->body[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strlen(refusals[i].word) == len && memcmp(answer->body, refusals[i].word, len) == 0)
            return &refusals[i];
    return NULL;
}
