/* Templates tried on sample events. */
#include "../cmocka_setup.h"

#include <string.h>

#include "../rule/rules.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "event/event.h"
#include "event/value.h"
#include "event/view.h"
#include "message/phrasebook.h"
#include "message/proof.h"
#include "message/sample.h"
#include "rule/ruleset.h"

static const struct view_context context = {.event_id = "e-1",
    .hook = "soc",
    .app_url = "https://app.example",
    .accepted_ms = 1789000000000,
    .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};

/* All that is told of a rule with these keys and what follows it; `chat` shows 100 characters. */
static char *proof_of(const char *keys)
{
    static const struct proof_sink sinks[] = {
        {"chat", FLAVOUR_MARKDOWN, 100}, {"mail", FLAVOUR_HTML, 0}};
    auto_problems struct problems problems = {0};
    auto_buf struct buf yaml = {0};
    struct samples samples;
    struct buf text = {0};

    buf_printf(&yaml, "rules:\n  - name: r\n    match: {}\n    send: [chat, mail]\n%s", keys);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    struct phrasebook *book = phrasebook_create(rules, &problems);
    assert_int_equal(problems.count, 0);
    samples_init(&samples, &context);
    const struct proof proof = {rules, book, sinks, 2, &samples, 1789000060000, &problems};
    proof_read(&proof);
    samples_finish(&samples);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    phrasebook_destroy(book);
    ruleset_destroy(rules);
    return buf_take(&text);
}

static void assert_told(const char *keys, const char *expected)
{
    auto_free char *told = proof_of(keys);

    if (!strstr(told, expected))
        print_message("# %s\n# says: %s# not: %s\n", keys, told, expected);
    assert_non_null(strstr(told, expected));
    assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1); /* and nothing else */
}

static void test_the_samples_are_events_as_they_come(void **state)
{
    static const char *const types[] = {"alert", "alert-comment", "case", "content-proposal"};
    struct samples samples;
    size_t missing = 0, other = 0;

    (void)state;
    samples_init(&samples, &context);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t found = 0;
        for (size_t j = 0; j < samples.count; j++) {
            const json_t *root = samples.items[j].view->root;
            found += strcmp(json_string_value(json_object_get(root, "type")), types[i]) == 0;
        }
        assert_true(found > 0);
    }
    for (size_t i = 0; i < samples.count; i++) {
        missing += samples.items[i].view->not_enriched;
        other += value_at(samples.items[i].view->root, "alert") == NULL &&
                 value_at(samples.items[i].view->root, "case") == NULL;
    }
    assert_true(missing > 0);
    assert_true(other > 0);
    samples_finish(&samples);
}

static void test_what_always_works_is_not_spoken_of(void **state)
{
    static const char *const keys[] = {
        "    title: \"{{title}}{{#entity}} on {{entity}}{{/entity}}\"\n",
        "    link: \"https://desk.example/{{alert.short_id}}\"\n",
        "    link: \"{{{alert.url}}}\"\n", /* no sample has it */
        "    link: \"{{{link}}}\"\n",      /* all that have one have a URL */
        "    link: \"{{#alert}}{{url}}{{/alert}}\"\n",
        "    level: \"{{level}}\"\n",
        "    level: \"{{#alert}}high{{/alert}}\"\n",
        "    level: \"{{attributes.severity}}\"\n", /* no sample has it */
        "    text: \"{{time}}: {{status}}\"\n",
        "    level: \"\"\n    link: \"\"\n    title: \"\"\n    text: \"\"\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        auto_free char *told = proof_of(keys[i]);
        assert_string_equal(told, "");
    }
}

static void test_a_template_that_fails_is_an_error_once(void **state)
{
    (void)state;
    assert_told("    text: \"x {{> loop}}\"\npartials: {loop: \"{{> loop}}\"}\n",
        "rules.yaml:5:14: text: fails on a sample event (an alert, created): ");
    assert_told("    facts: {A: \"{{#alert}}{{> l}}{{/alert}}\"}\npartials: {l: \"{{> l}}\"}\n",
        "rules.yaml:5:27: facts: fails on a sample event (an alert, created): ");
}

static void test_a_link_that_is_no_url_is_an_error(void **state)
{
    (void)state;
    assert_told("    link: \"desk.example/{{alert.short_id}}\"\n",
        "rules.yaml:5:11: link: \"desk.example/ALs4mpleAlrt\", on a sample event (an alert, "
        "created), is no URL: it has no scheme");
    assert_told("    link: \"{{link}}\"\n", "a whole URL is put in by {{{name}}}");
    assert_told("    link: \"https://desk.example/{{{title}}}\"\n",
        "it holds a blank or a control character");
}

static void test_a_level_that_is_none_is_warned_of(void **state)
{
    (void)state;
    assert_told("    level: \"{{status}}\"\n",
        "rules.yaml:5:12: warning: level: gives none of info low medium high urgent");
}

static void test_a_text_that_would_be_cut_is_warned_of(void **state)
{
    (void)state;
    assert_told("    text: \"{{{alert|json}}}\"\n", "sink \"chat\" shows 100");
    assert_told("    text: \"a text of more than a hundred characters, whatever the event that it "
                "is about happens to be, is too long\"\n",
        "rules.yaml:5:11: warning: text: has 104 characters on a sample event (an alert, created), "
        "of which sink \"chat\" shows 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_samples_are_events_as_they_come),
        cmocka_unit_test(test_what_always_works_is_not_spoken_of),
        cmocka_unit_test(test_a_template_that_fails_is_an_error_once),
        cmocka_unit_test(test_a_link_that_is_no_url_is_an_error),
        cmocka_unit_test(test_a_level_that_is_none_is_warned_of),
        cmocka_unit_test(test_a_text_that_would_be_cut_is_warned_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
