#include "base/units.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A run of digits that fits in 63 bits, then the rest of the text. */
static bool read_count(const char **text, int64_t *count)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, **text - '0', &value))
            return false;
    }
    *count = value;
    return true;
}

struct unit {
    const char *name;
    int64_t factor;
};

static bool apply_unit(
    const struct unit *units, size_t count, const char *name, int64_t value, int64_t *result)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(units[i].name, name) == 0)
            return !__builtin_mul_overflow(value, units[i].factor, result);
    return false;
}

#define LENGTH(array) (sizeof(array) / sizeof *(array))

bool duration_parse(const char *text, int64_t *ms)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    int64_t count;

    if (!read_count(&text, &count))
        return false;
    if (count == 0 && *text == '\0') {
        *ms = 0;
        return true;
    }
    return apply_unit(units, LENGTH(units), text, count, ms);
}

bool size_parse(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"", 1}, {"k", 1LL << 10}, {"m", 1LL << 20}, {"g", 1LL << 30}};
    int64_t count, result;

    if (!read_count(&text, &count) || !apply_unit(units, LENGTH(units), text, count, &result))
        return false;
    *bytes = (uint64_t)result;
    return true;
}

bool rate_parse(const char *text, double *per_second)
{
    static const struct unit units[] = {{"/s", 1}, {"/m", 60}, {"/h", 3600}};
    int64_t count, seconds;

    if (strcmp(text, "off") == 0) {
        *per_second = 0;
        return true;
    }
    if (!read_count(&text, &count) || count == 0 ||
        !apply_unit(units, LENGTH(units), text, 1, &seconds))
        return false;
    *per_second = (double)count / (double)seconds;
    return true;
}
