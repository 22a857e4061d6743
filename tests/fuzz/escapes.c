/* Each flavour is undone by rules of its own, written down here once more: what comes back must be
 * the plain text again. On the way it is seen that no character stands there bare that would act.
 */
#include "escapes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "demand.h"
#include "message/escape.h"
#include "message/message.h"

struct stand_in {
    const char *shown, *meant;
};

static const struct stand_in entities[] = {
    {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};

static const struct stand_in markdown_entities[] = {
    {"&amp;", "&"}, {"&#60;", "<"}, {"&#36;", "$"}, {"&#58;", ":"}, {"&#59;", ";"}};

/* The zero-width space parts what would act together, the others look like what would act. */
static const struct stand_in look_alikes[] = {
    {"\u200b", ""}, {"\u00a0", " "}, {"\u2007", " "}, {"\u2217", "*"}, {"\u02cb", "`"}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Appends what the beginning of the text means; returns its length, 0 where it stands for nothing
 * else. */
static size_t undo_one(
    const char *text, const struct stand_in *stand_ins, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(stand_ins[i].shown);
        if (strncmp(text, stand_ins[i].shown, len) == 0) {
            buf_puts(out, stand_ins[i].meant);
            return len;
        }
    }
    return 0;
}

static char *undo(const char *text, const struct stand_in *stand_ins, size_t count)
{
    struct buf out = {0};

    for (size_t step; *text; text += step) {
        step = undo_one(text, stand_ins, count, &out);
        if (step == 0)
            buf_append(&out, text, step = 1);
    }
    return buf_take(&out);
}

/* A back-slash makes the next character stand for itself, if it is one of these, which must not be
 * there without; before a letter it is one. */
static char *undo_markdown(const char *text)
{
    static const char acting[] = "\\`*_{}[]()#+-.!|~>";
    struct buf out = {0};

    for (const char *at = text; *at;) {
        size_t step = undo_one(at, markdown_entities, COUNT(markdown_entities), &out);
        if (step == 0) {
            bool is_backslash = *at == '\\';
            bool is_escape = is_backslash && at[1] != '\0' && strchr(acting, at[1]);
            bool is_letter = isalnum((unsigned char)at[1]) || (unsigned char)at[1] >= 0x80;
            DEMAND_OF(is_escape || (is_backslash && is_letter) || !strchr(acting, *at), text);
            DEMAND_OF(!strchr("&<$", *at), text);
            buf_putc(&out, at[is_escape]);
            step = 1 + is_escape;
        }
        at += step;
    }
    return buf_take(&out);
}

static char *undo_entities(const char *text, const char *acting)
{
    DEMAND_OF(!strpbrk(text, acting), text);
    for (const char *at = strchr(text, '&'); at; at = strchr(at + 1, '&')) {
        auto_buf struct buf meant = {0};
        DEMAND_OF(undo_one(at, entities, COUNT(entities), &meant) > 0, at);
    }
    return undo(text, entities, COUNT(entities));
}

static char *undo_teams(const char *text)
{
    DEMAND_OF(!strpbrk(text, "*`"), text);
    DEMAND_OF(!strstr(text, "]("), text);
    DEMAND_OF(!strstr(text, "{{"), text);
    return undo(text, NULL, 0);
}

static char *undo_flavour(enum flavour flavour, const char *text)
{
    switch (flavour) {
    case FLAVOUR_MARKDOWN:
        return undo_markdown(text);
    case FLAVOUR_TEAMS:
        return undo_teams(text);
    case FLAVOUR_MRKDWN:
        return undo_entities(text, "<>`");
    case FLAVOUR_HTML:
        return undo_entities(text, "<>\"'");
    default:
        return undo(text, NULL, 0);
    }
}

static char *escaped(enum flavour flavour, const char *text)
{
    struct buf out = {0};

    escape_append(&out, flavour, text, strlen(text));
    return buf_take(&out);
}

static void demand_flavour(enum flavour flavour, const char *plain)
{
    bool has_look_alikes = flavour != FLAVOUR_HTML && flavour != FLAVOUR_PLAIN;
    size_t count = has_look_alikes ? COUNT(look_alikes) : 0;
    auto_free char *text = escaped(flavour, plain);
    demand_text(text);
    auto_free char *unescaped = undo_flavour(flavour, text);
    auto_free char *found = undo(unescaped, look_alikes, count);
    auto_free char *expected = undo(plain, look_alikes, count);

    DEMAND_OF(strcmp(found, expected) == 0, text);
}

void escapes_demand(const char *text)
{
    static const enum flavour flavours[] = {
        FLAVOUR_PLAIN, FLAVOUR_MARKDOWN, FLAVOUR_TEAMS, FLAVOUR_MRKDWN, FLAVOUR_HTML};
    auto_free char *plain = escaped(FLAVOUR_PLAIN, text);

    for (size_t i = 0; i < COUNT(flavours); i++)
        demand_flavour(flavours[i], plain);
}
