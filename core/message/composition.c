#include "message/composition.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/locator.h"
#include "event/facts.h"
#include "event/line.h"
#include "event/view.h"
#include "message/escape.h"
#include "message/phrasebook.h"
#include "message/template.h"
#include "message/wording.h"
#include "rule/phrasing.h"

enum {
    longest_link = 2000, /* bytes; plugins show no longer one */
    longest_shown = 80,  /* code points of a link that is none */
};

struct composition {
    struct message *message;
    const struct message_order *order;
    const json_t *root;
    struct composition_fault *fault;
};

static bool render(const struct composition *composition, struct phrase *phrase,
    enum flavour flavour, struct buf *out)
{
    const struct message_order *order = composition->order;
    const struct phrase_manner manner = {composition->root, flavour, order->now_ms};
    struct template_fault fault = {0};

    if (phrase_render(order->phrases->book, phrase, &manner, out, &fault))
        return true;
    bool is_exact;
    *composition->fault = (struct composition_fault){
        phrase, draft_place(phrase->draft, fault.line, fault.column, &is_exact), fault.reason};
    return false;
}

static bool render_line(const struct composition *composition, struct phrase *phrase,
    enum flavour flavour, size_t longest, char **line)
{
    auto_buf struct buf out = {0};

    if (!render(composition, phrase, flavour, &out))
        return false;
    *line = one_line_copy(buf_text(&out), longest);
    return true;
}

/* Without the empty lines around it, which a block of YAML leaves. */
static bool render_text(const struct composition *composition, enum flavour flavour, char **text)
{
    auto_buf struct buf out = {0}, clean = {0};

    if (!render(composition, composition->order->phrases->text, flavour, &out))
        return false;
    /* What was put in unescaped may hold what no text should; markup passes. */
    escape_append(&clean, FLAVOUR_PLAIN, buf_text(&out), out.len);
    const char *start = buf_text(&clean);
    size_t len = clean.len, empty = strspn(start, " \n");
    while (empty > 0 && start[empty - 1] != '\n')
        empty--;
    while (len > empty && strchr(" \n", start[len - 1]))
        len--;
    *text = text_copy_n(start + empty, len - empty);
    return true;
}

static bool make_title(const struct composition *composition)
{
    struct message *message = composition->message;
    struct phrase *title = composition->order->phrases->title;

    if (!title)
        return true;
    if (!render_line(composition, title, FLAVOUR_PLAIN, WORDING_LONGEST_TITLE, &message->title))
        return false;
    if (*message->title == '\0') {
        free(message->title);
        message->title = NULL;
    }
    return true;
}

static bool make_text(const struct composition *composition)
{
    struct message *message = composition->message;
    enum flavour flavour = composition->order->flavour;

    if (!composition->order->phrases->text)
        return true;
    if (!render_text(composition, flavour, &message->text))
        return false;
    if (flavour != FLAVOUR_PLAIN)
        return render_text(composition, FLAVOUR_PLAIN, &message->text_plain);
    message->text_plain = text_copy(message->text);
    return true;
}

const char *link_fault(const char *link)
{
    struct locator locator;
    const char *fault = locator_split(link, &locator);

    if (fault)
        return fault;
    if (!locator_has_scheme(&locator, "https") && !locator_has_scheme(&locator, "http"))
        return "it begins with neither https:// nor http://";
    if (locator.host.len == 0)
        return "it has no host";
    if (strlen(link) > longest_link)
        return "it is longer than 2,000 bytes";
    for (const char *byte = link; *byte; byte++)
        if (*byte <= ' ' || *byte >= 0x7f || strchr("\"<>\\^`{|}", *byte))
            return "it holds a character that no URL has";
    return NULL;
}

static bool make_link(const struct composition *composition, bool *is_linkless)
{
    struct phrase *phrase = composition->order->phrases->link;
    auto_free char *link = NULL;

    *is_linkless = false;
    if (!phrase)
        return true;
    if (!render_line(composition, phrase, FLAVOUR_URL, SIZE_MAX, &link))
        return false;
    *is_linkless = *link == '\0';
    const char *fault = *is_linkless ? NULL : link_fault(link);
    if (fault) {
        auto_free char *shown = one_line_copy(link, longest_shown);
        *composition->fault = (struct composition_fault){
            phrase, phrase->draft->place, text_format("\"%s\" is no URL: %s", shown, fault)};
        return false;
    }
    composition->message->link = *is_linkless ? NULL : TAKE(link);
    return true;
}

/* Another word than one of the five leaves the event's level. */
static bool make_level(const struct composition *composition)
{
    struct phrase *phrase = composition->order->phrases->level;
    auto_free char *word = NULL;
    enum view_level level;

    if (!phrase)
        return true;
    if (!render_line(composition, phrase, FLAVOUR_PLAIN, SIZE_MAX, &word))
        return false;
    if (level_parse(word, &level))
        composition->message->level = level;
    return true;
}

static bool make_facts(const struct composition *composition)
{
    const struct phrases *phrases = composition->order->phrases;
    struct message *message = composition->message;

    if (!phrases->has_facts)
        return true;
    message->facts = facts_begin();
    for (size_t i = 0; i < phrases->fact_count; i++) {
        auto_buf struct buf value = {0};
        if (!render(composition, phrases->facts[i].value, FLAVOUR_PLAIN, &value))
            return false;
        facts_add(message->facts, phrases->facts[i].label, buf_text(&value));
    }
    return true;
}

bool composition_make(struct message *message, const struct view *view,
    const struct message_order *order, bool *is_linkless, struct composition_fault *fault)
{
    auto_json json_t *root = phrasebook_root(order->phrases->book, view, order->rule);
    const struct composition composition = {message, order, root, fault};

    return make_title(&composition) && make_text(&composition) && make_facts(&composition) &&
           make_link(&composition, is_linkless) && make_level(&composition);
}
