/* Foreign text in every flavour: nothing of it acts any more, and nothing of it is lost. */
#ifndef TOCSIN_TESTS_FUZZ_ESCAPES_H
#define TOCSIN_TESTS_FUZZ_ESCAPES_H

/* Demands it of a valid UTF-8 text. */
void escapes_demand(const char *text);

#endif
