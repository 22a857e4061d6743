#include "recipient.h"

#include <string.h>

#include "text.h"

/* Whether the comma-separated list has exactly this address. */
static bool is_listed(const char *list, const char *address)
{
    size_t len = strlen(address);

    for (const char *at = list; *at;) {
        size_t item = strcspn(at, ",");
        if (item == len && memcmp(at, address, len) == 0)
            return true;
        at += item + (at[item] == ',');
    }
    return false;
}

struct recipients recipients_create(
    struct tocsin_call *call, const char *const *addresses, size_t count, const char *resume)
{
    struct recipients all = {.items = call->host->alloc(call, count * sizeof *all.items)};
    const char *owed = resume;

    all.is_rest = resume != NULL;
    if (resume && *resume == '+') {
        all.some_have_it = true;
        owed = resume + 1;
    }
    for (size_t i = 0; i < count; i++)
        if (!owed || is_listed(owed, addresses[i]))
            all.items[all.count++] = (struct recipient){.address = addresses[i], .reply = ""};
    return all;
}

const char *recipients_resume(
    struct tocsin_call *call, const struct recipients *recipients, bool taken)
{
    struct text owed = {.call = call};
    bool others = recipients->some_have_it;
    size_t count = 0;

    for (size_t i = 0; i < recipients->count; i++) {
        const struct recipient *recipient = &recipients->items[i];
        if (recipient->fate == FATE_REFUSED)
            continue;
        if (taken && recipient->fate == FATE_ACCEPTED) {
            others = true;
            continue;
        }
        text_printf(&owed, "%s%s", count++ ? "," : "", recipient->address);
    }
    if (count == 0 || (count == recipients->count && !recipients->is_rest))
        return NULL;
    return call->host->format(call, "%s%s", others ? "+" : "", text_string(&owed));
}

size_t recipients_with(const struct recipients *recipients, enum fate fate)
{
    size_t count = 0;

    for (size_t i = 0; i < recipients->count; i++)
        count += recipients->items[i].fate == fate;
    return count;
}

const char *recipients_words(
    struct tocsin_call *call, const struct recipients *recipients, enum fate fate)
{
    struct text words = {.call = call};
    size_t named = 0, total = recipients_with(recipients, fate);

    for (size_t i = 0; i < recipients->count && named < 3; i++) {
        const struct recipient *recipient = &recipients->items[i];
        if (recipient->fate != fate)
            continue;
        text_printf(&words, "%s%s: %s", named ? "; " : "", recipient->address,
            *recipient->reply ? recipient->reply : "no answer");
        named++;
    }
    if (total > named)
        text_printf(&words, "; and %zu more", total - named);
    return text_string(&words);
}
