/* The text/html part. One column of tables and inline styles, since Outlook draws with Word and
 * Gmail drops what it does not know; the style block only adds the dark colours. No remote content.
 */
#include "body.h"

#include <stdbool.h>
#include <string.h>

#include "level.h"
#include "text.h"

/* Budgets in bytes of HTML; together with the frame they stay under 100 kB. */
enum {
    TITLE_MAX = 6000,
    TEXT_MAX = 45000,
    FACTS_MAX = 30000,
    FACT_MAX = 4000,
    SMALL_MAX = 1000,
    LINK_MAX = 12000,
};

static const char cut_mark[] = "\xe2\x80\xa6";

static const char *entity(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* Escaped text, at most max bytes of it, ending on a whole character. Line ends become <br>. */
static void put_escaped(struct text *out, const char *text, size_t max)
{
    size_t end = out->len + max;

    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        /* The longest of what one character can become is a <br> with its line end. */
        if (out->len + 8 > end && (byte & 0xc0) != 0x80) {
            text_puts(out, cut_mark);
            return;
        }
        if (entity(*at))
            text_puts(out, entity(*at));
        else if (byte == '\n')
            text_puts(out, "<br>\r\n");
        else
            text_putc(out, byte < 0x20 || byte == 0x7f ? ' ' : *at);
    }
}

/* Whether the line that ends at `end` closes with a block's tag, so that a <br> would add a gap. */
static bool ends_block(const char *line, const char *end)
{
    static const char *const inline_tags[] = {
        "</b>", "</i>", "</a>", "</em>", "</code>", "</span>", "</strong>"};

    if (end == line || end[-1] != '>')
        return false;
    for (size_t i = 0; i < sizeof inline_tags / sizeof *inline_tags; i++) {
        size_t len = strlen(inline_tags[i]);
        if ((size_t)(end - line) >= len && memcmp(end - len, inline_tags[i], len) == 0)
            return false;
    }
    return true;
}

/* The message's text is HTML already, line by line. It cannot be cut without breaking a tag: one
 * that is too long is replaced by the plain text, which can. */
static void put_text(struct text *out, const struct tocsin_message *message)
{
    size_t start = out->len;

    for (const char *line = message->text; *line;) {
        const char *end = line + strcspn(line, "\r\n");
        text_append(out, line, (size_t)(end - line));
        if (*end && !ends_block(line, end))
            text_puts(out, "<br>");
        if (*end)
            text_puts(out, "\r\n");
        line = end + (end[0] == '\r' && end[1] == '\n') + (*end != '\0');
    }
    if (out->len - start > TEXT_MAX) {
        out->len = start;
        put_escaped(out, message->text_plain, TEXT_MAX);
    }
}

static void put_head(struct text *out, const struct tocsin_message *message)
{
    text_puts(out, "<!DOCTYPE html>\r\n<html lang=\"en\"><head><meta charset=\"utf-8\">\r\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\r\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\r\n"
                   "<meta name=\"supported-color-schemes\" content=\"light dark\">\r\n<title>");
    put_escaped(out, message->title, TITLE_MAX);
    text_puts(out, "</title>\r\n<style>\r\n"
                   ":root { color-scheme: light dark; }\r\n"
                   "@media (prefers-color-scheme: dark) {\r\n"
                   ".page { background: #121212 !important; }\r\n"
                   ".card { background: #1e1e1e !important; }\r\n"
                   ".ink { color: #ececec !important; }\r\n"
                   ".faint { color: #a0a0a0 !important; }\r\n"
                   ".rule { border-color: #383838 !important; }\r\n"
                   "}\r\n</style></head>\r\n");
}

/* The line that an inbox shows beside the subject. */
static void put_preheader(struct text *out, const struct tocsin_message *message)
{
    text_puts(out, "<div style=\"display:none;max-height:0;overflow:hidden\">");
    for (uint32_t i = 0; i < message->fact_count && i < 4; i++) {
        text_puts(out, i ? " \xc2\xb7 " : "");
        put_escaped(out, body_fact(message, i)->value, 200);
    }
    text_puts(out, "</div>\r\n");
}

static void put_title(struct text *out, const struct tocsin_message *message)
{
    const struct level *level = level_of(message);

    text_printf(out,
        "<tr><td style=\"padding:20px 24px 8px 24px\">"
        "<span style=\"display:inline-block;background:%s;color:%s;font-size:12px;"
        "font-weight:bold;letter-spacing:1px;padding:3px 10px;border-radius:3px\">%s</span>\r\n"
        "<h1 class=\"ink\" style=\"margin:12px 0 4px 0;font-size:20px;line-height:28px;"
        "color:#1b1b1b;word-break:break-word\">",
        level->colour, level->ink, level_tag(out->call));
    put_escaped(out, message->title, TITLE_MAX);
    text_puts(out, "</h1>\r\n<span class=\"faint\" style=\"color:#666666;font-size:13px\">");
    put_escaped(out, body_origin(out->call), SMALL_MAX);
    text_puts(out, "</span></td></tr>\r\n");
}

static void put_notices(struct text *out, const struct tocsin_message *message)
{
    const char *lines[NOTICES_MAX];
    size_t count = body_notices(message, lines);

    for (size_t i = 0; i < count; i++)
        text_printf(out,
            "<tr><td style=\"padding:4px 24px\"><div style=\"background:#fff3cd;color:#5c4400;"
            "font-size:13px;padding:8px 12px\">%s</div></td></tr>\r\n",
            lines[i]);
}

static void put_facts(struct text *out, const struct tocsin_message *message)
{
    size_t end = out->len + FACTS_MAX - FACT_MAX - SMALL_MAX;

    if (message->fact_count == 0)
        return;
    text_puts(out, "<tr><td style=\"padding:8px 24px\"><table width=\"100%\" cellpadding=\"0\" "
                   "cellspacing=\"0\" style=\"border-collapse:collapse\">\r\n");
    for (uint32_t i = 0; i < message->fact_count && out->len < end; i++) {
        const struct tocsin_fact *fact = body_fact(message, i);
        text_puts(out, "<tr><td class=\"faint rule\" valign=\"top\" width=\"110\" "
                       "style=\"padding:6px 12px 6px 0;color:#666666;font-size:14px;"
                       "border-top:1px solid #e4e4e4\">");
        put_escaped(out, fact->label, SMALL_MAX);
        text_puts(out, "</td><td class=\"ink rule\" valign=\"top\" style=\"padding:6px 0;"
                       "color:#1b1b1b;font-size:14px;border-top:1px solid #e4e4e4;"
                       "word-break:break-word\">");
        put_escaped(out, fact->value, FACT_MAX);
        text_puts(out, "</td></tr>\r\n");
    }
    text_puts(out, "</table></td></tr>\r\n");
}

static void put_button(struct text *out, const struct tocsin_message *message)
{
    const char *link = body_link(message);

    if (!link)
        return;
    text_puts(out, "<tr><td style=\"padding:12px 24px\"><a style=\"display:inline-block;"
                   "background:#1f4e8c;color:#ffffff;font-size:14px;font-weight:bold;"
                   "text-decoration:none;padding:10px 20px;border-radius:4px\" href=\"");
    put_escaped(out, link, LINK_MAX);
    text_puts(out, "\">Open</a></td></tr>\r\n");
}

static void put_foot(struct text *out, const struct tocsin_message *message)
{
    text_puts(out, "<tr><td class=\"faint\" style=\"padding:12px 24px 20px 24px;color:#666666;"
                   "font-size:12px\">");
    if (*message->rule) {
        text_puts(out, "Rule: ");
        put_escaped(out, message->rule, SMALL_MAX);
        text_puts(out, "<br>\r\n");
    }
    text_puts(out, "Event ");
    put_escaped(out, message->event, SMALL_MAX);
    text_puts(out, ", delivery ");
    put_escaped(out, message->delivery, SMALL_MAX);
    text_puts(out, ", by tocsin</td></tr>\r\n");
}

void html_write(struct text *out, const struct tocsin_message *message)
{
    put_head(out, message);
    text_puts(out, "<body class=\"page\" style=\"margin:0;padding:0;background:#f2f3f5\">\r\n");
    put_preheader(out, message);
    text_printf(out,
        "<table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\">"
        "<tr><td align=\"center\" style=\"padding:16px 8px\">\r\n"
        "<table role=\"presentation\" class=\"card\" width=\"600\" cellpadding=\"0\" "
        "cellspacing=\"0\" style=\"width:100%%;max-width:600px;background:#ffffff;"
        "border-left:6px solid %s;text-align:left;"
        "font-family:'Segoe UI',Helvetica,Arial,sans-serif\">\r\n",
        level_of(message)->colour);
    put_title(out, message);
    put_notices(out, message);
    if (*message->text) {
        text_puts(out, "<tr><td class=\"ink\" style=\"padding:4px 24px 8px 24px;font-size:15px;"
                       "line-height:22px;color:#1b1b1b;word-break:break-word\">");
        put_text(out, message);
        text_puts(out, "</td></tr>\r\n");
    }
    put_facts(out, message);
    put_button(out, message);
    put_foot(out, message);
    text_puts(out, "</table></td></tr></table></body></html>\r\n");
}
