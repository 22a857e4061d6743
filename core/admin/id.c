#include "admin/id.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum {
    most_digits = 18, /* what surely fits */
};

char *id_format(const char *ledger, enum id_kind kind, int64_t number)
{
    return text_format("%s-%c%" PRId64, ledger, (char)kind, number);
}

static bool number_parse(const char *text, int64_t *number)
{
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > most_digits || text[len] != '\0')
        return false;
    *number = strtoll(text, NULL, 10);
    return *number > 0;
}

static const char *kind_name(char kind)
{
    return kind == ID_EVENT ? "an event" : kind == ID_DELIVERY ? "a delivery" : "a notification";
}

bool id_parse(
    const char *text, const char *ledger, enum id_kind kind, int64_t *number, struct error *error)
{
    static const char kinds[] = {ID_EVENT, ID_DELIVERY, ID_NOTIFICATION, '\0'};
    const char *dash = strrchr(text, '-');

    if (!dash && number_parse(text, number))
        return true;
    if (!dash || !dash[1] || !strchr(kinds, dash[1]) || !number_parse(dash + 2, number))
        return error_set(error, "\"%.40s\" is no id such as %s-%c17", text, ledger, (char)kind);
    if (strlen(ledger) != (size_t)(dash - text) || strncmp(text, ledger, strlen(ledger)) != 0)
        return error_set(error,
            "\"%.40s\" is of another ledger: the ids of this one begin with %s-", text, ledger);
    if (dash[1] != (char)kind)
        return error_set(error, "\"%.40s\" is %s, and %s is meant here", text, kind_name(dash[1]),
            kind_name((char)kind));
    return true;
}
