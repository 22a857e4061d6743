#include "message/message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "event/view.h"
#include "message/escape.h"
#include "message/wording.h"

static char *copy_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text_copy(text ? text : "");
}

/* The view has made them, one line each: rules, templates and messages see the same facts. */
static void take_facts(struct message *message, const json_t *facts)
{
    size_t index;
    json_t *fact;

    message->facts = mem_alloc(json_array_size(facts) * sizeof *message->facts);
    json_array_foreach (facts, index, fact) {
        message->facts[message->fact_count++] = (struct fact){
            .label = copy_member(fact, "label"),
            .value = copy_member(fact, "value"),
        };
    }
}

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
    take_facts(message, json_object_get(view->root, "facts"));
    return message;
}

void message_destroy(struct message *message)
{
    if (!message)
        return;
    for (size_t i = 0; i < message->fact_count; i++) {
        free(message->facts[i].label);
        free(message->facts[i].value);
    }
    free(message->facts);
    free(message->title);
    free(message->text);
    free(message->text_plain);
    free(message->link);
    free(message);
}
