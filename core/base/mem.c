#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mem_exhausted(void)
{
    static const char words[] = "tocsin: out of memory\n";

    /* write() and _exit(): nothing here may allocate, and nothing may run destructors. */
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(3);
    _exit(3);
}

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        mem_exhausted();
    return memory;
}

void *mem_take(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (!memory)
        mem_exhausted();
    return memory;
}

void *mem_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size ? size : 1);

    if (!resized)
        mem_exhausted();
    return resized;
}

void *mem_copy(const void *memory, size_t size)
{
    void *copy = mem_take(size);

    if (size)
        memcpy(copy, memory, size);
    return copy;
}

char *text_copy(const char *text)
{
    return text ? text_copy_n(text, strlen(text)) : NULL;
}

char *text_copy_n(const char *text, size_t len)
{
    char *copy = mem_take(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *text_vformat(const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        mem_exhausted();
    return text;
}

bool text_equals(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

char *text_format(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = text_vformat(format, args);
    va_end(args);
    return text;
}
