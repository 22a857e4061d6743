#include "plain.h"

#include <tocsin/sink.h>

#include "draft.h"

const struct escaping plain_text = {.special = "", .forbidden = ""};

const struct escaping quoted_text = {.special = "\"\\", .forbidden = ""};

void plain_marks(struct draft *draft, const struct tocsin_message *message)
{
    if (message->marks & TOCSIN_REPEAT)
        draft_puts(draft, " [possible repeat]");
    if (message->marks & TOCSIN_NOT_ENRICHED)
        draft_puts(draft, " [not enriched]");
    if (message->marks & TOCSIN_FALLBACK)
        draft_puts(draft, " [meant for another sink]");
}

void plain_fact(struct draft *draft, const struct tocsin_fact *fact, const char *prefix)
{
    draft_puts(draft, " ");
    draft_puts(draft, prefix);
    draft_key(draft, fact->label);
    draft_puts(draft, "=\"");
    draft_text(draft, fact->value, &quoted_text);
    draft_puts(draft, "\"");
}
