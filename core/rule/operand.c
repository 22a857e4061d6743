#include "rule/operand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "event/value.h"

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

static int order_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static bool order_as_number(const struct operand *operand, const json_t *value, int *order)
{
    double number;

    if (operand->is_integer && json_is_integer(value)) {
        *order = order_integers(json_integer_value(value), operand->integer);
        return true;
    }
    if (!value_number(value, &number))
        return false;
    *order = order_numbers(number, operand->number);
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
