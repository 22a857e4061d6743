/* Memory that never fails: running out ends the process, here and nowhere else. The ledger makes
 * that safe, because every promise that was given is on disk already. */
#ifndef TOCSIN_BASE_MEM_H
#define TOCSIN_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Returns size zeroed bytes, the caller's to free(). */
void *mem_alloc(size_t size);

/* The same, not zeroed: for who fills it at once. */
void *mem_take(size_t size);
void *mem_resize(void *memory, size_t size);
void *mem_copy(const void *memory, size_t size);

/* Copies of texts, the caller's to free(). text_copy(NULL) is NULL. */
char *text_copy(const char *text);
char *text_copy_n(const char *text, size_t len);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* NULL equals NULL alone. */
bool text_equals(const char *a, const char *b);

/* The process ends with exit status 3: there is no way on without memory. */
void mem_exhausted(void) __attribute__((noreturn));

#endif
