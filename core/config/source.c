#include "config/source.h"

#include <stdbool.h>
#include <string.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t source_offset(struct source *source, size_t index)
{
    while (source->index < index && source->offset < source->len) {
        source->offset++;
        while (source->offset < source->len && is_continuation(source->text[source->offset]))
            source->offset++;
        source->index++;
    }
    while (source->index > index && source->offset > 0) {
        source->offset--;
        while (source->offset > 0 && is_continuation(source->text[source->offset]))
            source->offset--;
        source->index--;
    }
    return source->offset;
}

size_t source_line_start(const struct source *source, size_t offset)
{
    while (offset > 0 && source->text[offset - 1] != '\n')
        offset--;
    return offset;
}

size_t source_line_end(const struct source *source, size_t offset)
{
    const char *end =
        offset < source->len ? memchr(source->text + offset, '\n', source->len - offset) : NULL;

    return end ? (size_t)(end - source->text) : source->len;
}

void source_advance(const struct source *source, struct place *place, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (source->text[i] == '\n') {
            place->line++;
            place->column = 1;
        } else if (!is_continuation(source->text[i])) {
            place->column++;
        }
    }
}

struct place source_place(const struct source *source, size_t offset)
{
    struct place place = {source->file, 1, 1};

    source_advance(source, &place, 0, offset);
    return place;
}
