#include "base/timestamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct tm calendar(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        memset(&tm, 0, sizeof tm);
    return tm;
}

/* Written by hand: strftime() costs more than all the rest of a log line. */
static char *put(char *at, int number, int digits, const char *after)
{
    for (int i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return stpcpy(at + digits, after);
}

static char *put_date_and_clock(char *at, const struct tm *tm, const char *between)
{
    int year = tm->tm_year + 1900;

    if (year >= 1000 && year <= 9999)
        at = put(at, year, 4, "-");
    else
        at += sprintf(at, "%d-", year);
    at = put(at, tm->tm_mon + 1, 2, "-");
    at = put(at, tm->tm_mday, 2, between);
    at = put(at, tm->tm_hour, 2, ":");
    at = put(at, tm->tm_min, 2, ":");
    return put(at, tm->tm_sec, 2, "");
}

void timestamp_format(int64_t ms, char text[TIMESTAMP_SIZE])
{
    struct tm tm = calendar(ms);
    char *at = stpcpy(put_date_and_clock(text, &tm, "T"), ".");

    put(at, (int)((ms % 1000 + 1000) % 1000), 3, "Z");
}

void timestamp_format_human(int64_t ms, char text[TIMESTAMP_SIZE])
{
    struct tm tm = calendar(ms);

    stpcpy(put_date_and_clock(text, &tm, " "), " UTC");
}

/* Reads exactly count digits; returns false unless the number lies in low..high. */
static bool read_number(const char **text, int count, int low, int high, int *number)
{
    int value = 0;

    for (int i = 0; i < count; i++, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return false;
        value = value * 10 + (**text - '0');
    }
    *number = value;
    return value >= low && value <= high;
}

static bool read_char(const char **text, const char *any_of)
{
    if (!**text || !strchr(any_of, **text))
        return false;
    (*text)++;
    return true;
}

static bool read_clock(const char **text, struct tm *tm, int *millis)
{
    if (!read_number(text, 2, 0, 23, &tm->tm_hour) || !read_char(text, ":") ||
        !read_number(text, 2, 0, 59, &tm->tm_min) || !read_char(text, ":") ||
        !read_number(text, 2, 0, 60, &tm->tm_sec))
        return false;
    *millis = 0;
    if (!read_char(text, ".,"))
        return true;
    if (!isdigit((unsigned char)**text))
        return false;
    for (int scale = 100; isdigit((unsigned char)**text); (*text)++, scale /= 10)
        *millis += (**text - '0') * scale;
    return true;
}

/* Seconds east of Greenwich: "Z", "+02:00", "+0200", "+02", or nothing for UTC. */
static bool read_zone(const char **text, int *offset)
{
    int hours = 0, minutes = 0;

    *offset = 0;
    if (!**text || read_char(text, "Zz"))
        return **text == '\0';
    int sign = **text == '-' ? -1 : 1;
    if (!read_char(text, "+-") || !read_number(text, 2, 0, 23, &hours))
        return false;
    if (**text && (read_char(text, ":"), !read_number(text, 2, 0, 59, &minutes)))
        return false;
    *offset = sign * (hours * 3600 + minutes * 60);
    return **text == '\0';
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap_year = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap_year);
}

bool timestamp_parse(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    int millis, offset;

    if (!read_number(&text, 4, 1, 9999, &tm.tm_year) || !read_char(&text, "-") ||
        !read_number(&text, 2, 1, 12, &tm.tm_mon) || !read_char(&text, "-") ||
        !read_number(&text, 2, 1, 31, &tm.tm_mday) || !read_char(&text, "Tt ") ||
        !read_clock(&text, &tm, &millis) || !read_zone(&text, &offset) ||
        tm.tm_mday > days_of_month(tm.tm_year, tm.tm_mon))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ms = ((int64_t)timegm(&tm) - offset) * 1000 + millis;
    return true;
}
