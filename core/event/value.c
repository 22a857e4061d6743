#include "event/value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/utf8.h"

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

size_t number_span(const char *text)
{
    size_t at = text[0] == '-';
    size_t whole = digits(text + at);

    if (whole == 0 || (text[at] == '0' && whole > 1))
        return 0;
    at += whole;
    if (text[at] == '.') {
        size_t decimals = digits(text + at + 1);
        if (decimals == 0)
            return 0;
        at += 1 + decimals;
    }
    if (text[at] == 'e' || text[at] == 'E') {
        size_t sign = text[at + 1] == '+' || text[at + 1] == '-';
        size_t exponent = digits(text + at + 1 + sign);
        if (exponent == 0)
            return 0;
        at += 1 + sign + exponent;
    }
    return at;
}

bool number_parse(const char *text, double *number)
{
    size_t span = number_span(text);

    if (span == 0 || text[span] != '\0')
        return false;
    *number = strtod(text, NULL);
    return isfinite(*number);
}

/* The shortest form that reads back as the same number. */
static void write_real(double number, char text[VALUE_TEXT_SIZE])
{
    snprintf(text, VALUE_TEXT_SIZE, "%.15g", number);
    if (strtod(text, NULL) != number)
        snprintf(text, VALUE_TEXT_SIZE, "%.17g", number);
}

const char *value_text(const json_t *value, char scratch[VALUE_TEXT_SIZE])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value)) {
        snprintf(scratch, VALUE_TEXT_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return scratch;
    }
    if (json_is_real(value)) {
        write_real(json_real_value(value), scratch);
        return scratch;
    }
    return NULL;
}

bool value_number(const json_t *value, double *number)
{
    if (json_is_string(value))
        return number_parse(json_string_value(value), number);
    if (!json_is_number(value))
        return false;
    *number = json_number_value(value);
    return true;
}

static bool time_of_seconds(double seconds, int64_t *ms)
{
    static const double year_10000 = 253402300800;

    if (seconds < 0 || seconds >= year_10000)
        return false;
    *ms = (int64_t)(seconds * 1000);
    return true;
}

bool time_parse(const char *text, int64_t *ms)
{
    double seconds;

    return timestamp_parse(text, ms) ||
           (number_parse(text, &seconds) && time_of_seconds(seconds, ms));
}

bool value_time(const json_t *value, int64_t *ms)
{
    if (json_is_string(value))
        return time_parse(json_string_value(value), ms);
    return json_is_number(value) && time_of_seconds(json_number_value(value), ms);
}

json_t *value_at(const json_t *root, const char *dotted)
{
    char part[32];

    for (;;) {
        size_t len = strcspn(dotted, ".");
        assert(len < sizeof part);
        memcpy(part, dotted, len);
        part[len] = '\0';
        json_t *value = json_object_get(root, part);
        if (!value || dotted[len] == '\0')
            return value;
        root = value;
        dotted += len + 1;
    }
}

json_t *value_of_text(const char *text)
{
    if (!text)
        return json_null();
    auto_free char *valid = utf8_repair(text, strlen(text), NULL);
    return json_string(valid);
}
