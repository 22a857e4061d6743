#include "event/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum {
    longest_index = 9, /* digits; no array has more elements than they can count */
};

static void add_part(struct path *path, struct buf *part)
{
    path->parts = mem_resize(path->parts, (path->count + 1) * sizeof *path->parts);
    path->parts[path->count++] = buf_take(part);
}

/* Reads one part into `part`; returns the dot or the end behind it, NULL for a stray back-slash. */
static const char *read_part(const char *at, struct buf *part)
{
    for (; *at && *at != '.'; at++) {
        if (*at == '\\' && *++at != '.' && *at != '\\')
            return NULL;
        buf_putc(part, *at);
    }
    return at;
}

bool path_init(struct path *path, const char *text, struct error *error)
{
    *path = (struct path){.text = text_copy(text)};
    for (const char *at = text;; at++) {
        auto_buf struct buf part = {0};
        at = read_part(at, &part);
        if (!at)
            error_set(
                error, "in \"%s\" a back-slash stands before neither a dot nor another", text);
        else if (part.len == 0)
            error_set(error, "\"%s\" has an empty part", text);
        if (!at || part.len == 0) {
            path_finish(path);
            return false;
        }
        add_part(path, &part);
        if (*at == '\0')
            return true;
    }
}

void path_finish(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->parts[i]);
    free(path->parts);
    free(path->text);
    *path = (struct path){0};
}

static json_t *element(const json_t *array, const char *part)
{
    size_t len = strlen(part);

    if (len > longest_index || strspn(part, "0123456789") != len)
        return NULL;
    return json_array_get(array, strtoul(part, NULL, 10));
}

json_t *path_get(const struct path *path, const json_t *root)
{
    json_t *value = NULL;

    for (size_t i = 0; i < path->count; i++, root = value) {
        if (json_is_array(root))
            value = element(root, path->parts[i]);
        else
            value = json_object_get(root, path->parts[i]);
        if (!value)
            return NULL;
    }
    return value;
}
