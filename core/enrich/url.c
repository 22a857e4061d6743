#include "enrich/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/path.h"
#include "message/escape.h"

enum {
    longest_value = 1024,
};

/* What stands before a part, and the part; the last piece has no path. */
struct piece {
    char *literal;
    bool has_path;
    struct path path;
};

struct url {
    struct piece *pieces;
    size_t count;
};

static struct piece *add_piece(struct url *url, const char *literal, size_t len)
{
    url->pieces = mem_resize(url->pieces, (url->count + 1) * sizeof *url->pieces);
    struct piece *piece = &url->pieces[url->count++];

    *piece = (struct piece){.literal = text_copy_n(literal, len)};
    return piece;
}

static bool add_part(struct url *url, const char *text, const char *opening, const char *closing,
    struct error *error)
{
    auto_free char *name = text_copy_n(opening + 2, (size_t)(closing - opening - 2));
    struct piece *piece = add_piece(url, text, (size_t)(opening - text));

    piece->has_path = path_init(&piece->path, name, error);
    return piece->has_path;
}

struct url *url_compile(const char *text, struct error *error)
{
    struct url *url = mem_alloc(sizeof *url);
    const char *opening;

    while ((opening = strstr(text, "{{"))) {
        const char *closing = strstr(opening, "}}");
        if (!closing)
            error_set(error, "\"{{\" is not closed");
        if (!closing || !add_part(url, text, opening, closing, error)) {
            url_destroy(url);
            return NULL;
        }
        text = closing + 2;
    }
    add_piece(url, text, strlen(text));
    return url;
}

void url_destroy(struct url *url)
{
    if (!url)
        return;
    for (size_t i = 0; i < url->count; i++) {
        free(url->pieces[i].literal);
        if (url->pieces[i].has_path)
            path_finish(&url->pieces[i].path);
    }
    free(url->pieces);
    free(url);
}

static bool append_value(
    struct buf *out, const struct path *path, const json_t *names, struct error *error)
{
    const json_t *value = path_get(path, names);
    const char *text = json_string_value(value);

    if (json_is_integer(value)) {
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    if (!text || !*text)
        return error_set(error, "the event has no %s to look up", path->text);
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strlen(text) > longest_value)
        return error_set(error, "the event's %s is no id", path->text);
    escape_append(out, FLAVOUR_URL, text, strlen(text));
    return true;
}

char *url_fill(const struct url *url, const json_t *names, struct error *error)
{
    auto_buf struct buf out = {0};

    for (size_t i = 0; i < url->count; i++) {
        buf_puts(&out, url->pieces[i].literal);
        if (url->pieces[i].has_path && !append_value(&out, &url->pieces[i].path, names, error))
            return NULL;
    }
    return buf_take(&out);
}

char *url_of_event(const struct url *url, const struct event *event, struct error *error)
{
    auto_json json_t *names =
        json_pack("{s:s,s:s,s:O,s:O,s:O}", "type", event->type, "action", event->action,
            "attributes", event->attributes, "metadata", event->metadata, "body", event->body);

    return url_fill(url, names, error);
}
