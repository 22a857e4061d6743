#include "moment.h"

#include <stdbool.h>
#include <time.h>
#include <tocsin/sink.h>

/* In English, whatever the locale is. */
static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool utc_of(int64_t ms, struct tm *utc)
{
    time_t seconds = (time_t)(ms / 1000);

    return ms >= 0 && gmtime_r(&seconds, utc) && utc->tm_year <= 9999 - 1900;
}

int64_t moment_of(struct tocsin_call *call)
{
    struct tm ignored;

    return utc_of(call->message->time_ms, &ignored) ? call->message->time_ms
                                                    : call->message->now_ms;
}

const char *moment_rfc3339(struct tocsin_call *call, int64_t ms)
{
    struct tm at;

    if (!utc_of(ms, &at))
        return NULL;
    return call->host->format(call, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", at.tm_year + 1900,
        at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, (int)(ms % 1000));
}

const char *moment_rfc3164(struct tocsin_call *call, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm at;

    if (!localtime_r(&seconds, &at))
        at = (struct tm){.tm_mday = 1};
    return call->host->format(call, "%s %2d %02d:%02d:%02d", months[at.tm_mon], at.tm_mday,
        at.tm_hour, at.tm_min, at.tm_sec);
}

const char *moment_leef(struct tocsin_call *call, int64_t ms)
{
    struct tm at;

    if (!utc_of(ms, &at))
        at = (struct tm){.tm_mday = 1, .tm_year = 70};
    return call->host->format(call, "%s %02d %04d %02d:%02d:%02d.%03d UTC", months[at.tm_mon],
        at.tm_mday, at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec, (int)(ms % 1000));
}
