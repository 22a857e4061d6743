#include "rich.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/text.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define BULLET "\xe2\x80\xa2 "

enum {
    MAX_ENTITIES = 100, /* Telegram ignores what is beyond */
    FIRST_ROOM = 1024,
};

void rich_init(struct rich *rich, struct tocsin_call *call)
{
    *rich = (struct rich){
        .call = call, .text = call->host->alloc(call, FIRST_ROOM), .room = FIRST_ROOM};
    rich->entities = json_array();
}

void rich_limit(struct rich *rich, size_t max_units)
{
    rich->max_units = rich->units + max_units;
    rich->is_full = false;
}

static void append(struct rich *rich, const char *bytes, size_t len)
{
    if (rich->len + len + 1 > rich->room) {
        size_t room = 2 * (rich->len + len + 1);
        char *text = rich->call->host->alloc(rich->call, room);
        memcpy(text, rich->text, rich->len);
        rich->text = text;
        rich->room = room;
    }
    memcpy(rich->text + rich->len, bytes, len);
    rich->len += len;
    rich->text[rich->len] = '\0';
}

/* Whole characters of that many units; one unit is always left for the ellipsis. */
static void put(struct rich *rich, const char *bytes, size_t len, size_t units)
{
    if (rich->is_full)
        return;
    if (rich->units + units >= rich->max_units) {
        append(rich, ELLIPSIS, strlen(ELLIPSIS));
        rich->units++;
        rich->is_full = true;
        return;
    }
    append(rich, bytes, len);
    rich->units += units;
}

static size_t character_length(const char *text)
{
    size_t len = 1;

    while (((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

/* Whether Telegram may take what stands around `at` for a mention, a tag, a command, a mail address
 * or an address of the web (https://core.telegram.org/bots/api#messageentity, the types that need
 * no markup). Numbers with dots stay whole: they are no links. */
static bool must_part(char before, char at, char after)
{
    switch (at) {
    case '@':
    case '#':
    case '$':
        return is_word(after);
    case '/':
        return !is_word(before) && before != '/' && is_word(after);
    case ':':
        return after == '/' || (isalpha((unsigned char)before) && isalpha((unsigned char)after));
    case '.':
        return is_word(before) && is_word(after) && !isdigit((unsigned char)after);
    default:
        return false;
    }
}

static bool is_code(const struct rich *rich)
{
    for (size_t i = 0; i < rich->depth; i++)
        if (rich->open[i].type &&
            (strcmp(rich->open[i].type, "code") == 0 || strcmp(rich->open[i].type, "pre") == 0))
            return true;
    return false;
}

static void put_character(struct rich *rich, const char *character, size_t len)
{
    char last = rich->len > 0 ? rich->text[rich->len - 1] : '\0';
    char before = rich->len > 1 ? rich->text[rich->len - 2] : '\0';

    if (!is_code(rich) && must_part(before, last, character[0]))
        put(rich, ZERO_WIDTH_SPACE, strlen(ZERO_WIDTH_SPACE), 1);
    put(rich, character, len, (unsigned char)character[0] >= 0xf0 ? 2 : 1);
}

void rich_puts(struct rich *rich, const char *text)
{
    while (*text && !rich->is_full) {
        size_t len = character_length(text);
        put_character(rich, text, len);
        text += len;
    }
}

static void mark_open(struct rich *rich, const char *tag, const char *type, const char *url)
{
    if (rich->depth == RICH_DEPTH)
        return;
    struct rich_mark *mark = &rich->open[rich->depth++];
    *mark = (struct rich_mark){.type = type, .url = url, .begins = rich->units};
    memcpy(mark->tag, tag, strnlen(tag, RICH_TAG_MAX));
}

static void mark_close(struct rich *rich)
{
    const struct rich_mark *mark = &rich->open[--rich->depth];
    size_t length = rich->units - mark->begins;

    if (!mark->type || length == 0 || json_array_size(rich->entities) >= MAX_ENTITIES)
        return;
    json_t *entity = json_pack("{s:s, s:I, s:I}", "type", mark->type, "offset",
        (json_int_t)mark->begins, "length", (json_int_t)length);
    if (mark->url)
        json_object_set_new(entity, "url", text_json(rich->call, mark->url));
    json_array_append_new(rich->entities, entity);
}

void rich_marked(struct rich *rich, const char *type, const char *text)
{
    size_t depth = rich->depth;

    mark_open(rich, "", type, NULL);
    rich_puts(rich, text);
    if (rich->depth > depth)
        mark_close(rich);
}

/* HTML --------------------------------------------------------------------------------------- */

static const char *type_of(const char *tag)
{
    static const struct {
        const char *tag, *type;
    } types[] = {
        {"b", "bold"},
        {"strong", "bold"},
        {"i", "italic"},
        {"em", "italic"},
        {"u", "underline"},
        {"ins", "underline"},
        {"s", "strikethrough"},
        {"strike", "strikethrough"},
        {"del", "strikethrough"},
        {"code", "code"},
        {"pre", "pre"},
        {"blockquote", "blockquote"},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(tag, types[i].tag) == 0)
            return types[i].type;
    return NULL;
}

/* The character that a reference stands for; its length in the HTML, or 0 where there is none. The
 * host writes only these. */
static size_t reference_read(const char *html, char *character)
{
    static const struct {
        const char *written;
        char byte;
    } references[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        size_t len = strlen(references[i].written);
        if (strncmp(html, references[i].written, len) == 0) {
            *character = references[i].byte;
            return len;
        }
    }
    return 0;
}

/* A text without its references. */
static char *decoded(struct tocsin_call *call, const char *html, size_t len)
{
    char *text = call->host->alloc(call, len + 1), *end = text;

    for (size_t at = 0; at < len;) {
        char character = html[at];
        size_t step = character == '&' ? reference_read(html + at, &character) : 0;
        *end++ = character;
        at += step ? step : 1;
    }
    return text;
}

/* The value of href among the attributes, or NULL where it is no address of the web. */
static const char *href_of(struct tocsin_call *call, const char *attributes, size_t len)
{
    const char *end = attributes + len;

    for (const char *at = attributes; (at = memmem(at, (size_t)(end - at), "href=", 5)); at += 5) {
        char quote = at + 5 < end ? at[5] : '\0';
        if (quote != '"' && quote != '\'')
            continue;
        const char *close = memchr(at + 6, quote, (size_t)(end - at - 6));
        if (!close)
            return NULL;
        const char *url = decoded(call, at + 6, (size_t)(close - at - 6));
        return is_http_url(url) ? url : NULL;
    }
    return NULL;
}

/* Closes the innermost mark of that tag, and what was left open within it. */
static void tag_close(struct rich *rich, const char *tag)
{
    size_t found = rich->depth;

    while (found > 0 && strcasecmp(rich->open[found - 1].tag, tag) != 0)
        found--;
    while (found > 0 && rich->depth >= found)
        mark_close(rich);
}

static void tag_open(struct rich *rich, const char *tag, const char *attributes, size_t len)
{
    const char *url = strcasecmp(tag, "a") == 0 ? href_of(rich->call, attributes, len) : NULL;

    if (strcasecmp(tag, "br") == 0 || strcasecmp(tag, "p") == 0)
        rich_puts(rich, rich->len > 0 ? "\n" : "");
    else if (strcasecmp(tag, "li") == 0)
        rich_puts(rich, rich->len > 0 ? "\n" BULLET : BULLET);
    else if (url)
        mark_open(rich, tag, "text_link", url);
    else if (type_of(tag))
        mark_open(rich, tag, type_of(tag), NULL);
}

/* The tag at html; its length, 0 where the bracket begins none. */
static size_t tag_read(struct rich *rich, const char *html)
{
    const char *end = strchr(html, '>');
    bool closes = html[1] == '/';
    const char *name = html + 1 + closes;
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    char tag[RICH_TAG_MAX + 1] = "";

    if (!end || len == 0 || !isalpha((unsigned char)*name))
        return 0;
    if (len < sizeof tag)
        memcpy(tag, name, len);
    if (closes)
        tag_close(rich, tag);
    else
        tag_open(rich, tag, name + len, (size_t)(end - name) - len);
    return (size_t)(end - html) + 1;
}

void rich_html(struct rich *rich, const char *html)
{
    size_t depth = rich->depth;

    while (*html && !rich->is_full) {
        char character;
        size_t step = *html == '<' ? tag_read(rich, html) : 0;
        if (step == 0 && *html == '&' && (step = reference_read(html, &character)) > 0)
            put_character(rich, &character, 1);
        if (step == 0) {
            step = character_length(html);
            put_character(rich, html, step);
        }
        html += step;
    }
    while (rich->depth > depth)
        mark_close(rich);
}
