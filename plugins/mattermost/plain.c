#include "plain.h"

#include <stdbool.h>
#include <string.h>

#include <tocsin/sink.h>

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

static bool is_parted(const char *at, const char *marks)
{
    if (at[0] == '<')
        return at[1] == '!';
    return strchr(marks, at[0]) && at[1] != ' ';
}

static const char *parted(struct tocsin_call *call, const char *text, const char *marks)
{
    if (!strpbrk(text, marks))
        return text;
    char *out = call->host->alloc(call, strlen(text) * (1 + strlen(ZERO_WIDTH_SPACE)) + 1);
    char *end = out;

    for (; *text != '\0'; text++) {
        *end++ = *text;
        if (is_parted(text, marks))
            end = stpcpy(end, ZERO_WIDTH_SPACE);
    }
    return out;
}

const char *plain_unmentioned(struct tocsin_call *call, const char *text)
{
    return parted(call, text, "@<");
}

const char *plain_label(struct tocsin_call *call, const char *text)
{
    return parted(call, text, "@<#~:");
}
