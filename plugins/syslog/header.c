#include "header.h"

#include <string.h>
#include <tocsin/sink.h>
#include <unistd.h>

#include "../shared/message.h"
#include "draft.h"
#include "line.h"
#include "moment.h"

bool is_printable(const char *text, size_t max)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] < '!' || text[i] > '~')
            return false;
    return len > 0 && len <= max;
}

bool is_tag(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_.";
    size_t len = strlen(text);

    return len > 0 && len <= TAG_MAX && strspn(text, allowed) == len;
}

int severity_of(const struct tocsin_message *message)
{
    static const int severities[] = {[TOCSIN_INFO] = 6,
        [TOCSIN_LOW] = 5,
        [TOCSIN_MEDIUM] = 4,
        [TOCSIN_HIGH] = 3,
        [TOCSIN_URGENT] = 2};
    uint32_t level = message_level(message);

    return level == TOCSIN_URGENT && message->urgency >= 95 ? 1 : severities[level];
}

int tenths_of(const struct tocsin_message *message)
{
    static const int middles[] = {[TOCSIN_INFO] = 1,
        [TOCSIN_LOW] = 3,
        [TOCSIN_MEDIUM] = 5,
        [TOCSIN_HIGH] = 7,
        [TOCSIN_URGENT] = 9};

    if (message->urgency < 0)
        return middles[message_level(message)];
    return message->urgency < 100 ? (message->urgency + 5) / 10 : 10;
}

/* The event's type, which a sender chooses freely, within what the field may hold. */
static const char *msgid(struct tocsin_call *call)
{
    char *id = call->host->format(call, "%.*s", MSGID_MAX, call->message->type);

    for (char *at = id; *at; at++)
        if (*at < '!' || *at > '~')
            *at = '_';
    return *id ? id : "-";
}

static void rfc5424_header(
    struct draft *draft, struct tocsin_call *call, const struct line_style *style, int priority)
{
    const char *time = moment_rfc3339(call, call->message->time_ms);

    draft_puts(draft, call->host->format(call, "<%d>1 %s %s %s - %s ", priority, time ? time : "-",
                          style->hostname, style->app_name, msgid(call)));
    if (style->format == FORMAT_RFC5424)
        return; /* the structured data is its own */
    draft_puts(draft, style->bom ? "- \xef\xbb\xbf" : "- ");
}

/* CEF and LEEF follow the host name at once: their first word, "CEF:", is the tag that receivers
 * know them by. /dev/log takes the first word off as the tag, so there they need one before. */
static void rfc3164_header(
    struct draft *draft, struct tocsin_call *call, const struct line_style *style, int priority)
{
    bool is_local = style->header == HEADER_LOCAL;
    bool is_own_tag = style->format == FORMAT_CEF || style->format == FORMAT_LEEF;

    draft_puts(draft,
        call->host->format(call, "<%d>%s ", priority, moment_rfc3164(call, moment_of(call))));
    if (!is_local)
        draft_puts(draft, call->host->format(call, "%s ", style->hostname));
    if (is_local || !is_own_tag)
        draft_puts(draft, call->host->format(call, "%s[%d]: ", style->app_name, (int)getpid()));
}

void header_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    int priority = style->facility * 8 + severity_of(call->message);

    switch (style->header) {
    case HEADER_RFC5424:
        rfc5424_header(draft, call, style, priority);
        break;
    case HEADER_RFC3164:
    case HEADER_LOCAL:
        rfc3164_header(draft, call, style, priority);
        break;
    case HEADER_NONE:
        break;
    }
}
