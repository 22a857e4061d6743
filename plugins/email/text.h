/* A text that grows in the memory of one call to the plugin: appending never fails, and nothing
 * has to be freed. */
#ifndef EMAIL_TEXT_H
#define EMAIL_TEXT_H

#include <stddef.h>
#include <tocsin/sink.h>

struct text {
    struct tocsin_call *call;
    char *data; /* NULL while empty; ends with a NUL that len does not count */
    size_t len, cap;
};

void text_append(struct text *text, const void *bytes, size_t len);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char byte);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Base64 (RFC 4648). With line_len, a multiple of 4, CRLF follows each such line and the end. */
void text_base64(struct text *text, const void *bytes, size_t len, size_t line_len);

/* The content, never NULL; lives until the text grows. */
const char *text_string(const struct text *text);

/* The greatest length, at most max, at which valid UTF-8 of len bytes can be cut. */
size_t text_cut(const char *string, size_t len, size_t max);

#endif
