/* What must hold of all that tocsin makes of foreign bytes. A demand that is not met says so and
 * ends the process by abort(): libFuzzer then keeps the input. */
#ifndef TOCSIN_TESTS_FUZZ_DEMAND_H
#define TOCSIN_TESTS_FUZZ_DEMAND_H

#include <jansson.h>
#include <stddef.h>

/* About what: a text that is shown with the fault, NULL where there is none. */
#define DEMAND_OF(condition, about)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            demand_failed(__FILE__, __LINE__, #condition, about);                                  \
    } while (0)
#define DEMAND(condition) DEMAND_OF(condition, NULL)

void demand_failed(const char *file, int line, const char *condition, const char *about)
    __attribute__((noreturn));

/* One line that may be shown anywhere: valid UTF-8 without control characters and without what
 * turns the writing direction, of at most `most` code points. */
void demand_line(const char *line, size_t most);

/* The same with newlines. */
void demand_text(const char *text);

/* Valid UTF-8, whatever is in it. */
void demand_utf8(const char *text);

/* A text for people about a fault of theirs, which may quote what they wrote: one line, not empty;
 * what turns the writing direction may be in it. */
void demand_words(const char *words);

/* Valid JSON. A new reference. */
json_t *demand_json(const char *text);

#endif
