#include <string.h>
#include <tocsin/sink.h>

#include "../shared/message.h"
#include "body.h"
#include "draft.h"
#include "header.h"
#include "line.h"
#include "plain.h"

/* 32473 is the enterprise number for documentation (RFC 5612); tocsin has none of its own. */
static const char sd_id[] = "[tocsin@32473";

/* RFC 5424 6.3.3. */
static const struct escaping param_value = {.special = "\"\\]", .forbidden = ""};

static void put_param(struct draft *draft, const char *opening, const char *value)
{
    draft_field(draft, opening, value, &param_value, "\"");
}

/* RFC 5424 6.3. The parameters leave `reserve` bytes to the text. */
static void put_structured_data(struct draft *draft, struct tocsin_call *call, size_t reserve)
{
    const struct tocsin_message *message = call->message;
    const char *urgency =
        message->urgency < 0 ? NULL : call->host->format(call, "%d", (int)message->urgency);

    draft_puts(draft, sd_id);
    draft->max -= reserve + 1; /* and one for the bracket */
    put_param(draft, " id=\"", message->delivery);
    put_param(draft, " event=\"", message->event);
    put_param(draft, " type=\"", message->type);
    put_param(draft, " action=\"", message->action);
    put_param(draft, " level=\"", message_level_name(message));
    put_param(draft, " urgency=\"", urgency);
    put_param(draft, " rule=\"", message->rule);
    put_param(draft, " thread=\"", message->thread);
    put_param(draft, " link=\"", message->link);
    draft->max += reserve + 1;
    draft_puts(draft, "]");
}

static void put_text(struct draft *draft, const struct tocsin_message *message)
{
    draft_text(draft, message->title, &plain_text);
    plain_marks(draft, message);
    if (message->fact_count > 0)
        draft_puts(draft, " -");
    for (uint32_t i = 0; i < message->fact_count && !draft->is_cut; i++)
        plain_fact(draft, message_fact(message, i), "");
    if (*message->text_plain) {
        draft_puts(draft, " - ");
        draft_text(draft, message->text_plain, &plain_text);
    }
}

void rfc5424_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    /* Parameters may not push a title out: it needs a blank, a byte order mark, itself and "...".
     */
    size_t title_len = 1 + 3 + strlen(call->message->title) + 3;
    size_t reserve = title_len < draft->max / 5 ? title_len : draft->max / 5;

    put_structured_data(draft, call, reserve);
    draft_puts(draft, style->bom ? " \xef\xbb\xbf" : " ");
    size_t text_start = draft->len;
    put_text(draft, call->message);
    draft_mark_cut(draft, text_start);
}
