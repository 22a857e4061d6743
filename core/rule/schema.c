#include "rule/schema.h"

#include <stdbool.h>
#include <stddef.h>

#include "config/shape.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define NUMBER "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"
#define LEVEL "info|low|medium|high|urgent"
#define DATE                                                                                       \
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?([Zz]|[+-][0-9:]+)?"
#define PATH_PART "([^.\\\\]|\\\\[.\\\\])+"

/* What an operator is given. */
enum operand_kind {
    ONE,   /* a text or number */
    LIST,  /* several */
    MANY,  /* one or several */
    ORDER, /* what has an order */
    RANGE, /* addresses */
    AGE,
    FLAG,
    INSIDE /* a match of its own */
};

static const struct operator
{
    const char *name;
    enum operand_kind kind;
    const char *help;
}
operators[] = {
    {"eq", ONE, "the same text; numbers as numbers where the field is one"},
    {"ne", MANY, "not that, or none of these; true of what is absent"},
    {"in", LIST, "any of these"},
    {"gt", ORDER, "above a number or level, or after a time"},
    {"gte", ORDER, "at or above"},
    {"lt", ORDER, "below a number or level, or before a time"},
    {"lte", ORDER, "at or below"},
    {"glob", MANY, "the whole text, with * and ?"},
    {"regex", ONE, "a pattern that is searched for; (?i) for any case"},
    {"contains", MANY, "a part of the text, or an element of the list"},
    {"cidr", RANGE, "an address in the network, 10.0.0.0/8"},
    {"exists", FLAG, "whether it is there; null counts as absent"},
    {"has", INSIDE, "one object of the list holds all of this: {slug: team, value: red}"},
    {"newer_than", AGE, "a time less than so long before the event came"},
    {"older_than", AGE, "a time more than so long before the event came"},
};

/* A text, a number or a flag, as YAML reads it, that fits. */
static json_t *shape_of_pattern(const char *pattern)
{
    return json_pack("{s:[s, s], s:s}", "type", "string", "number", "pattern", pattern);
}

static json_t *shape_of_list(json_t *item)
{
    return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", item);
}

/* Either is taken. */
static json_t *either(json_t *a, json_t *b)
{
    return json_pack("{s:[o, o]}", "anyOf", a, b);
}

/* IPv4 or IPv6, with how many bits count. */
static json_t *shape_of_network(void)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern",
        "^([0-9]{1,3}\\.){3}[0-9]{1,3}(/([0-9]|[12][0-9]|3[0-2]))?$|"
        "^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/([0-9]{1,2}|1[01][0-9]|12[0-8]))?$");
}

static json_t *shape_of_flag(void)
{
    return json_pack("{s:[b, b, s, s]}", "enum", 1, 0, "true", "false");
}

static json_t *shape_of_operand(enum operand_kind kind)
{
    switch (kind) {
    case LIST:
        return shape_of_list(shape_reference("text"));
    case MANY:
        return either(shape_reference("text"), shape_of_list(shape_reference("text")));
    case ORDER:
        return shape_of_pattern("^(" NUMBER "|" LEVEL "|" DATE ")$");
    case RANGE:
        return either(shape_of_network(), shape_of_list(shape_of_network()));
    case AGE:
        return json_pack("{s:[{s:s, s:s}, {s:i}]}", "anyOf", "type", "string", "pattern",
            "^(0+|[0-9]+(ms|s|m|h|d))$", "const", 0);
    case FLAG:
        return shape_of_flag();
    case INSIDE:
        return shape_reference("tests-inside");
    default:
        return shape_reference("text");
    }
}

/* What stands behind a field: a value, several, or operators. Which of the words apply depends on
 * what it is, so editors can say what is wrong with it. */
static json_t *shape_of_test(void)
{
    json_t *test = json_pack("{s:[s, s, s, s, s], s:i, s:i, s:o, s:i, s:{}, s:b}", "type", "string",
        "number", "boolean", "array", "object", "minLength", 1, "minItems", 1, "items",
        shape_reference("text"), "minProperties", 1, "properties", "additionalProperties", 0);

    for (size_t i = 0; i < LENGTH(operators); i++)
        shape_set(test, operators[i].name,
            shape_described(shape_of_operand(operators[i].kind), operators[i].help), false);
    return shape_described(test, "a value, a list of which any is meant, or operators");
}

/* The level is one of five words, and the urgency a number. */
static json_t *shape_of_special_test(const char *pattern, bool may_be_number)
{
    static const char *const compared[] = {"eq", "gt", "gte", "lt", "lte"};
    json_t *value = shape_of_pattern(pattern);
    json_t *special =
        json_pack("{s:[{s:s}], s:[s, s, s], s:s, s:O, s:{}}", "allOf", "$ref", "#/$defs/test",
            "type", "array", "object", "string", "pattern", pattern, "items", value, "properties");

    if (may_be_number)
        json_array_append_new(json_object_get(special, "type"), json_string("number"));
    else
        json_object_set_new(value, "type", json_string("string"));
    for (size_t i = 0; i < LENGTH(compared); i++)
        shape_set(special, compared[i], json_incref(value), false);
    shape_set(special, "ne", either(json_incref(value), shape_of_list(json_incref(value))), false);
    shape_set(special, "in", shape_of_list(json_incref(value)), false);
    shape_set(special, "newer_than", json_false(), false); /* it is no time */
    shape_set(special, "older_than", json_false(), false);
    json_decref(value);
    return special;
}

/* Fields and combinators that must all hold. */
static json_t *shape_of_tests(const char *inside, int fewest)
{
    json_t *names = json_pack("{s:s}", "pattern", "^" PATH_PART "(\\." PATH_PART ")*$");
    json_t *tests =
        json_pack("{s:s, s:i, s:o, s:{}, s:o}", "type", "object", "minProperties", fewest,
            "propertyNames", names, "properties", "additionalProperties", shape_reference("test"));

    shape_set(tests, "any",
        shape_described(shape_of_list(shape_reference(inside)), "one of these holds"), false);
    shape_set(tests, "all",
        shape_described(shape_of_list(shape_reference(inside)), "each of these holds"), false);
    shape_set(tests, "not", shape_described(shape_reference(inside), "this does not hold"), false);
    return tests;
}

static json_t *shape_of_match(int fewest)
{
    json_t *match = shape_of_tests("conditions", fewest);

    shape_set(match, "level", shape_of_special_test("^(" LEVEL ")$", false), false);
    shape_set(match, "urgency", shape_of_special_test("^(" NUMBER ")$", true), false);
    return match;
}

static json_t *shape_of_facts(void)
{
    json_t *map = json_pack("{s:s, s:{s:s}, s:o}", "type", "object", "propertyNames", "pattern",
        "^(?!.*\\{\\{)[^\\r\\n]+$", "additionalProperties", shape_reference("text-or-empty"));

    return either(map, json_pack("{s:s, s:i}", "type", "array", "maxItems", 0));
}

/* How a message reads: what a rule and one of its sends may say. */
static void add_phrases(json_t *map)
{
    shape_set(map, "title",
        shape_described(shape_reference("text-or-empty"), "a template: what the message is called"),
        false);
    shape_set(map, "text",
        shape_described(shape_reference("text-or-empty"), "a template: what it says"), false);
    shape_set(map, "facts",
        shape_described(shape_of_facts(), "what it lists: labels, and a template for each"), false);
    shape_set(map, "link",
        shape_described(shape_reference("text-or-empty"), "a template: where it leads to"), false);
    shape_set(map, "level",
        json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", "^(" LEVEL ")?$|\\{\\{",
            "description", "info low medium high urgent, or a template that gives one of them"),
        false);
}

static json_t *shape_of_send(void)
{
    json_t *send = shape_map();

    shape_set(send, "sink", shape_described(shape_reference("text"), "a sink's name"), true);
    add_phrases(send);
    return either(shape_reference("text"), send);
}

static json_t *one_or_many(const char *definition, const char *description)
{
    json_t *shape = either(shape_reference(definition),
        json_pack("{s:s, s:o}", "type", "array", "items", shape_reference(definition)));

    return shape_described(shape, description);
}

static json_t *shape_of_rule(void)
{
    json_t *rule = shape_map();

    shape_set(rule, "name",
        json_pack("{s:[{s:s}], s:{s:s}, s:s}", "allOf", "$ref", "#/$defs/text", "not", "const",
            "unmatched", "description", "required, and no other rule's"),
        true);
    shape_set(rule, "match",
        shape_described(shape_reference("match"), "what must hold; {} is every event"), true);
    shape_set(
        rule, "send", one_or_many("send", "sinks by name; [] is a decision to tell nobody"), true);
    shape_set(rule, "stop",
        shape_described(shape_of_flag(), "true: no rule below is tried after a match"), false);
    shape_set(rule, "if_not_enriched",
        json_pack("{s:[s, s], s:s}", "enum", "send", "skip", "description",
            "what to do when the look-up failed and the rule cannot know"),
        false);
    add_phrases(rule);
    return rule;
}

static json_t *shape_of_partials(void)
{
    json_t *map = json_pack("{s:s, s:{s:s}, s:o}", "type", "object", "propertyNames", "pattern",
        "^[^ \\t\\r\\n{}]+$", "additionalProperties", shape_reference("text-or-empty"));

    return shape_described(either(shape_reference("text"), map),
        "templates that others call by name: a folder, or a map");
}

static json_t *shape_of_expected(void)
{
    json_t *expected = shape_map();

    shape_set(expected, "sink", shape_reference("text"), true);
    shape_set(expected, "title", shape_reference("text"), false);
    shape_set(expected, "text", shape_reference("text-or-empty"), false);
    return either(shape_reference("text"), expected);
}

static json_t *shape_of_case(void)
{
    json_t *test = shape_map();

    shape_set(test, "name", shape_reference("text"), true);
    shape_set(test, "event",
        json_pack("{s:s, s:[{s:[s]}, {s:[s]}, {s:[s]}], s:s}", "type", "object", "anyOf",
            "required", "type", "required", "file", "required", "event_type", "description",
            "as it is posted, with the looked-up object beside it; or {file: PATH}"),
        true);
    shape_set(test, "with",
        shape_described(shape_reference("text"), "the file of the looked-up object"), false);
    shape_set(
        test, "enriched", shape_described(shape_of_flag(), "false: the look-up fails"), false);
    shape_set(test, "hook", shape_described(shape_reference("text"), "how it came"), false);
    shape_set(test, "at",
        json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", "^" DATE "$", "description",
            "when it came: 2026-11-25T20:00:00Z"),
        false);
    shape_set(test, "expect", one_or_many("expected", "exactly these sinks, in any order"), true);
    return test;
}

static json_t *definitions(void)
{
    json_t *defined = shape_text_definitions();

    json_object_set_new(defined, "test", shape_of_test());
    json_object_set_new(defined, "match", shape_of_match(0));
    json_object_set_new(defined, "conditions", shape_of_match(1));
    json_object_set_new(defined, "tests-inside", shape_of_tests("tests-inside", 1));
    json_object_set_new(defined, "send", shape_of_send());
    json_object_set_new(defined, "rule", shape_of_rule());
    json_object_set_new(defined, "expected", shape_of_expected());
    json_object_set_new(defined, "case", shape_of_case());
    return defined;
}

static json_t *list_of(const char *definition, const char *description)
{
    return json_pack("{s:s, s:s, s:o}", "type", "array", "description", description, "items",
        shape_reference(definition));
}

json_t *rules_schema(void)
{
    json_t *document = shape_or_nothing(shape_map());

    shape_set(
        document, "rules", list_of("rule", "tried from top to bottom; each match sends"), false);
    shape_set(
        document, "unmatched", one_or_many("send", "who hears of what no rule matched"), false);
    shape_set(document, "partials", shape_of_partials(), false);
    shape_set(document, "tests", list_of("case", "events, and who must hear of them"), false);
    shape_allow_extensions(document);
    json_object_set_new(document, "$defs", definitions());
    return shape_titled(document, "rules.yaml");
}
