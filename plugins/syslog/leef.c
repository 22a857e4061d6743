#include <inttypes.h>
#include <string.h>
#include <tocsin/sink.h>

#include "../shared/message.h"
#include "body.h"
#include "draft.h"
#include "header.h"
#include "line.h"
#include "moment.h"
#include "observed.h"
#include "plain.h"

enum {
    EVENT_ID_PART_LEN = 32,
};

/* LEEF has no escapes. In the header a bar becomes a slash. Attributes are divided by tabs, which
 * are controls and become blanks; by the specification only the first = is one, but more than one
 * reader takes any word before an = for a key, so that in free text it becomes a colon. */
static const struct escaping header_text = {.special = "", .forbidden = "|", .instead = '/'};
static const struct escaping free_text = {.special = "", .forbidden = "=", .instead = ':'};

static void put(struct draft *draft, const char *opening, const char *value)
{
    draft_field(draft, opening, value, &free_text, "");
}

/* A URL keeps its =: there is no blank in it that could make a word of what stands before. */
static void put_exact(struct draft *draft, const char *opening, const char *value)
{
    if (value && !strchr(value, ' '))
        draft_field(draft, opening, value, &plain_text, "");
}

/* LEEF:2.0|tocsin|tocsin|1.0|alert.created|x09| */
static void put_header(struct draft *draft, const struct tocsin_message *message)
{
    draft_puts(draft, "LEEF:2.0|tocsin|tocsin|1.0|");
    draft_short_text(
        draft, *message->type ? message->type : "event", &header_text, EVENT_ID_PART_LEN);
    draft_short_field(draft, ".", message->action, &header_text, EVENT_ID_PART_LEN);
    draft_puts(draft, "|x09|");
}

static void put_time(struct draft *draft, struct tocsin_call *call)
{
    size_t start = draft->len;

    draft_puts(draft, "\tdevTime=");
    draft_puts(draft, moment_leef(call, moment_of(call)));
    draft_puts(draft, "\tdevTimeFormat=" LEEF_TIME_FORMAT);
    draft_undo(draft, start);
}

/* srcPort and its kin are for packets; an alert has machines. */
static void put_observed(struct draft *draft, struct tocsin_call *call)
{
    const struct observed observed = observed_read(call);

    put(draft, "\tsrc=", observed.source.address);
    put(draft, "\tdst=", observed.target.address);
    put(draft, "\tusrName=", observed.user);
    put(draft, "\tsrcHostName=", observed.source.name);
    put(draft, "\tdstHostName=", observed.target.name);
    if (observed.count > 0)
        put(draft, "\tcount=", call->host->format(call, "%" PRId64, observed.count));
}

static void put_attributes(struct draft *draft, struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    int severity = tenths_of(message);

    /* LEEF's severities begin at 1. */
    draft_puts(draft, call->host->format(call, "sev=%d", severity > 1 ? severity : 1));
    put(draft, "\tcat=", message->type);
    put_time(draft, call);
    put(draft, "\tid=", message->delivery);
    put(draft, "\tevent=", message->event);
    put(draft, "\taction=", message->action);
    put(draft, "\tlevel=", message_level_name(message));
    if (message->urgency >= 0)
        put(draft, "\turgency=", call->host->format(call, "%d", (int)message->urgency));
    put(draft, "\tpolicy=", message->rule);
    put(draft, "\tthread=", message->thread);
    put_exact(draft, "\turl=", message->link);
    put_observed(draft, call);
}

static void put_title(struct draft *draft, const struct tocsin_message *message)
{
    size_t whole = draft->max;

    if (!draft_open(draft, "\ttitle="))
        return;
    size_t value = draft->len;
    draft->max = value + (whole - value) / 2;
    draft_text(draft, message->title, &free_text);
    plain_marks(draft, message);
    draft_mark_cut(draft, value);
    draft->max = whole;
}

/* A prefix keeps labels, which a rule may take from an event, off the names that QRadar knows. */
static void put_facts(struct draft *draft, const struct tocsin_message *message)
{
    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact = message_fact(message, i);
        size_t start = draft->len;
        draft_puts(draft, "\tfact_");
        draft_key(draft, fact->label);
        draft_puts(draft, "=");
        draft_text(draft, fact->value, &free_text);
        draft_undo(draft, start);
    }
}

void leef_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    const struct tocsin_message *message = call->message;

    (void)style;
    put_header(draft, message);
    put_attributes(draft, call);
    put_title(draft, message);
    put_facts(draft, message);
    if (!*message->text_plain || !draft_open(draft, "\tmsg="))
        return;
    size_t start = draft->len;
    draft_text(draft, message->text_plain, &free_text);
    draft_mark_cut(draft, start);
}
