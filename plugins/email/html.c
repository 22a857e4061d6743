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
    PREHEADER_MAX = 200,
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
                   ".news { background: #2a2f38 !important; border-color: #7aa7e0 !important; }\r\n"
                   ".ink { color: #ececec !important; }\r\n"
                   ".faint { color: #a0a0a0 !important; }\r\n"
                   ".rule { border-color: #383838 !important; }\r\n"
                   "}\r\n</style></head>\r\n");
}

/* The line that an inbox shows beside the subject: on an update it says what is new. */
static void put_preheader(struct text *out, const struct tocsin_message *message)
{
    text_puts(out, "<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">");
    put_escaped(out, message->text_plain, PREHEADER_MAX);
    for (uint32_t i = 0; i < message->fact_count && i < 4; i++) {
        text_puts(out, " \xc2\xb7 ");
        put_escaped(out, body_fact(message, i)->value, PREHEADER_MAX);
    }
    text_puts(out, "</div>\r\n");
}

/* A coloured box around a word, as a table: Outlook knows no padding of inline elements. */
static void put_badge(struct text *out, const struct level *level)
{
    text_printf(out,
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\"><tr>"
        "<td bgcolor=\"%s\" style=\"background:%s;color:%s;font-size:12px;line-height:16px;"
        "font-weight:bold;letter-spacing:1px;padding:3px 10px;border-radius:3px\">%s</td>"
        "</tr></table>\r\n",
        level->colour, level->colour, level->ink, level_tag(out->call));
}

static void put_title(struct text *out, const struct tocsin_message *message)
{
    text_puts(out, "<tr><td style=\"padding:20px 24px 8px 24px\">");
    put_badge(out, level_of(message));
    text_puts(out, "<h1 class=\"ink\" style=\"margin:12px 0 4px 0;font-size:20px;line-height:28px;"
                   "color:#1b1b1b;word-break:break-word\">");
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
            "<tr><td style=\"padding:4px 24px\"><table role=\"presentation\" width=\"100%%\" "
            "cellpadding=\"0\" cellspacing=\"0\"><tr><td bgcolor=\"#fff3cd\" "
            "style=\"background:#fff3cd;color:#5c4400;font-size:13px;line-height:18px;"
            "padding:8px 12px\">%s</td></tr></table></td></tr>\r\n",
            lines[i]);
}

/* Of an update and of a comment the text says what is new: it stands out from what was known. */
static void put_story(struct text *out, const struct tocsin_message *message)
{
    bool is_news = strcmp(message->action, "updated") == 0 || strstr(message->type, "comment");

    if (!*message->text)
        return;
    text_puts(out, "<tr><td style=\"padding:4px 24px 8px 24px\"><table role=\"presentation\" "
                   "width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr>");
    text_puts(out, is_news ? "<td class=\"ink news\" style=\"background:#eef3fa;"
                             "border-left:4px solid #1f4e8c;padding:10px 14px;"
                           : "<td class=\"ink\" style=\"");
    text_puts(out, "font-size:15px;line-height:22px;color:#1b1b1b;word-break:break-word\">");
    put_text(out, message);
    text_puts(out, "</td></tr></table></td></tr>\r\n");
}

static void put_fact(struct text *out, const struct tocsin_fact *fact)
{
    text_puts(out, "<tr><th class=\"faint rule\" scope=\"row\" align=\"left\" valign=\"top\" "
                   "width=\"110\" style=\"padding:6px 12px 6px 0;color:#666666;font-size:14px;"
                   "font-weight:normal;border-top:1px solid #e4e4e4;word-break:break-word\">");
    put_escaped(out, fact->label, SMALL_MAX);
    text_puts(out, "</th><td class=\"ink rule\" valign=\"top\" style=\"padding:6px 0;"
                   "color:#1b1b1b;font-size:14px;border-top:1px solid #e4e4e4;"
                   "word-break:break-word\">");
    put_escaped(out, fact->value, FACT_MAX);
    text_puts(out, "</td></tr>\r\n");
}

static void put_facts(struct text *out, const struct tocsin_message *message)
{
    size_t end = out->len + FACTS_MAX - FACT_MAX - SMALL_MAX;
    uint32_t shown = 0;

    if (message->fact_count == 0)
        return;
    text_puts(out, "<tr><td style=\"padding:8px 24px\"><table width=\"100%\" cellpadding=\"0\" "
                   "cellspacing=\"0\" style=\"border-collapse:collapse\">\r\n");
    while (shown < message->fact_count && out->len < end)
        put_fact(out, body_fact(message, shown++));
    text_puts(out, "</table>\r\n");
    if (shown < message->fact_count)
        text_printf(out,
            "<span class=\"faint\" style=\"color:#666666;font-size:13px\">%s and %u more facts"
            "</span>",
            cut_mark, message->fact_count - shown);
    text_puts(out, "</td></tr>\r\n");
}

static const char *button_label(const struct tocsin_message *message)
{
    if (strncmp(message->type, "alert", 5) == 0)
        return "Open the alert";
    return strcmp(message->type, "case") == 0 ? "Open the case" : "Open";
}

/* The padding is the cell's for Outlook, and the link's elsewhere, where all of it can be clicked.
 */
static void put_button(struct text *out, const struct tocsin_message *message)
{
    const char *link = body_link(message);

    if (!link)
        return;
    text_puts(out, "<tr><td style=\"padding:12px 24px\"><table role=\"presentation\" "
                   "cellpadding=\"0\" cellspacing=\"0\"><tr><td bgcolor=\"#1f4e8c\" "
                   "style=\"background:#1f4e8c;border-radius:4px;mso-padding-alt:10px 20px\">"
                   "<a style=\"display:inline-block;color:#ffffff;font-size:14px;line-height:18px;"
                   "font-weight:bold;text-decoration:none;padding:10px 20px\" href=\"");
    put_escaped(out, link, LINK_MAX);
    text_printf(out, "\">%s</a></td></tr></table></td></tr>\r\n", button_label(message));
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

/* Outlook draws no table narrower than its parent's share: one of 600 pixels around the card, which
 * only Outlook sees. */
static const char ghost_open[] =
    "<!--[if mso]><table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\">"
    "<tr><td><![endif]-->\r\n";
static const char ghost_close[] = "<!--[if mso]></td></tr></table><![endif]-->";

void html_write(struct text *out, const struct tocsin_message *message)
{
    const char *colour = level_of(message)->colour;

    put_head(out, message);
    text_puts(out, "<body class=\"page\" style=\"margin:0;padding:0;background:#f2f3f5\">\r\n");
    put_preheader(out, message);
    text_printf(out,
        "<table role=\"presentation\" class=\"page\" width=\"100%%\" cellpadding=\"0\" "
        "cellspacing=\"0\" bgcolor=\"#f2f3f5\" style=\"background:#f2f3f5\">"
        "<tr><td align=\"center\" style=\"padding:16px 8px\">\r\n%s"
        "<table role=\"presentation\" class=\"card\" width=\"100%%\" cellpadding=\"0\" "
        "cellspacing=\"0\" bgcolor=\"#ffffff\" style=\"max-width:600px;background:#ffffff;"
        "text-align:left;font-family:'Segoe UI',Helvetica,Arial,sans-serif\"><tr>"
        "<td bgcolor=\"%s\" width=\"6\" style=\"width:6px;background:%s;font-size:0\">&nbsp;</td>"
        "<td><table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" "
        "cellspacing=\"0\">\r\n",
        ghost_open, colour, colour);
    put_title(out, message);
    put_notices(out, message);
    put_story(out, message);
    put_facts(out, message);
    put_button(out, message);
    put_foot(out, message);
    text_printf(
        out, "</table></td></tr></table>%s</td></tr></table></body></html>\r\n", ghost_close);
}
