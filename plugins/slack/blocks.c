/* Slack refuses a whole message for one text that is too long, so every limit of Block Kit is kept
 * here; and a message whose texts together are over some 13,200 characters (msg_blocks_too_long,
 * https://github.com/slackapi/bolt-js/issues/2509), so these limits add up to less than that. */
#include "blocks.h"

#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "mrkdwn.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* In UTF-16 units, which are no fewer than the characters that Slack counts. */
enum {
    MAX_HEADER = 150,
    MAX_TITLE = 600,
    MAX_SECTION = 3000,
    TEXT_SECTIONS = 2,
    MAX_FIELD = 2000, /* what Slack takes */
    MAX_LABEL = 80,
    MAX_VALUE = MAX_FIELD / 5 - MAX_LABEL - 10,
    FIELDS_A_SECTION = 10,
    MAX_FIELDS = 10000 - TEXT_SECTIONS * MAX_SECTION, /* of all facts together */
    MAX_FOOTER = 600,
    MAX_BUTTON_URL = 3000,
};

/* Untrusted text belongs into this one: Slack reads no mark and no mention in it. */
static json_t *plain_text(struct tocsin_call *call, const char *text)
{
    return json_pack(
        "{s:s, s:o, s:b}", "type", "plain_text", "text", text_json(call, text), "emoji", 0);
}

static json_t *mrkdwn(struct tocsin_call *call, const char *text)
{
    return json_pack("{s:s, s:o, s:b}", "type", "mrkdwn", "text", text_json(call, text), "verbatim",
        1); /* bare URLs and channel names stay what they are */
}

static json_t *section(json_t *text)
{
    return json_pack("{s:s, s:o}", "type", "section", "text", text);
}

json_t *blocks_headline(struct tocsin_call *call, const char *mention)
{
    const char *headline = words_headline(call);
    const char *header = text_cut_units(call, headline, MAX_HEADER);
    json_t *blocks = json_array();

    if (mention && *mention)
        json_array_append_new(blocks, section(mrkdwn(call, mention)));
    json_array_append_new(
        blocks, json_pack("{s:s, s:o}", "type", "header", "text", plain_text(call, header)));
    if (header != headline)
        json_array_append_new(blocks,
            section(plain_text(call, text_cut_units(call, call->message->title, MAX_TITLE))));
    return blocks;
}

/* The message's text is mrkdwn, escaped already. */
static void append_text(struct tocsin_call *call, json_t *blocks)
{
    const char *rest = call->message->text;

    for (size_t i = 1; i <= TEXT_SECTIONS && *rest; i++) {
        size_t len = mrkdwn_fit(rest, MAX_SECTION - 1);
        bool is_cut = i == TEXT_SECTIONS && rest[len] != '\0';
        const char *part =
            call->host->format(call, "%.*s%s", (int)len, rest, is_cut ? ELLIPSIS : "");
        json_array_append_new(blocks, section(mrkdwn(call, part)));
        rest += len;
        rest += strspn(rest, "\n");
    }
}

/* No longer than MAX_FIELD, since no character becomes more than five. */
static const char *field_text(struct tocsin_call *call, const struct tocsin_fact *fact)
{
    const char *label = text_cut_units(call, fact->label, MAX_LABEL);
    const char *value = text_cut_units(call, fact->value, MAX_VALUE);

    return call->host->format(call, "*%s*\n%s", call->host->escape(call, TOCSIN_MRKDWN, label),
        call->host->escape(call, TOCSIN_MRKDWN, value));
}

/* Two of them stand on a line, ten in a section. Returns how many there was room for. */
static uint32_t append_facts(struct tocsin_call *call, json_t *blocks)
{
    const struct tocsin_message *message = call->message;
    json_t *fields = NULL;
    size_t units = 0;

    for (uint32_t i = 0; i < message->fact_count; i++) {
        const char *text = field_text(call, message_fact(message, i));
        units += text_units(text);
        if (units > MAX_FIELDS)
            return i;
        if (i % FIELDS_A_SECTION == 0) {
            fields = json_array();
            json_array_append_new(
                blocks, json_pack("{s:s, s:o}", "type", "section", "fields", fields));
        }
        json_array_append_new(fields, mrkdwn(call, text));
    }
    return message->fact_count;
}

static void append_button(struct tocsin_call *call, json_t *blocks)
{
    const char *link = message_link(call->message);

    if (!link || text_units(link) > MAX_BUTTON_URL)
        return;
    json_array_append_new(
        blocks, json_pack("{s:s, s:[{s:s, s:s, s:o, s:o}]}", "type", "actions", "elements", "type",
                    "button", "action_id", "open", "text", plain_text(call, words_button(call)),
                    "url", text_json(call, link)));
}

/* What the reader must know comes first: the end is what is cut. */
static void append_footer(struct tocsin_call *call, json_t *blocks, uint32_t left_out)
{
    const char *marks = words_marks(call), *more = "";

    if (left_out > 0)
        more = call->host->format(call, "%u more facts" DOT, (unsigned)left_out);
    const char *line =
        call->host->format(call, "%s%s%s%s", marks, *marks ? DOT : "", more, words_origin(call));
    json_array_append_new(blocks, json_pack("{s:s, s:[o]}", "type", "context", "elements",
                                      plain_text(call, text_cut_units(call, line, MAX_FOOTER))));
}

json_t *blocks_body(struct tocsin_call *call)
{
    json_t *blocks = json_array();

    append_text(call, blocks);
    uint32_t shown = append_facts(call, blocks);
    append_button(call, blocks);
    append_footer(call, blocks, call->message->fact_count - shown);
    return blocks;
}
