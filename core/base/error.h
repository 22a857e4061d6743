/* Errors travel as text with context: set where they happen, wrapped by whoever knows more, logged
 * once by whoever decides. A zeroed struct is "no error"; a NULL pointer throws the text away. */
#ifndef TOCSIN_BASE_ERROR_H
#define TOCSIN_BASE_ERROR_H

#include <stdbool.h>

struct error {
    char *text; /* owned; NULL when nothing went wrong */
};

/* Replaces the text. Always false, so that a failing function can `return error_set(...)`. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts what was attempted in front: "open ledger.db: " before "permission denied". Always false. */
bool error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, never NULL. */
const char *error_text(const struct error *error);

void error_finish(struct error *error);

#define auto_error __attribute__((cleanup(error_finish)))

#endif
