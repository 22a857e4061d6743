#include "rule/condition.h"

#include <stdlib.h>

#include "base/buf.h"
#include "rule/description.h"

void condition_finish(struct condition *condition)
{
    for (size_t i = 0; i < condition->count; i++)
        condition_finish(&condition->children[i]);
    free(condition->children);
    test_finish(&condition->test);
    *condition = (struct condition){0};
}

/* The verdict of many: `decisive` as soon as one child has it, else unknown if one is. */
static enum verdict combine(
    const struct condition *condition, const struct subject *subject, enum verdict decisive)
{
    enum verdict verdict = decisive == VERDICT_NO ? VERDICT_YES : VERDICT_NO;

    for (size_t i = 0; i < condition->count; i++) {
        enum verdict of_child = condition_verdict(&condition->children[i], subject);
        if (of_child == decisive)
            return decisive;
        if (of_child == VERDICT_UNKNOWN)
            verdict = VERDICT_UNKNOWN;
    }
    return verdict;
}

static enum verdict negate(enum verdict verdict)
{
    if (verdict == VERDICT_UNKNOWN)
        return VERDICT_UNKNOWN;
    return verdict == VERDICT_YES ? VERDICT_NO : VERDICT_YES;
}

enum verdict condition_verdict(const struct condition *condition, const struct subject *subject)
{
    switch (condition->kind) {
    case CONDITION_TEST:
        return test_verdict(&condition->test, subject);
    case CONDITION_NOT:
        return negate(condition_verdict(condition->children, subject));
    case CONDITION_ANY:
        return combine(condition, subject, VERDICT_YES);
    default:
        return combine(condition, subject, VERDICT_NO);
    }
}

/* The first child whose verdict is the whole's: it alone explains it. NULL where there is none. */
static const struct condition *decisive_child(
    const struct condition *condition, const struct subject *subject, enum verdict verdict)
{
    for (size_t i = 0; i < condition->count; i++)
        if (condition_verdict(&condition->children[i], subject) == verdict)
            return &condition->children[i];
    return NULL;
}

size_t condition_why(const struct condition *condition, const struct subject *subject,
    enum verdict verdict, struct buf *out)
{
    if (condition->kind == CONDITION_TEST) {
        test_describe(&condition->test, subject, out);
        return condition->test.line;
    }
    if (condition->kind == CONDITION_NOT) {
        buf_puts(out, "not: ");
        return condition_why(condition->children, subject, negate(verdict), out);
    }
    if (condition->kind == CONDITION_ANY)
        buf_puts(out, "any: ");
    const struct condition *child = decisive_child(condition, subject, verdict);
    return child ? condition_why(child, subject, verdict, out) : 0;
}
