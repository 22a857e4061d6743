#include "rule/words.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "config/problems.h"
#include "config/yaml.h"

size_t word_count(const char *const *list)
{
    size_t count = 0;

    while (list[count])
        count++;
    return count;
}

bool is_word_of(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

static void complain_of_other(const struct words *words, const struct yaml *word, const char *shown,
    struct problems *problems)
{
    auto_buf struct buf known = {0};

    for (const char *const *list = words->known; *list; list++)
        buf_printf(&known, " %s", *list);
    problem_add(problems, word->place, "unknown %s %s; the %ss are%s", words->what, shown,
        words->what, buf_text(&known));
}

bool words_check(const struct words *words, const struct yaml *word, struct problems *problems)
{
    if (is_word_of(words->known, word->text))
        return true;
    auto_free char *shown = yaml_show(word);
    const char *near = nearest_word(word->text, words->known, word_count(words->known));
    if (near)
        problem_add(
            problems, word->place, "unknown %s %s; did you mean \"%s\"?", words->what, shown, near);
    else
        complain_of_other(words, word, shown, problems);
    return false;
}

bool words_has_misspelt(const struct words *words, const struct yaml *map, const char *word)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        const char *key = map->entries[i].key->text;
        if (is_word_of(words->known, key))
            continue;
        const char *near = nearest_word(key, words->known, word_count(words->known));
        if (near && strcmp(near, word) == 0)
            return true;
    }
    return false;
}
