#include "places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/problems.h"
#include "demand.h"

void places_init(struct places *places, const char *name, const char *text, size_t len)
{
    size_t start = utf8_mark(text, len);

    *places = (struct places){.name = name, .text = text, .len = len};
    places->characters = mem_alloc((len + 1) * sizeof *places->characters);
    places->lines = mem_alloc((len + 2) * sizeof *places->lines);
    places->line_count = 1;
    for (size_t i = start; i < len; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80 || i == start)
            places->characters[places->character_count++] = i;
        if (text[i] == '\n')
            places->lines[places->line_count++] = places->character_count;
    }
    places->characters[places->character_count] = len;
    places->lines[places->line_count] = places->character_count + 1;
}

void places_finish(struct places *places)
{
    free(places->characters);
    free(places->lines);
}

static bool has_place(const struct places *places, size_t line, size_t column)
{
    return line >= 1 && line <= places->line_count && column >= 1 &&
           column <= places->lines[line] - places->lines[line - 1];
}

size_t places_offset(const struct places *places, size_t line, size_t column)
{
    DEMAND(has_place(places, line, column));
    return places->characters[places->lines[line - 1] + column - 1];
}

void places_demand(const struct places *places, const struct problem *problem)
{
    auto_free char *shown = problem_format(problem);

    DEMAND_OF(strcmp(problem->file, places->name) == 0, shown);
    DEMAND_OF(has_place(places, problem->line, problem->column), shown);
    demand_words(problem->text);
}
