#include "message/message.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/facts.h"
#include "event/view.h"
#include "message/composition.h"
#include "message/escape.h"
#include "message/phrasebook.h"
#include "message/wording.h"

static char *copy_link(const struct view *view)
{
    const char *link = json_string_value(json_object_get(view->root, "link"));

    if (!link || (strncasecmp(link, "https://", 8) != 0 && strncasecmp(link, "http://", 7) != 0))
        return NULL;
    return text_copy(link);
}

/* The default text has no markup of its own, so the whole of it is escaped at once. */
static char *in_flavour(enum flavour flavour, const char *plain)
{
    struct buf text = {0};

    escape_append(&text, flavour, plain, strlen(plain));
    return buf_take(&text);
}

static void finish(struct message *message)
{
    facts_release(message->facts);
    free(message->title);
    free(message->text);
    free(message->text_plain);
    free(message->link);
    free(message->trouble);
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash ? slash + 1 : file;
}

/* What stood in the way of the rule's own words: for the reader, who need not know where the file
 * is, and for the log. */
static void note_fault(
    struct message *message, const struct composition_fault *fault, struct buf *text)
{
    const struct place *place = &fault->place;
    const char *what = fault->phrase->what;

    buf_printf(text,
        "This is the default message, since the rule's own words failed (%s:%zu, %s): %s",
        base_name(place->file), place->line, what, fault->reason);
    message->trouble = text_format(
        "%s:%zu:%zu: %s: %s", place->file, place->line, place->column, what, fault->reason);
    message->culprit = fault->phrase;
}

/* In the rule's own words as far as it has some. Where they fail nothing of them is kept, and `why`
 * is what the reader should know. */
static void compose(struct message *message, const struct view *view,
    const struct message_order *order, bool *is_linkless, struct buf *why)
{
    struct composition_fault fault = {0};

    if (order->phrases->is_gone) {
        buf_printf(why,
            "This is the default message, since the rules have no \"%s\" any more, by which it is "
            "sent.",
            order->rule);
        return;
    }
    if (composition_make(message, view, order, is_linkless, &fault))
        return;
    finish(message);
    *message = (struct message){.level = view->level};
    *is_linkless = false;
    note_fault(message, &fault, why);
    free(fault.reason);
}

/* What the rule does not say; `why`, if there is something in it, is the text's last paragraph. */
static void fill_in(struct message *message, const struct view *view,
    const struct message_order *order, const struct buf *why)
{
    struct buf text = {0};

    if (!message->title)
        message->title = wording_title(view, order->rule);
    if (!message->facts)
        message->facts = facts_keep(view->facts);
    if (message->text)
        return;
    wording_text(view, &text);
    if (why->len > 0 && text.len > 0)
        buf_puts(&text, "\n\n");
    escape_append(&text, FLAVOUR_PLAIN, buf_text(why), why->len);
    message->text_plain = buf_take(&text);
    message->text = in_flavour(order->flavour, message->text_plain);
}

struct message *message_create(const struct view *view, const struct message_order *order)
{
    struct message *message = mem_alloc(sizeof *message);
    auto_buf struct buf why = {0};
    bool is_linkless = false;

    message->level = view->level;
    if (order->phrases)
        compose(message, view, order, &is_linkless, &why);
    fill_in(message, view, order, &why);
    if (!message->link && !is_linkless)
        message->link = copy_link(view);
    message->urgency = view->urgency;
    return message;
}

void message_destroy(struct message *message)
{
    if (!message)
        return;
    finish(message);
    free(message);
}

size_t message_text_length(const struct message *message)
{
    return utf8_count(message->text);
}
