/* A few rules and events that have something to do with each other: made of the bytes by choosing
 * from tables, since two texts that are made up seldom meet. What is demanded is the same as of
 * rules from a text, and above all that a rule of which a review says that it never matches never
 * does. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "decisions.h"
#include "demand.h"
#include "event/event.h"
#include "event/value.h"
#include "event/view.h"
#include "harness.h"
#include "places.h"
#include "rule/ruleset.h"

static const char *const sinks[] = {"chat", "siem"};
static const int64_t now_ms = 1795687200000; /* 2026-11-26T10:00:00Z */

enum {
    deepest = 2, /* conditions inside conditions */
    most_rules = 4,
    event_count = 6,
    most_operands = 16,
};

static const char *const fields[] = {"body.a", "body.b", "body.g", "body.g.0.h", "alert.a", "rule"};
static const char *const texts[] = {"1", "2", "1.0", "a", "b", "ab", "high", "r1", "siren",
    "2026-11-25T10:00:00Z", "x 10.0.0.9, y"};
static const char *const bounds[] = {"1", "1.0", "2", "10", "-1", "low", "medium", "high",
    "2026-11-25T10:00:00Z", "2026-11-25T12:00:00+02:00"};
static const char *const patterns[] = {"*", "a*", "?b", "[!a]", "1*", "*.*", "a"};
static const char *const expressions[] = {"^a", "b$", "(?i)B", "^1(\\.0)?$", "."};
static const char *const networks[] = {"10.0.0.0/8", "10.0.0.0/30", "10.0.0.1", "::/0"};
static const char *const durations[] = {"1ms", "1d", "2d", "30d"};
static const char *const flags[] = {"true", "false"};

#define TABLE(of) of, sizeof(of) / sizeof *(of)

static const struct {
    const char *name;
    const char *const *operands;
    size_t count;
} operators[] = {{"eq", TABLE(texts)}, {"ne", TABLE(texts)}, {"gt", TABLE(bounds)},
    {"gte", TABLE(bounds)}, {"lt", TABLE(bounds)}, {"lte", TABLE(bounds)},
    {"glob", TABLE(patterns)}, {"contains", TABLE(texts)}, {"exists", TABLE(flags)},
    {"regex", TABLE(expressions)}, {"cidr", TABLE(networks)}, {"newer_than", TABLE(durations)},
    {"older_than", TABLE(durations)}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The bytes, one for each choice; without end, since noughts follow. */
struct choices {
    const uint8_t *at, *end;
};

/* What the rules compare with: the events mostly have it, or nothing would match. */
struct operands {
    char *texts[most_operands]; /* owned */
    size_t count;
};

static size_t choose(struct choices *choices, size_t count)
{
    return choices->at < choices->end ? *choices->at++ % count : 0;
}

/* How many of something there are: mostly one, or few events would match. */
static size_t choose_count(struct choices *choices)
{
    return choose(choices, 3) == 2 ? 2 + choose(choices, 2) : 1;
}

static const char *choose_text(struct choices *choices, const char *const *table, size_t count)
{
    return table[choose(choices, count)];
}

/* [a, b] */
static void put_list(struct choices *choices, struct buf *out)
{
    size_t count = choose_count(choices);

    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s'%s'", i ? ", " : "[", choose_text(choices, TABLE(texts)));
    buf_putc(out, ']');
}

static void put_operator(struct choices *choices, size_t number, struct buf *out)
{
    const char *operand = choose_text(choices, operators[number].operands, operators[number].count);

    buf_printf(out, "%s: '%s'", operators[number].name, operand);
}

/* {gt: 1, ne: 2}, each operator once; `in` has a list. */
static void put_operators(struct choices *choices, struct buf *out)
{
    size_t count = choose_count(choices), first = choose(choices, COUNT(operators));
    size_t stride = 1 + choose(choices, 3);

    buf_putc(out, '{');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i ? ", " : "");
        put_operator(choices, (first + i * stride) % COUNT(operators), out);
    }
    if (choose(choices, 4) == 1) {
        buf_puts(out, ", in: ");
        put_list(choices, out);
    }
    buf_putc(out, '}');
}

static void put_comparison(struct choices *choices, struct buf *out)
{
    switch (choose(choices, 4)) {
    case 0:
        buf_printf(out, "'%s'", choose_text(choices, TABLE(texts)));
        break;
    case 1:
        put_list(choices, out);
        break;
    default:
        put_operators(choices, out);
    }
}

static void put_test(struct choices *choices, const char *field, struct buf *out)
{
    buf_printf(out, "%s: ", field);
    if (choose(choices, 8) != 1) {
        put_comparison(choices, out);
        return;
    }
    buf_puts(out, "{has: {h: ");
    put_comparison(choices, out);
    if (choose(choices, 2)) {
        buf_puts(out, ", i: ");
        put_comparison(choices, out);
    }
    buf_puts(out, "}}");
}

static void put_map(struct choices *choices, int depth, struct buf *out);

/* any, all or not, with maps inside. */
static void put_combination(struct choices *choices, int depth, struct buf *out)
{
    static const char *const combinators[] = {"not: ", "any: [", "all: ["};
    size_t number = choose(choices, COUNT(combinators)), count = choose_count(choices);

    buf_puts(out, combinators[number]);
    for (size_t i = 0; i < (number ? count : 1); i++) {
        buf_puts(out, i ? ", " : "");
        put_map(choices, depth + 1, out);
    }
    buf_puts(out, number ? "]" : "");
}

/* {a: 1, any: [...]}, each key once. */
static void put_map(struct choices *choices, int depth, struct buf *out)
{
    size_t count = choose_count(choices), first = choose(choices, COUNT(fields));

    buf_putc(out, '{');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i ? ", " : "");
        put_test(choices, fields[(first + i) % COUNT(fields)], out);
    }
    if (depth < deepest && choose(choices, 3) == 1) {
        buf_puts(out, ", ");
        put_combination(choices, depth, out);
    }
    buf_putc(out, '}');
}

static void put_rule(struct choices *choices, size_t number, struct buf *out)
{
    static const char *const ends[] = {
        "", ", stop: true", ", stop: true, if_not_enriched: skip", ", if_not_enriched: skip"};

    buf_printf(out, "  - {name: r%zu, match: ", number);
    put_map(choices, 0, out);
    buf_printf(out, ", send: [%s]%s}\n", sinks[choose(choices, COUNT(sinks))],
        ends[choose(choices, COUNT(ends))]);
}

/* By the choices that made the first rule, but for one of them: so the two have much in common. */
static void put_variant(
    struct choices *choices, const struct choices *first, size_t number, struct buf *out)
{
    uint8_t copy[32];
    size_t len = (size_t)(first->end - first->at);

    len = len < sizeof copy ? len : sizeof copy;
    if (len > 0) {
        memcpy(copy, first->at, len);
        copy[choose(choices, len)] = (uint8_t)choose(choices, 256);
    }
    struct choices altered = {copy, copy + len};
    put_rule(&altered, number, out);
}

static void put_rules(struct choices *choices, struct buf *out)
{
    size_t count = 1 + choose(choices, most_rules);
    struct choices first = *choices;

    buf_puts(out, "rules:\n");
    put_rule(choices, 0, out);
    first.end = choices->at;
    for (size_t i = 1; i < count; i++) {
        if (choose(choices, 4) == 3)
            put_rule(choices, i, out);
        else
            put_variant(choices, &first, i, out);
    }
}

/* They are the quoted texts. */
static void find_operands(const char *rules, struct operands *operands)
{
    for (const char *quote = strchr(rules, '\''); quote && operands->count < most_operands;) {
        const char *end = strchr(quote + 1, '\'');
        operands->texts[operands->count++] = text_copy_n(quote + 1, (size_t)(end - quote) - 1);
        quote = strchr(end + 1, '\'');
    }
}

static void operands_finish(struct operands *operands)
{
    for (size_t i = 0; i < operands->count; i++)
        free(operands->texts[i]);
}

static void put_plain_value(
    struct choices *choices, const struct operands *operands, struct buf *out)
{
    size_t kind = choose(choices, 16);
    const char *text = choose_text(choices, TABLE(texts));
    double number;

    if (kind > 3 && operands->count > 0)
        text = operands->texts[choose(choices, operands->count)];
    if (kind < 2) {
        buf_puts(out, kind ? "null" : "\"\"");
    } else if (kind % 2 && number_parse(text, &number)) {
        buf_puts(out, text);
    } else {
        auto_json json_t *value = json_string(text);
        auto_free char *quoted = json_dumps(value, JSON_ENCODE_ANY);
        buf_puts(out, quoted);
    }
}

/* {"h": 1, "i": 2} */
static void put_object(struct choices *choices, const struct operands *operands, struct buf *out)
{
    buf_puts(out, "{\"h\":");
    put_plain_value(choices, operands, out);
    buf_puts(out, ",\"i\":");
    put_plain_value(choices, operands, out);
    buf_putc(out, '}');
}

static void put_value(struct choices *choices, const struct operands *operands, struct buf *out)
{
    size_t kind = choose(choices, 6), count = choose(choices, 4);

    if (kind > 1) {
        put_plain_value(choices, operands, out);
        return;
    }
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i ? "," : "");
        (kind ? put_object : put_plain_value)(choices, operands, out);
    }
    buf_putc(out, ']');
}

/* The members of an object that is begun, and its end; each may be left out. */
static void put_members(struct choices *choices, const struct operands *operands,
    const char *const *names, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (choose(choices, 8) == 1)
            continue;
        buf_printf(out, ",\"%s\":", names[i]);
        put_value(choices, operands, out);
    }
    buf_putc(out, '}');
}

static struct view *make_view(struct choices *choices, const struct operands *operands)
{
    static const char *const posted[] = {"a", "b", "g"}, *const looked_up[] = {"a"};
    const struct view_context context = {.event_id = "ledger-e1",
        .hook = "soc",
        .accepted_ms = now_ms,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    size_t look_up = choose(choices, 4);
    auto_buf struct buf body = {0}, answer = {0};

    buf_puts(&body, "{\"type\":\"alert\"");
    put_members(choices, operands, TABLE(posted), &body);
    buf_puts(&answer, "{\"x\":0");
    put_members(choices, operands, TABLE(looked_up), &answer);

    auto_json json_t *object = look_up > 1 ? demand_json(buf_text(&answer)) : NULL;
    const struct enrichment enrichment = {.name = "alert", .object = object};
    struct event *event = event_parse(body.data, body.len, NULL);
    DEMAND_OF(event != NULL, buf_text(&body));
    struct view *view = view_create(event, &enrichment, look_up > 0, &context);
    event_destroy(event);
    return view;
}

static void decide(const struct ruleset *rules, struct choices *choices,
    const struct operands *operands, const struct places *places)
{
    auto_problems struct problems shadowed = {0};

    ruleset_review(rules, &shadowed);
    for (size_t i = 0; i < event_count; i++) {
        struct view *view = make_view(choices, operands);
        decisions_demand(rules, view, now_ms, places);
        decisions_demand_shadowed(rules, view, now_ms, &shadowed);
        view_destroy(view);
    }
}

/* A regular expression is an error where tocsin is built without them. */
static void compile(const struct buf *text, struct choices *choices)
{
    static const char name[] = "rules.yaml";
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *document = yaml_load_text(name, text->data, text->len, &problems);
    const struct yaml *documents[] = {document};
    struct ruleset *rules = ruleset_compile(documents, 1, sinks, COUNT(sinks), &problems);
    struct operands operands = {0};
    struct places places;

    DEMAND_OF(document != NULL, problems.items[0].text);
    places_init(&places, name, text->data, text->len);
    find_operands(text->data, &operands);
    if (rules)
        decide(rules, choices, &operands, &places);
    else
        places_demand(&places, &problems.items[0]);
    operands_finish(&operands);
    places_finish(&places);
    ruleset_destroy(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, data + size};
    auto_buf struct buf text = {0};

    put_rules(&choices, &text);
    compile(&text, &choices);
    return 0;
}
