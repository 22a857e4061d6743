#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

bool error_set(struct error *error, const char *format, ...)
{
    va_list args;

    if (!error)
        return false;
    va_start(args, format);
    char *text = text_vformat(format, args);
    va_end(args);
    free(error->text);
    error->text = text;
    return false;
}

bool error_wrap(struct error *error, const char *format, ...)
{
    va_list args;

    if (!error)
        return false;
    va_start(args, format);
    char *context = text_vformat(format, args);
    va_end(args);
    char *text = text_format("%s: %s", context, error_text(error));
    free(context);
    free(error->text);
    error->text = text;
    return false;
}

const char *error_text(const struct error *error)
{
    return error && error->text ? error->text : "unknown error";
}

void error_finish(struct error *error)
{
    free(error->text);
    error->text = NULL;
}
