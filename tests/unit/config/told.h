/* What a user is told, for comparing with what should be. */
#ifndef TOCSIN_TESTS_CONFIG_TOLD_H
#define TOCSIN_TESTS_CONFIG_TOLD_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"

/* All problems, one a line; the caller frees the text. */
static inline char *told(const struct problems *problems)
{
    struct buf all = {0};

    for (size_t i = 0; i < problems->count; i++) {
        auto_free char *text = problem_format(&problems->items[i]);
        buf_printf(&all, "%s%s", i ? "\n" : "", text);
    }
    return buf_take(&all);
}

#endif
