#include "operator_page.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "operator_table.h"

static const char begin[] = "<!-- The operators' table begins. -->\n";
static const char end[] = "<!-- The operators' table ends. -->\n";

static bool has_the_values_of(
    const struct operator_group *group, const struct operator_group *other)
{
    for (size_t kind = 1; kind < OPERATOR_KINDS - 1; kind++)
        if (strcmp(group->values[kind], other->values[kind]) != 0)
            return false;
    return true;
}

/* What the kinds of values are in this group, but for those that need no example. */
static void append_examples(struct buf *page, const struct operator_group *group)
{
    bool is_first = true;

    if (group > operator_groups && has_the_values_of(group, group - 1)) {
        buf_puts(page, "the same values.\n\n");
        return;
    }
    for (size_t kind = 0; kind < OPERATOR_KINDS; kind++) {
        const char *value = group->values[kind];
        if (!value || strcmp(value, operator_kinds[kind]) == 0)
            continue;
        buf_printf(page, "%s%s `%s`", is_first ? "" : ", ", operator_kinds[kind], value);
        is_first = false;
    }
    buf_puts(page, ".\n\n");
}

static const char *cell(char verdict)
{
    return verdict == 'Y' ? "yes" : verdict == 'N' ? "-" : "?";
}

static int longest_match(const struct operator_group *group)
{
    size_t longest = 0;

    for (const struct operator_row *row = group->rows; row->match; row++)
        if (strlen(row->match) > longest)
            longest = strlen(row->match);
    return (int)longest + 2;
}

static void append_group(struct buf *page, const struct operator_group *group)
{
    static const char rule[] = "------------------------------------------------------------";
    int wide = longest_match(group);

    buf_printf(page, "\n**%s**: ", group->title);
    append_examples(page, group);
    buf_printf(page, "| %-*s |", wide, "");
    for (size_t kind = 0; kind < OPERATOR_KINDS; kind++)
        buf_printf(page, " %s |", operator_kinds[kind]);
    buf_printf(page, "\n|%.*s|", wide + 2, rule);
    for (size_t kind = 0; kind < OPERATOR_KINDS; kind++)
        buf_printf(page, "%.*s|", (int)strlen(operator_kinds[kind]) + 2, rule);
    for (const struct operator_row *row = group->rows; row->match; row++) {
        buf_printf(page, "\n| `%s`%*s |", row->match, wide - 2 - (int)strlen(row->match), "");
        for (size_t kind = 0; kind < OPERATOR_KINDS; kind++)
            buf_printf(
                page, " %-*s |", (int)strlen(operator_kinds[kind]), cell(row->verdicts[kind]));
    }
    buf_putc(page, '\n');
}

char *operator_page(void)
{
    struct buf page = {0};

    for (const struct operator_group *group = operator_groups; group->title; group++)
        append_group(&page, group);
    buf_putc(&page, '\n');
    return buf_take(&page);
}

/* Where the table stands in the page. */
static bool find(const char *page, const char **from, const char **to)
{
    const char *mark = strstr(page, begin);

    *from = mark ? mark + strlen(begin) : NULL;
    *to = mark ? strstr(mark, end) : NULL;
    return *to;
}

char *operator_page_shown(const char *page)
{
    const char *from, *to;

    return find(page, &from, &to) ? text_copy_n(from, (size_t)(to - from)) : NULL;
}

char *operator_page_put(const char *page, const char *table)
{
    const char *from, *to;

    return find(page, &from, &to) ? text_format("%.*s%s%s", (int)(from - page), page, table, to)
                                  : NULL;
}
