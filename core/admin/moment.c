#include "admin/moment.h"

#include "base/timestamp.h"
#include "base/units.h"

bool moment_parse(const char *text, int64_t now_ms, int64_t *ms)
{
    int64_t ago_ms;

    if (timestamp_parse(text, ms))
        return *ms > 0;
    if (!duration_parse(text, &ago_ms) || ago_ms >= now_ms)
        return false;
    *ms = now_ms - ago_ms;
    return true;
}
