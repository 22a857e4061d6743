/* JSON values read leniently: senders put numbers in texts, texts in numbers, and times in several
 * forms. */
#ifndef TOCSIN_EVENT_VALUE_H
#define TOCSIN_EVENT_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    VALUE_TEXT_SIZE = 32,
};

/* The value as a text: a string as it is (borrowed), a number written into `scratch`, true or
 * false. NULL for everything else, and for NULL. */
const char *value_text(const json_t *value, char scratch[VALUE_TEXT_SIZE]);

/* A JSON string of a text that may be any bytes: what is no UTF-8 is repaired. null for NULL. A new
 * reference. */
json_t *value_of_text(const char *text);

/* A JSON number, or a string that holds one and nothing else. */
bool value_number(const json_t *value, double *number);

/* RFC 3339 (without a zone: UTC), or seconds since the epoch as a number or a numeric string. */
bool value_time(const json_t *value, int64_t *ms);

/* A text that value_time() takes. */
bool time_parse(const char *text, int64_t *ms);

/* A text in JSON's grammar of numbers that fits a double; so `08`, `0x8` and `nan` are none. */
bool number_parse(const char *text, double *number);

/* The length of the number that begins the text, by JSON's grammar; 0 where none does. */
size_t number_span(const char *text);

/* The value at a dotted path that stands in the code: plain names under 32 bytes, no escapes.
 * Borrowed; NULL where there is none. */
json_t *value_at(const json_t *root, const char *dotted);

#endif
