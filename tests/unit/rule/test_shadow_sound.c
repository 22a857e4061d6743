/* What is said of two matches must hold for every event: matches are made up, and wherever one is
 * said to stand behind another, no event may match it alone. */
#include "../cmocka_setup.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

enum {
    pairs = 20000,
    events = 240,
};

/* The same numbers each time (xorshift). */
static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

static const char *pick(uint32_t *state, const char *const *words, uint32_t count)
{
    return words[draw(state, count)];
}

#define PICK(state, words) pick(state, words, sizeof(words) / sizeof *(words))

static void write_operators(struct buf *out, uint32_t *state, bool is_list)
{
    static const char *const texts[] = {"a", "b", "ab", "abc", "80", "80.0", "high"};
    static const char *const numbers[] = {"1", "2", "80"};
    static const char *const orders[] = {"gt", "gte", "lt", "lte"};

    switch (draw(state, is_list ? 9 : 8)) {
    case 0:
        buf_printf(out, "{ne: %s}", PICK(state, texts));
        break;
    case 1:
        buf_printf(out, "{exists: %s}", draw(state, 2) ? "true" : "false");
        break;
    case 2:
        buf_printf(out, "{glob: '%s*'}", PICK(state, texts));
        break;
    case 3:
        buf_printf(out, "{contains: %s}", PICK(state, texts));
        break;
    case 4:
        buf_printf(out, "{%s: %s}", PICK(state, orders), PICK(state, numbers));
        break;
    case 5:
        buf_printf(out, "[%s, %s]", PICK(state, texts), PICK(state, numbers));
        break;
    case 6:
        buf_printf(out, "{gte: %s, lt: %s}", PICK(state, numbers), PICK(state, numbers));
        break;
    case 8:
        buf_printf(out, "{eq: %s, ne: %s}", PICK(state, numbers), PICK(state, texts));
        break;
    default:
        buf_puts(out, PICK(state, texts));
    }
}

static void write_test(struct buf *out, uint32_t *state)
{
    static const char *const fields[] = {"entity", "title", "attributes.l", "attributes.m"};
    const char *field = PICK(state, fields);

    buf_printf(out, "%s: ", field);
    write_operators(out, state, field[0] == 'a');
}

static void write_match(struct buf *out, uint32_t *state, int depth)
{
    uint32_t kind = depth == 0 ? 3 : draw(state, 6);
    uint32_t count = 1 + draw(state, 2);

    if (kind == 2) {
        buf_puts(out, "{not: ");
        write_match(out, state, depth - 1);
    } else if (kind < 2) {
        buf_printf(out, "{%s: [", kind == 0 ? "any" : "all");
        for (uint32_t i = 0; i < count; i++) {
            buf_puts(out, i > 0 ? ", " : "");
            write_match(out, state, depth - 1);
        }
        buf_puts(out, "]");
    } else {
        buf_puts(out, "{");
        write_test(out, state);
    }
    buf_puts(out, "}");
}

static void write_value(struct buf *out, uint32_t *state)
{
    static const char *const values[] = {"\"a\"", "\"b\"", "\"ab\"", "\"abc\"", "\"80\"", "80",
        "80.0", "\"80.0\"", "1", "2", "1.5", "90", "null", "true", "\"high\"", "{}"};

    buf_puts(out, PICK(state, values));
}

static void write_list(struct buf *out, uint32_t *state)
{
    uint32_t count = draw(state, 4);

    buf_putc(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        write_value(out, state);
    }
    buf_putc(out, ']');
}

/* An event of a sender of its own, whose names are what it posts. */
static char *make_event(uint32_t *state)
{
    static const char *const members[] = {"entity", "title"};
    static const char *const lists[] = {"l", "m"};
    struct buf out = {0};

    buf_puts(&out, "{\"type\":\"x\"");
    for (int i = 0; i < 2; i++) {
        if (draw(state, 4) == 0)
            continue;
        buf_printf(&out, ",\"%s\":", members[i]);
        write_value(&out, state);
    }
    buf_puts(&out, ",\"attributes\":{\"z\":0");
    for (int i = 0; i < 2; i++) {
        uint32_t kind = draw(state, 5);
        if (kind == 0)
            continue;
        buf_printf(&out, ",\"%s\":", lists[i]);
        if (kind < 3)
            write_list(&out, state);
        else
            write_value(&out, state);
    }
    buf_puts(&out, "}}");
    return buf_take(&out);
}

static bool is_shadowed(const struct ruleset *rules)
{
    auto_problems struct problems problems = {0};

    ruleset_review(rules, &problems);
    return problems.count > 0;
}

/* Whether the second rule sends, though the first stands before it and stops. */
static bool is_reached(const struct ruleset *rules, struct view *view)
{
    struct decision decision;

    ruleset_decide(rules, view, 0, TRACE_NONE, &decision);
    bool reached = decision.target_count > 0;
    decision_finish(&decision);
    return reached;
}

static void test_no_event_reaches_a_rule_that_is_said_to_be_shadowed(void **unused)
{
    (void)unused;
    struct view *views[events];
    uint32_t state = 2463534242U;
    size_t shadowed = 0;

    for (size_t i = 0; i < events; i++) {
        auto_free char *event = make_event(&state);
        views[i] = event_view(event, NULL);
    }
    for (int i = 0; i < pairs; i++) {
        auto_buf struct buf yaml = {0};
        buf_puts(&yaml, "rules:\n  - {name: first, send: [], stop: true, match: ");
        write_match(&yaml, &state, 2);
        buf_puts(&yaml, "}\n  - {name: second, send: chat, match: ");
        write_match(&yaml, &state, 2);
        buf_puts(&yaml, "}\n");
        struct ruleset *rules = rules_of(buf_text(&yaml));
        bool is_dead = is_shadowed(rules);
        shadowed += is_dead;
        for (size_t j = 0; is_dead && j < events; j++) {
            if (is_reached(rules, views[j]))
                print_message(
                    "# %s# is said to be shadowed, and an event reaches it\n", buf_text(&yaml));
            assert_false(is_reached(rules, views[j]));
        }
        ruleset_destroy(rules);
    }
    for (size_t i = 0; i < events; i++)
        view_destroy(views[i]);
    assert_true(shadowed > pairs / 100); /* else nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_event_reaches_a_rule_that_is_said_to_be_shadowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
