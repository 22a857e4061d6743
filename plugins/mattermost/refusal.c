#include "refusal.h"

#include <stddef.h>
#include <string.h>

#include <tocsin/sink.h>

#define WEB(name) "web.incoming_webhook." name ".app_error"
#define SWITCHED_OFF "incoming webhooks are switched off on the server"
#define TOO_SMALL "MaximumPayloadSizeBytes of the server is below what a message needs"

const struct refusal *refusal_find(const char *id, uint32_t status)
{
    static const struct refusal refusals[] = {
        {WEB("general"), 400, TOCSIN_UNUSABLE,
            "most likely the webhook was deleted, or `channel` names an unknown user; the server's "
            "log says more under this request"},
        {WEB("general"), 403, TOCSIN_UNUSABLE,
            "the webhook is locked to its own channel, or its owner may not post to this one"},
        {WEB("general"), 404, TOCSIN_UNUSABLE,
            "`channel` names no channel of the webhook's team, or the webhook's own was deleted"},
        {WEB("general"), 501, TOCSIN_UNUSABLE, SWITCHED_OFF},
        {WEB("invalid"), 0, TOCSIN_UNUSABLE,
            "there is no such webhook: it was deleted, or the URL is not whole"},
        {WEB("channel"), 0, TOCSIN_UNUSABLE, "there is no such channel"},
        {WEB("channel_locked"), 0, TOCSIN_UNUSABLE,
            "the webhook is locked to its own channel: leave `channel` out"},
        {WEB("permissions"), 0, TOCSIN_UNUSABLE, "the webhook's owner may not post to the channel"},
        {WEB("user"), 0, TOCSIN_UNUSABLE, "there is no such user"},
        {WEB("disabled"), 0, TOCSIN_UNUSABLE, SWITCHED_OFF},
        /* Servers that say no 413 (https://github.com/mattermost/mattermost/issues/30071) read the
         * beginning of what is too large, and find it broken. */
        {WEB("decode"), 0, TOCSIN_AGAIN, TOO_SMALL},
        {WEB("parse"), 0, TOCSIN_AGAIN, TOO_SMALL},
        {WEB("split_props_length"), 0, TOCSIN_AGAIN, ""},
        {"model.incoming_hook.parse_data.app_error", 0, TOCSIN_AGAIN, TOO_SMALL},
        {"api.context.request_body_too_large.app_error", 0, TOCSIN_AGAIN, TOO_SMALL},
        {WEB("text"), 0, TOCSIN_REJECTED, ""},
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(id, refusals[i].id) == 0 &&
            (refusals[i].status == 0 || refusals[i].status == status))
            return &refusals[i];
    return NULL;
}
