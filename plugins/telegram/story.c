#include "story.h"

#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/text.h"
#include "../shared/words.h"
#include "rich.h"

/* In UTF-16 units; together at most 4,096. */
enum {
    MAX_HEADLINE = 400,
    MAX_MARKS = 300,
    MAX_FACTS = 1000,
    MAX_LABEL = 60,
    MAX_VALUE = 250,
    MAX_ORIGIN = 300,
    MAX_MORE = 30,
    FACTS_SHOWN = 30, /* each is two of the 100 entities */
};
_Static_assert(
    MAX_HEADLINE + MAX_MARKS + STORY_TEXT_MAX + MAX_FACTS + MAX_MORE + MAX_ORIGIN + 16 <= 4096,
    "more than Telegram takes");

/* Telegram has no colours of its own. */
static const char *level_dot(const struct tocsin_message *message)
{
    static const char *const dots[] = {"\xe2\x9a\xaa", "\xf0\x9f\x94\xb5", "\xf0\x9f\x9f\xa1",
        "\xf0\x9f\x9f\xa0", "\xf0\x9f\x94\xb4"};

    return dots[message_level(message)];
}

static void put_headline(struct rich *rich)
{
    rich_limit(rich, MAX_HEADLINE);
    rich_puts(rich, level_dot(rich->call->message));
    rich_puts(rich, " ");
    rich_marked(rich, "bold", words_headline(rich->call));
}

static void put_marks(struct rich *rich)
{
    const char *marks = words_marks(rich->call);

    rich_limit(rich, MAX_MARKS);
    if (!*marks)
        return;
    rich_puts(rich, "\n");
    rich_marked(rich, "italic", marks);
}

static void put_text(struct rich *rich)
{
    rich_limit(rich, STORY_TEXT_MAX);
    if (!*rich->call->message->text)
        return;
    rich_puts(rich, "\n\n");
    rich_html(rich, rich->call->message->text);
}

/* A value can be copied with a tap, and in code Telegram finds nothing that it could link. */
static void put_fact(struct rich *rich, const struct tocsin_fact *fact, uint32_t index)
{
    rich_puts(rich, index == 0 ? "\n\n" : "\n");
    rich_puts(rich, text_cut_units(rich->call, fact->label, MAX_LABEL));
    rich_puts(rich, ": ");
    rich_marked(rich, "code", text_cut_units(rich->call, fact->value, MAX_VALUE));
}

static size_t fact_units(const struct tocsin_fact *fact)
{
    size_t label = text_units(fact->label), value = text_units(fact->value);

    /* Whatever is parted in a label. */
    return 2 * (label < MAX_LABEL ? label : MAX_LABEL) + (value < MAX_VALUE ? value : MAX_VALUE) +
           5;
}

static void put_facts(struct rich *rich)
{
    const struct tocsin_message *message = rich->call->message;
    size_t left = MAX_FACTS;
    uint32_t i = 0;

    rich_limit(rich, MAX_FACTS + MAX_MORE);
    for (; i < message->fact_count && i < FACTS_SHOWN; i++) {
        const struct tocsin_fact *fact = message_fact(message, i);
        size_t units = fact_units(fact);
        if (units > left)
            break;
        left -= units;
        put_fact(rich, fact, i);
    }
    if (i < message->fact_count)
        rich_puts(rich, rich->call->host->format(
                            rich->call, "\n%u more facts", (unsigned)(message->fact_count - i)));
}

void story_write(struct rich *rich)
{
    put_headline(rich);
    put_marks(rich);
    put_text(rich);
    put_facts(rich);
    rich_limit(rich, MAX_ORIGIN);
    rich_puts(rich, "\n\n");
    rich_marked(rich, "italic", words_origin(rich->call));
}
