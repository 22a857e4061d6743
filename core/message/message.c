#include "message/message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "event/facts.h"
#include "event/view.h"
#include "message/escape.h"
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

struct message *message_create(const struct view *view, enum flavour flavour, const char *rule)
{
    struct message *message = mem_alloc(sizeof *message);
    struct buf text = {0};

    wording_text(view, &text);
    message->title = wording_title(view, rule);
    message->text_plain = buf_take(&text);
    message->text = in_flavour(flavour, message->text_plain);
    message->link = copy_link(view);
    message->level = view->level;
    message->urgency = view->urgency;
    message->facts = facts_keep(view->facts);
    return message;
}

void message_destroy(struct message *message)
{
    if (!message)
        return;
    facts_release(message->facts);
    free(message->title);
    free(message->text);
    free(message->text_plain);
    free(message->link);
    free(message);
}
