#include <inttypes.h>
#include <stdio.h>
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

/* The longest values that ArcSight keeps, from the tables of its guide; here in bytes. */
enum {
    NAME_LEN = 512,
    ACT_LEN = 63,
    EXTERNAL_ID_LEN = 40,
    DVCHOST_LEN = 100,
    CUSTOM_LEN = 4000,       /* cs1 to cs6 */
    LONG_LEN = 1023,         /* cat, msg, request, suser, shost, dhost, the labels */
    SIGNATURE_PART_LEN = 32, /* ours, so that the rest of the header has room */
    CUSTOM_FIELDS = 6,
};

static const struct escaping header_text = {.special = "\\|", .forbidden = ""};
static const struct escaping value_text = {
    .special = "\\=", .forbidden = "", .has_line_feeds = true};

/* alert.created: what happened, without what it happened to. */
static void put_signature(struct draft *draft, const struct tocsin_message *message)
{
    draft_short_text(
        draft, *message->type ? message->type : "event", &header_text, SIGNATURE_PART_LEN);
    draft_short_field(draft, ".", message->action, &header_text, SIGNATURE_PART_LEN);
}

/* The name may take half of what is left: the severity after it must not be pushed out. */
static void put_name(struct draft *draft, const struct tocsin_message *message)
{
    size_t half = (draft->max - draft->len) / 2, whole = draft->max;
    size_t start = draft->len;

    draft->max = start + (half < NAME_LEN ? half : NAME_LEN);
    draft_text(draft, message->title, &header_text);
    plain_marks(draft, message);
    draft_mark_cut(draft, start);
    draft->max = whole;
}

static void put_header(struct draft *draft, const struct tocsin_message *message)
{
    char severity[16];

    draft_puts(draft, "CEF:0|tocsin|tocsin|1.0|");
    put_signature(draft, message);
    draft_puts(draft, "|");
    put_name(draft, message);
    (void)snprintf(severity, sizeof severity, "|%d|", tenths_of(message));
    draft_puts(draft, severity);
}

/* Of ids, URLs and host names: cut in the middle it would be another one. */
static void put_whole(struct draft *draft, const char *opening, const char *value, size_t max)
{
    if (value && strlen(value) <= max)
        draft_field(draft, opening, value, &value_text, "");
}

/* src and dst are IPv4 addresses; IPv6 has custom fields with labels of their own. */
static void put_endpoint(struct draft *draft, const struct endpoint *endpoint, bool is_source)
{
    const char *opening = is_source ? " src=" : " dst=";

    if (endpoint->is_ipv6)
        opening = is_source ? " c6a2Label=Source IPv6 Address c6a2="
                            : " c6a3Label=Destination IPv6 Address c6a3=";
    put_whole(draft, opening, endpoint->address, LONG_LEN);
    put_whole(draft, is_source ? " shost=" : " dhost=", endpoint->name, LONG_LEN);
}

static void put_observed(struct draft *draft, struct tocsin_call *call)
{
    const struct observed observed = observed_read(call);

    if (observed.count > 0)
        draft_puts(draft, call->host->format(call, " cnt=%" PRId64, observed.count));
    put_endpoint(draft, &observed.source, true);
    put_endpoint(draft, &observed.target, false);
    draft_short_field(draft, " suser=", observed.user, &value_text, LONG_LEN);
}

/* A label and its value, both or neither. */
static bool put_custom(struct draft *draft, int number, const char *label, const char *value)
{
    char opening[24];
    size_t start = draft->len;

    if (!*value || !*label)
        return false;
    (void)snprintf(opening, sizeof opening, " cs%dLabel=", number);
    bool has_label = draft_short_field(draft, opening, label, &value_text, LONG_LEN);
    (void)snprintf(opening, sizeof opening, " cs%d=", number);
    if (has_label && draft_short_field(draft, opening, value, &value_text, CUSTOM_LEN))
        return true;
    draft->len = start;
    return false;
}

/* Returns how many facts found a place. */
static uint32_t put_customs(struct draft *draft, const struct tocsin_message *message)
{
    uint32_t facts = 0;
    int number = 1;

    number += put_custom(draft, number, "thread", message->thread);
    number += put_custom(draft, number, "rule", message->rule);
    while (number <= CUSTOM_FIELDS && facts < message->fact_count) {
        const struct tocsin_fact *fact = message_fact(message, facts);
        if (!put_custom(draft, number++, fact->label, fact->value))
            break;
        facts++;
    }
    return facts;
}

/* The rule's text, and a line for each fact that has no field. */
static void put_message(struct draft *draft, const struct tocsin_message *message, uint32_t facts)
{
    size_t whole = draft->max;

    if ((!*message->text_plain && facts == message->fact_count) || !draft_open(draft, " msg="))
        return;
    size_t value = draft->len;
    if (LONG_LEN < whole - value)
        draft->max = value + LONG_LEN;
    draft_text(draft, message->text_plain, &value_text);
    for (; facts < message->fact_count && !draft->is_cut; facts++) {
        const struct tocsin_fact *fact = message_fact(message, facts);
        draft_puts(draft, draft->len > value ? "\\n" : "");
        draft_text(draft, fact->label, &value_text);
        draft_puts(draft, ": ");
        draft_text(draft, fact->value, &value_text);
    }
    draft_mark_cut(draft, value);
    draft->max = whole;
}

void cef_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    const struct tocsin_message *message = call->message;

    put_header(draft, message);
    draft_puts(draft, call->host->format(call, "rt=%" PRId64, moment_of(call)));
    put_whole(draft, " externalId=", message->delivery, EXTERNAL_ID_LEN);
    draft_short_field(draft, " cat=", message->type, &value_text, LONG_LEN);
    draft_short_field(draft, " act=", message->action, &value_text, ACT_LEN);
    put_whole(draft, " request=", message->link, LONG_LEN);
    put_observed(draft, call);
    put_whole(draft, " dvchost=", style->hostname, DVCHOST_LEN);
    put_message(draft, message, put_customs(draft, message));
}
