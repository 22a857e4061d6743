#include <string.h>
#include <strings.h>
#include <tocsin/sink.h>

#include "../shared/message.h"
#include "body.h"
#include "draft.h"
#include "header.h"
#include "line.h"
#include "plain.h"

/* Text outside of fields: no double quote, so that it cannot look like one. */
static const struct escaping unquoted = {.special = "", .forbidden = "\"", .instead = '\''};

static void put_fields(struct draft *draft, struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    const char *urgency =
        message->urgency < 0 ? NULL : call->host->format(call, "%d", (int)message->urgency);

    draft_field(draft, " level=\"", message_level_name(message), &quoted_text, "\"");
    draft_field(draft, " urgency=\"", urgency, &quoted_text, "\"");
    draft_field(draft, " id=\"", message->delivery, &quoted_text, "\"");
    draft_field(draft, " link=\"", message->link, &quoted_text, "\"");
    draft_field(draft, " event=\"", message->event, &quoted_text, "\"");
    draft_field(draft, " type=\"", message->type, &quoted_text, "\"");
    draft_field(draft, " action=\"", message->action, &quoted_text, "\"");
    draft_field(draft, " rule=\"", message->rule, &quoted_text, "\"");
    draft_field(draft, " thread=\"", message->thread, &quoted_text, "\"");
}

/* Whether a fact's label makes the key of a field above. */
static bool is_taken(const char *label)
{
    static const char *const keys[] = {
        "level", "urgency", "id", "link", "event", "type", "action", "rule", "thread"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcasecmp(label, keys[i]) == 0)
            return true;
    return false;
}

static void put_facts(struct draft *draft, const struct tocsin_message *message)
{
    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact = message_fact(message, i);
        size_t start = draft->len;
        plain_fact(draft, fact, is_taken(fact->label) ? "fact_" : "");
        draft_undo(draft, start);
    }
}

void rfc3164_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    const struct tocsin_message *message = call->message;

    (void)style;
    draft_short_text(draft, message->title, &unquoted, (draft->max - draft->len) / 2);
    plain_marks(draft, message);
    draft_puts(draft, " -");
    put_fields(draft, call);
    put_facts(draft, message);
    if (!*message->text_plain || !draft_open(draft, " - "))
        return;
    size_t start = draft->len;
    draft_text(draft, message->text_plain, &unquoted);
    draft_mark_cut(draft, start);
}
