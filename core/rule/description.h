/* How a test reads in an explanation: `urgency: gte 80 (was 30)`. */
#ifndef TOCSIN_RULE_DESCRIPTION_H
#define TOCSIN_RULE_DESCRIPTION_H

struct buf;
struct subject;
struct test;

/* Appends the test, and what it found; one line, values cut. A pattern that gave up is named with
 * the limit that it reached. */
void test_describe(const struct test *test, const struct subject *subject, struct buf *out);

#endif
