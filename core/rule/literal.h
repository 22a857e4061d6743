/* A value of the rules file as JSON: for the events that its tests write down. Here, and only here,
 * types are read from how a value is written, by JSON's own words: a plain 30, -1.5e3, true, false
 * are what they are in JSON, nothing (also ~ and null) is null, and all else is a text; so are NO,
 * on, 08 and 22:30, and whatever stands in quotes. */
#ifndef TOCSIN_RULE_LITERAL_H
#define TOCSIN_RULE_LITERAL_H

#include <jansson.h>

struct yaml;

/* A new reference. As deep as YAML was nested, which is bounded. */
json_t *literal_json(const struct yaml *node);

#endif
