/* What templates mention: partials that should be there, names that should be some. */
#ifndef TOCSIN_MESSAGE_MENTION_H
#define TOCSIN_MESSAGE_MENTION_H

#include <stdbool.h>
#include <stddef.h>

struct draft;
struct problems;
struct review;
struct template;

struct mention_check {
    const struct draft *draft;
    bool is_partial; /* its names are looked up in whatever it is called from */
    const char *const *partials;
    size_t partial_count;
    struct problems *problems;
};

/* Reports a partial that is not there, and a name that surely has no value (rule/field.h): inside a
 * section that may have members of its own, none is sure. Returns whether the template reads
 * `facts`. */
bool mentions_check(const struct mention_check *check, const struct template *template);

/* Warns of the paths in a template that no event has (rule/review.h), but for those inside of such
 * a section. */
void mentions_review(const struct mention_check *check, const struct template *template,
    const struct review *review);

#endif
