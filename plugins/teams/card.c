#include "card.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "markdown.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

/* All in bytes of the serialised request. */
enum {
    MAX_TITLE = 1600,
    MAX_ORIGIN = 400,
    MAX_TOAST = 300,
    MAX_FALLBACK_TEXT = 800,
    MAX_LABEL = 80,
    MAX_VALUE = 400,
    MIN_ROOM = 1000,
};

/* Markdown does nothing in a TextRun, but {{DATE(...)}} is expanded there too, and a mention needs
 * only its <at> tag: both are broken up with a space that nobody sees. */
static const char *inert(struct tocsin_call *call, const char *text)
{
    if (!strstr(text, "{{") && !strcasestr(text, "<at") && !strcasestr(text, "</at"))
        return text;
    char *out = call->host->alloc(call, strlen(text) * (1 + strlen(ZERO_WIDTH_SPACE)) + 1);
    char *end = out;
    for (; *text != '\0'; text++) {
        *end++ = *text;
        if ((text[0] == '{' && text[1] == '{') || strncasecmp(text, "<at", 3) == 0 ||
            strncasecmp(text, "</at", 4) == 0)
            end = stpcpy(end, ZERO_WIDTH_SPACE);
    }
    return out;
}

/* One run of untrusted text, cut to max bytes. It is cut twice, so that what is made inert is small
 * and what has grown by it still fits. */
static json_t *run_create(struct tocsin_call *call, const char *text, size_t max)
{
    const char *harmless = inert(call, text_cut(call, text, SIZE_MAX, max));

    return json_pack("{s:s, s:o}", "type", "TextRun", "text",
        text_json(call, text_cut(call, harmless, SIZE_MAX, max)));
}

static json_t *subtle(json_t *run)
{
    json_object_set_new(run, "isSubtle", json_true());
    return run;
}

static json_t *bold(json_t *run)
{
    json_object_set_new(run, "weight", json_string("Bolder"));
    return run;
}

static json_t *italic(json_t *run)
{
    json_object_set_new(run, "italic", json_true());
    return run;
}

static json_t *sized(json_t *run, const char *size)
{
    json_object_set_new(run, "size", json_string(size));
    return run;
}

static json_t *colored(json_t *run, const char *color)
{
    json_object_set_new(run, "color", json_string(color));
    return run;
}

static json_t *linked(json_t *run, const char *url)
{
    json_object_set_new(
        run, "selectAction", json_pack("{s:s, s:s}", "type", "Action.OpenUrl", "url", url));
    return colored(run, "Accent");
}

static json_t *line_create(const char *spacing)
{
    return json_pack("{s:s, s:s, s:[]}", "type", "RichTextBlock", "spacing", spacing, "inlines");
}

static void line_append(json_t *line, json_t *run)
{
    json_array_append_new(json_object_get(line, "inlines"), run);
}

static json_t *block_create(json_t *run, const char *spacing)
{
    json_t *line = line_create(spacing);

    line_append(line, run);
    return line;
}

/* Teams lets a card choose among its own colours only. */
static json_t *header_create(struct tocsin_call *call)
{
    static const struct {
        const char *style, *color;
    } looks[] = {{"emphasis", "Default"}, {"accent", "Accent"}, {"warning", "Warning"},
        {"warning", "Warning"}, {"attention", "Attention"}};
    uint32_t level = message_level(call->message);
    json_t *title = bold(sized(run_create(call, call->message->title, MAX_TITLE), "Large"));
    json_t *origin = line_create("Small");
    const char *rest =
        call->host->format(call, DOT "%s" DOT "%s", words_event(call), words_time(call));

    line_append(origin,
        bold(sized(colored(run_create(call, words_level(call), MAX_ORIGIN), looks[level].color),
            "Small")));
    line_append(origin, subtle(sized(run_create(call, rest, MAX_ORIGIN), "Small")));
    return json_pack("{s:s, s:s, s:b, s:[o, o]}", "type", "Container", "style", looks[level].style,
        "bleed", 1, "items", block_create(title, "None"), origin);
}

static json_t *fact_create(
    struct tocsin_call *call, const struct tocsin_fact *fact, const char *spacing)
{
    json_t *label = block_create(subtle(run_create(call, fact->label, MAX_LABEL)), "None");
    json_t *value = block_create(run_create(call, fact->value, MAX_VALUE), "None");

    return json_pack("{s:s, s:s, s:[{s:s, s:s, s:[o]}, {s:s, s:s, s:[o]}]}", "type", "ColumnSet",
        "spacing", spacing, "columns", "type", "Column", "width", "110px", "items", label, "type",
        "Column", "width", "stretch", "items", value);
}

/* A FactSet would be shorter, but it reads its values as Markdown. *size is what the list takes;
 * what is beyond max already is not worth making. */
static json_t *facts_create(struct tocsin_call *call, size_t max, size_t *size)
{
    const struct tocsin_message *message = call->message;
    json_t *facts = json_array();

    *size = strlen("[]");
    for (uint32_t i = 0; i < message->fact_count && *size < max; i++) {
        json_t *fact = fact_create(call, message_fact(message, i), i == 0 ? "Medium" : "Small");
        *size += json_size(fact) + (i > 0);
        json_array_append_new(facts, fact);
    }
    return facts;
}

/* The text's lines, as far as there is room. */
struct page {
    json_t *blocks;
    json_t *line;        /* borrowed; NULL: none has begun */
    const char *spacing; /* of the next line */
    size_t left;         /* bytes */
};

static void page_add(struct page *page, json_t *run)
{
    if (!page->line) {
        page->line = line_create(page->spacing);
        json_array_append_new(page->blocks, page->line);
    }
    line_append(page->line, run);
    page->spacing = "None";
}

static json_t *stretch_create(struct tocsin_call *call, const struct stretch *stretch, size_t max)
{
    json_t *run = run_create(call, stretch->text, max);

    run = stretch->is_bold ? bold(run) : run;
    run = stretch->is_italic ? italic(run) : run;
    return stretch->link ? linked(run, stretch->link) : run;
}

/* What a line without runs takes, and the comma before it. */
static size_t line_size(const struct page *page)
{
    auto_json json_t *line = page->line ? NULL : line_create(page->spacing);

    return line ? json_size(line) + 1 : 0;
}

/* False where it had to be cut. */
static bool page_put(struct tocsin_call *call, struct page *page, const struct stretch *stretch)
{
    json_t *run = stretch_create(call, stretch, SIZE_MAX);
    size_t size = json_size(run) + 1 + line_size(page);

    if (size < page->left) {
        page_add(page, run);
        page->left -= size;
        return true;
    }
    size_t cost = text_cost(inert(call, stretch->text)), over = size - page->left + 1;
    json_decref(run);
    bool is_some_left = cost >= over + strlen(ELLIPSIS);
    page_add(page, is_some_left ? stretch_create(call, stretch, cost - over)
                                : run_create(call, ELLIPSIS, SIZE_MAX));
    return false;
}

/* Each line stands in a block of its own, since some clients swallow a line break in a run; a wider
 * gap where a blank line stood. */
static void page_end_line(struct page *page)
{
    if (!page->line)
        page->spacing = "Medium";
    page->line = NULL;
}

/* The text within room bytes. Where it does not fit, the end is cut off and an ellipsis stands
 * there, for which there is always room. */
static json_t *text_create(struct tocsin_call *call, struct markdown *markdown, size_t room)
{
    auto_json json_t *mark = block_create(run_create(call, ELLIPSIS, SIZE_MAX), "Default");
    struct page page = {json_array(), NULL, "Medium", room - json_size(mark) - 1};
    struct stretch stretch;
    bool fits = true;

    markdown_rewind(markdown);
    while (fits && markdown_next(call, markdown, &stretch)) {
        if (stretch.text)
            fits = page_put(call, &page, &stretch);
        else
            page_end_line(&page);
    }
    if (fits && markdown_is_cut(markdown))
        page_add(&page, run_create(call, ELLIPSIS, SIZE_MAX));
    return page.blocks;
}

/* Facts give way first, the last ones before the first, until they take half of the room; then the
 * text is cut to what they leave. */
static void content_append(struct tocsin_call *call, json_t *body, size_t room)
{
    const struct tocsin_message *message = call->message;
    struct markdown *markdown = markdown_read(call, message->text, message->text_plain);
    size_t facts_size;
    auto_json json_t *facts = facts_create(call, room, &facts_size);
    auto_json json_t *text = text_create(call, markdown, room);
    size_t kept = json_array_size(facts), text_size = json_size(text);

    while (facts_size + text_size > room && facts_size > room / 2) {
        json_array_remove(facts, --kept);
        facts_size = json_size(facts);
    }
    if (facts_size + text_size > room) {
        json_decref(text);
        text = text_create(call, markdown, room - facts_size);
    }
    json_array_extend(body, text);
    json_array_extend(body, facts);
    if (kept < message->fact_count) {
        const char *left = call->host->format(
            call, ELLIPSIS " and %u more facts", (unsigned)(message->fact_count - kept));
        json_array_append_new(
            body, block_create(subtle(run_create(call, left, MAX_LABEL)), "Small"));
    }
}

/* A URL that is not absolute makes the whole card invalid, and one cannot be cut. */
static void link_append(struct tocsin_call *call, json_t *card)
{
    const char *link = message_link(call->message);

    if (!link)
        return;
    json_t *action = json_pack(
        "{s:s, s:s, s:s}", "type", "Action.OpenUrl", "title", words_button(call), "url", link);
    if (action)
        json_object_set_new(card, "actions", json_pack("[o]", action));
}

/* Version 1.4: the flow's "Post card" step shows nothing for a higher one
 * (https://github.com/microsoft/AdaptiveCards/issues/8965). */
static json_t *card_create(struct tocsin_call *call, const char *fallback_text, json_t *body)
{
    json_t *card = json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:O}", "$schema",
        "http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard", "version",
        "1.4", "fallbackText",
        text_json(call, text_cut(call, fallback_text, SIZE_MAX, MAX_FALLBACK_TEXT)), "msteams",
        "width", "Full", "body", body);

    link_append(call, card);
    return card;
}

/* contentUrl must be there and null, while null anywhere else is refused: the trigger holds the
 * body to its schema. The summary is the toast's text; how it is read is nowhere said, and
 * fallbackText may be Markdown, so both are escaped. */
static json_t *envelope_create(struct tocsin_call *call, json_t *body)
{
    const char *headline = text_cut(call, words_headline(call), SIZE_MAX, MAX_TITLE);
    const char *escaped = call->host->escape(call, TOCSIN_TEAMS, headline);

    return json_pack("{s:s, s:o, s:[{s:s, s:n, s:o}]}", "type", "message", "summary",
        text_json(call, text_cut(call, escaped, SIZE_MAX, MAX_TOAST)), "attachments", "contentType",
        "application/vnd.microsoft.card.adaptive", "contentUrl", "content",
        card_create(call, escaped, body));
}

json_t *card_envelope(struct tocsin_call *call, size_t max)
{
    const char *marks = words_marks(call);
    auto_json json_t *body = json_pack("[o]", header_create(call));
    json_t *envelope = envelope_create(call, body);

    if (*marks)
        json_array_append_new(
            body, block_create(bold(run_create(call, marks, MAX_ORIGIN)), "Medium"));
    /* The commas that join the parts, and the line that says what was left out. */
    size_t fixed = json_size(envelope) + 3 * (size_t)MAX_LABEL;
    assert(fixed < max - MIN_ROOM);
    content_append(call, body, max - fixed);
    return envelope;
}
