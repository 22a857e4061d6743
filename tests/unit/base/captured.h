/* What a test's code writes to standard error. */
#ifndef TOCSIN_TESTS_CAPTURED_H
#define TOCSIN_TESTS_CAPTURED_H

#include <stddef.h>

/* From here on it goes into a pipe ... */
struct captured {
    int ends[2], kept;
};

void captured_begin(struct captured *captured);

/* ... until here: text gets what was written, at most size - 1 bytes of it. */
void captured_end(struct captured *captured, char *text, size_t size);

#endif
