#include "cmd/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/query.h"
#include "cmd/session.h"

enum {
    page = 1000, /* as many as the API gives */
    most_digits = 9,
};

bool listing_read_limit(const struct command *command, const char *value, size_t *limit)
{
    if (!value)
        return true;
    size_t len = strspn(value, "0123456789");
    *limit = len <= most_digits && value[len] == '\0' ? strtoul(value, NULL, 10) : 0;
    if (*limit == 0)
        command_usage(command, "--limit must be a number over 0");
    return *limit > 0;
}

static int read_page(struct session *session, const char *uri, const char *name, size_t limit,
    const char *before, json_t **answer)
{
    auto_buf struct buf whole = {0};
    auto_free char *count = text_format("%zu", limit < page ? limit : page);

    buf_puts(&whole, uri);
    query_add(&whole, "limit", count);
    query_add(&whole, "before", before);
    int status = session_get(session, buf_text(&whole), answer);
    return status == EXIT_FINE && !json_is_array(json_object_get(*answer, name)) ? EXIT_UNDONE
                                                                                 : status;
}

/* A page may be short, even empty, though there is more: the ledger is walked in steps. */
int listing_read(struct session *session, const char *uri, const char *name, size_t limit,
    struct listing *listing)
{
    auto_free char *before = NULL;

    listing->items = json_array();
    do {
        auto_json json_t *answer = NULL;
        size_t missing = limit - json_array_size(listing->items);
        int status = read_page(session, uri, name, missing, before, &answer);
        if (status != EXIT_FINE)
            return status;
        json_array_extend(listing->items, json_object_get(answer, name));
        const char *next = json_string_value(json_object_get(answer, "before"));
        listing->more = next && json_is_true(json_object_get(answer, "more"));
        free(before);
        before = text_copy(next);
    } while (listing->more && json_array_size(listing->items) < limit);
    return EXIT_FINE;
}

void listing_finish(struct listing *listing)
{
    json_decref(listing->items);
}

void listing_print(const struct listing *listing, const char *name)
{
    auto_json json_t *answer = json_object();

    json_object_set(answer, name, listing->items);
    json_object_set_new(answer, "more", json_boolean(listing->more));
    session_print(answer);
}
