#include "rule/operand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "event/value.h"

/* A whole number that fits; those beyond 2^53 are no doubles. */
static bool read_integer(const char *text, json_int_t *integer)
{
    if (text[strspn(text, "-0123456789")] != '\0')
        return false;
    errno = 0;
    *integer = strtoll(text, NULL, 10);
    return errno == 0;
}

void operand_init(struct operand *operand, const char *text)
{
    *operand = (struct operand){.text = text_copy(text)};
    operand->is_number = number_parse(text, &operand->number);
    operand->is_integer = operand->is_number && read_integer(text, &operand->integer);
    operand->is_level = level_parse(text, &operand->level);
    operand->is_time = timestamp_parse(text, &operand->time_ms);
}

void operand_finish(struct operand *operand)
{
    free(operand->text);
    operand->text = NULL;
}

static int order_integers(json_int_t a, json_int_t b)
{
    return (a > b) - (a < b);
}

static int order_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exactly: as doubles, 2^53 + 1 would be 2^53. */
static int order_mixed(json_int_t a, double b)
{
    static const double beyond = 9223372036854775808.0; /* 2^63 */

    if (b >= beyond || b < -beyond)
        return b < 0 ? 1 : -1;
    json_int_t whole = (json_int_t)b;
    int order = order_integers(a, whole);
    return order ? order : order_doubles((double)whole, b);
}

/* The value as a number, whole where it can be; false where it is none. */
static bool read_number(const json_t *value, bool *is_integer, json_int_t *integer, double *number)
{
    *is_integer = json_is_integer(value);
    if (*is_integer) {
        *integer = json_integer_value(value);
        return true;
    }
    if (!value_number(value, number))
        return false;
    *is_integer = json_is_string(value) && read_integer(json_string_value(value), integer);
    return true;
}

static bool order_as_number(const struct operand *operand, const json_t *value, int *order)
{
    bool is_integer;
    json_int_t integer;
    double number;

    if (!read_number(value, &is_integer, &integer, &number))
        return false;
    if (is_integer && operand->is_integer)
        *order = order_integers(integer, operand->integer);
    else if (is_integer)
        *order = order_mixed(integer, operand->number);
    else if (operand->is_integer)
        *order = -order_mixed(operand->integer, number);
    else
        *order = order_doubles(number, operand->number);
    return true;
}

bool operand_equals(const struct operand *operand, const json_t *value)
{
    char scratch[VALUE_TEXT_SIZE];
    int order;

    if (json_is_number(value))
        return operand->is_number && order_as_number(operand, value, &order) && order == 0;
    const char *text = value_text(value, scratch);
    return text && strcmp(text, operand->text) == 0;
}

bool operand_order(const struct operand *operand, const json_t *value, int *order)
{
    enum view_level level;
    int64_t time_ms;

    if (operand->is_number)
        return order_as_number(operand, value, order);
    if (operand->is_level) {
        if (!json_is_string(value) || !level_parse(json_string_value(value), &level))
            return false;
        *order = (int)level - (int)operand->level;
        return true;
    }
    if (!operand->is_time || !value_time(value, &time_ms))
        return false;
    *order = order_integers(time_ms, operand->time_ms);
    return true;
}
