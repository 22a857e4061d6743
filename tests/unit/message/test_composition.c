/* Messages in a rule's own words. */
#include "../cmocka_setup.h"

#include <string.h>

#include "../rule/rules.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "config/problems.h"
#include "event/facts.h"
#include "event/view.h"
#include "message/message.h"
#include "message/phrasebook.h"
#include "rule/ruleset.h"

enum {
    now_ms = 1789000060, /* in seconds, times 1000 below */
};

static const char posted[] =
    "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"short_id\":\"ALx\"}}";
static const char alert[] =
    "{\"title\":\"Brute force\",\"description\":\"Many tries.\",\"short_id\":\"ALx\","
    "\"urgency\":{\"current_value\":85},\"status\":{\"name\":\"Pending\"},"
    "\"entity\":{\"name\":\"Lyon plant\"},\"url\":\"https://desk.example/a b\","
    "\"priority\":\"low\",\"pages\":[{\"p\":1},{\"p\":2}]}";

struct scene {
    struct ruleset *rules;
    struct phrasebook *book;
    struct message *message;
};

/* The message for an alert of a rule that has this more, and whatever follows it. */
static struct message *compose(
    struct scene *scene, const char *keys, const char *object, enum flavour flavour)
{
    auto_problems struct problems problems = {0};
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules:\n  - name: r\n    match: {}\n    send: chat\n%s", keys);
    scene->rules = rules_of(buf_text(&yaml));
    scene->book = phrasebook_create(scene->rules, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        print_message("# %s\n", line);
    }
    assert_int_equal(problems.count, 0);
    struct view *view = event_view(posted, object);
    view_set_rule(view, "r");
    const struct message_order order = {.flavour = flavour,
        .rule = "r",
        .phrases = phrasebook_find(scene->book, "r", "chat"),
        .now_ms = (int64_t)now_ms * 1000};
    scene->message = message_create(view, &order);
    view_destroy(view);
    return scene->message;
}

static void finish(struct scene *scene)
{
    message_destroy(scene->message);
    phrasebook_destroy(scene->book);
    ruleset_destroy(scene->rules);
}

static void test_what_the_rule_says_takes_the_defaults_place(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene,
        "    title: \"{{title}} on {{entity}}\"\n"
        "    text: |\n"
        "\n"
        "      **{{status}}** [runbook](https://wiki.example/{{urgency}})\n"
        "\n"
        "      by rule {{rule}}\n"
        "    facts: {Entity: \"{{entity}}\", Owner: \"{{alert.owner}}\", Now: \"{{status}}, "
        "still\"}\n"
        "    link: \"https://desk.example/q?title={{title}}&x={{{urgency}}}\"\n"
        "    level: low\n",
        alert, FLAVOUR_MARKDOWN);

    (void)state;
    assert_string_equal(message->title, "Brute force on Lyon plant");
    assert_string_equal(
        message->text, "**Pending** [runbook](https://wiki.example/85)\n\nby rule r");
    assert_string_equal(message->text_plain, message->text);
    assert_int_equal(message->facts->count, 2); /* an empty one is left out */
    assert_string_equal(message->facts->items[0].label, "Entity");
    assert_string_equal(message->facts->items[1].value, "Pending, still");
    assert_string_equal(message->link, "https://desk.example/q?title=Brute%20force&x=85");
    assert_int_equal(message->level, LEVEL_LOW);
    assert_int_equal(message->urgency, 85);
    assert_null(message->trouble);
    assert_int_equal(message_text_length(message), strlen(message->text));
    finish(&scene);
}

static void test_what_it_does_not_say_is_the_default(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene, "    level: info\n", alert, FLAVOUR_MARKDOWN);

    (void)state;
    assert_string_equal(message->title, "Brute force");
    assert_string_equal(message->text, "Many tries\\.");
    assert_string_equal(message->text_plain, "Many tries.");
    assert_string_equal(message->link, "https://app/operations/alerts/ALx");
    assert_string_equal(message->facts->items[0].label, "Urgency");
    assert_int_equal(message->level, LEVEL_INFO);
    finish(&scene);
}

static void test_empty_words_mean_none(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene,
        "    title: \"{{alert.nothing}} \"\n    text: \"\"\n    link: \"{{{alert.nothing}}}\"\n"
        "    facts: {}\n    level: \"{{alert.nothing}}\"\n",
        alert, FLAVOUR_HTML);

    (void)state;
    assert_string_equal(message->title, "Brute force"); /* but a message has a title */
    assert_string_equal(message->text, "");
    assert_string_equal(message->text_plain, "");
    assert_null(message->link);
    assert_int_equal(message->facts->count, 0);
    assert_int_equal(message->level, LEVEL_URGENT); /* and a level */
    assert_null(message->trouble);
    finish(&scene);
}

static void test_an_event_without_a_title_has_the_defaults(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene,
        "    title: \"{{title}} ({{status}})\"\n    text: \"{{#title}}{{title}}{{/title}}\"\n",
        "failed", FLAVOUR_PLAIN);

    (void)state;
    assert_string_equal(message->title, "Alert ALx created ()");
    assert_string_equal(message->text, "Alert ALx created");
    finish(&scene);
}

static void test_a_level_may_come_from_the_event(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene, "    level: \"{{alert.priority}}\"\n", alert, 0);

    (void)state;
    assert_int_equal(message->level, LEVEL_LOW);
    finish(&scene);
    message = compose(&scene, "    level: \"{{status}}\"\n", alert, 0);
    assert_int_equal(message->level, LEVEL_URGENT);
    finish(&scene);
}

static void test_facts_can_be_read_by_templates(void **state)
{
    struct scene scene;
    struct message *message = compose(
        &scene, "    text: \"{{#facts}}{{label}}={{value}};{{/facts}}\"\n", alert, FLAVOUR_PLAIN);

    (void)state;
    assert_non_null(strstr(message->text, "Urgency=85 / 100 (Urgent);Status=Pending;"));
    finish(&scene);
}

static void test_foreign_texts_do_no_harm_in_any_flavour(void **state)
{
    static const char hostile[] = "{\"title\":\"@channel [x](http://e.vil) <b>*{{status}}*</b>\\n"
                                  "# \\u202e<!here> `c`\\u0007\"}";
    static const struct {
        enum flavour flavour;
        const char *text;
    } rows[] = {
        {FLAVOUR_PLAIN, "**@channel [x](http://e.vil) <b>*{{status}}*</b>\n# <!here> `c` **"},
        {FLAVOUR_MARKDOWN, "**@\u200bchannel \\[x\\]\\(http&#58;//e\\.vil\\) "
                           "&#60;b\\>\\*\\{\\{status\\}\\}\\*&#60;"
                           "/b\\>\n\\# &#60;\\!here\\> \\`c\\` **"},
        {FLAVOUR_HTML,
            "**@channel [x](http://e.vil) &lt;b&gt;*{{status}}*&lt;/b&gt;\n# &lt;!here&gt; `c` **"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct message *message = compose(&scene,
            "    title: \"{{{title}}}\"\n    text: \"**{{title}}**\"\n    facts: {T: "
            "\"{{title}}\"}\n",
            hostile, rows[i].flavour);
        assert_string_equal(message->text, rows[i].text);
        assert_string_equal(message->text_plain, rows[0].text);
        assert_string_equal(
            message->title, "@channel [x](http://e.vil) <b>*{{status}}*</b> # <!here> `c`");
        assert_string_equal(message->facts->items[0].value, message->title);
        finish(&scene);
    }
    for (int flavour = FLAVOUR_PLAIN; flavour <= FLAVOUR_HTML; flavour++) {
        struct scene scene;
        struct message *message =
            compose(&scene, "    text: \"{{{title}}}\"\n", hostile, (enum flavour)flavour);
        assert_null(strstr(message->text, "\u202e")); /* even where it is not escaped */
        assert_null(strchr(message->text, '\a'));
        finish(&scene);
    }
}

static void test_a_template_that_fails_gives_way_to_the_default_and_says_so(void **state)
{
    struct scene scene;
    struct message *message = compose(&scene,
        "    title: fine\n"
        "    text: |\n"
        "      now\n"
        "      {{> loop}}\n"
        "    level: info\n"
        "partials: {loop: \"{{> loop}}\"}\n",
        alert, FLAVOUR_MARKDOWN);

    (void)state;
    assert_string_equal(message->title, "Brute force");
    assert_int_equal(message->level, LEVEL_URGENT);
    assert_string_equal(message->facts->items[0].label, "Urgency");
    assert_non_null(strstr(message->text_plain,
        "Many tries.\n\nThis is the default message, since the rule's own words failed "
        "(rules.yaml:8, text): "));
    assert_non_null(strstr(message->trouble, "rules.yaml:8:7: text: "));
    assert_non_null(message->culprit);
    assert_string_equal(message->culprit->what, "text");
    finish(&scene);
}

static void test_a_link_that_is_no_url_gives_way_too(void **state)
{
    static const struct {
        const char *link, *reason;
    } rows[] = {
        {"{{alert.url}}", "\"https%3A%2F%2Fdesk.example%2Fa%20b\" is no URL: it has no scheme"},
        {"{{{alert.url}}}", "is no URL: it holds a blank or a control character"},
        {"https://x/<{{{status}}}>", "\"https://x/<Pending>\" is no URL: it holds a character"},
        {"javascript://x/%0a", "it begins with neither https:// nor http://"},
        {"https:///x", "is no URL: "},
        {"https://x/\xc3\xa9", "it holds a character that no URL has"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        auto_buf struct buf keys = {0};
        buf_printf(&keys, "    link: \"%s\"\n    text: own\n", rows[i].link);
        struct message *message = compose(&scene, buf_text(&keys), alert, FLAVOUR_PLAIN);
        if (!strstr(message->text, rows[i].reason))
            print_message("# %s\n", message->text);
        assert_non_null(strstr(message->text, "(rules.yaml:5, link): "));
        assert_non_null(strstr(message->text, rows[i].reason));
        assert_non_null(strstr(message->text, "Many tries."));
        assert_string_equal(message->link, "https://app/operations/alerts/ALx");
        finish(&scene);
    }
}

static void test_a_link_that_is_too_long_is_none(void **state)
{
    struct scene scene;
    auto_buf struct buf keys = {0};

    (void)state;
    buf_puts(&keys, "    link: \"https://x/");
    for (int i = 0; i < 2000; i++)
        buf_putc(&keys, 'y');
    buf_puts(&keys, "\"\n");
    struct message *message = compose(&scene, buf_text(&keys), alert, FLAVOUR_PLAIN);
    assert_non_null(strstr(message->text, "it is longer than 2,000 bytes"));
    assert_true(strlen(message->text) < 400);
    finish(&scene);
}

static void test_a_rule_that_is_gone_is_said_to_be(void **state)
{
    auto_problems struct problems problems = {0};
    struct ruleset *rules = rules_of("rules: []");
    struct phrasebook *book = phrasebook_create(rules, &problems);
    struct view *view = event_view(posted, alert);
    const struct message_order order = {.flavour = FLAVOUR_HTML,
        .rule = "<old>",
        .phrases = phrasebook_find(book, "<old>", "chat")};
    struct message *message = message_create(view, &order);

    (void)state;
    assert_string_equal(message->text_plain,
        "Many tries.\n\nThis is the default message, since the rules have no \"<old>\" any more, "
        "by which it is sent.");
    assert_non_null(strstr(message->text, "&quot;&lt;old&gt;&quot;"));
    assert_null(message->trouble);
    message_destroy(message);
    view_destroy(view);
    phrasebook_destroy(book);
    ruleset_destroy(rules);
}

static void test_a_title_is_one_line_of_a_bounded_length(void **state)
{
    struct scene scene;
    auto_buf struct buf keys = {0};

    (void)state;
    buf_puts(&keys, "    title: |\n      one\n      ");
    for (int i = 0; i < 600; i++)
        buf_puts(&keys, "\xc3\xa9");
    buf_puts(&keys, "\n");
    struct message *message = compose(&scene, buf_text(&keys), alert, FLAVOUR_PLAIN);
    assert_int_equal(strncmp(message->title, "one \xc3\xa9", 6), 0);
    assert_int_equal(utf8_count(message->title), 512);
    finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_rule_says_takes_the_defaults_place),
        cmocka_unit_test(test_what_it_does_not_say_is_the_default),
        cmocka_unit_test(test_empty_words_mean_none),
        cmocka_unit_test(test_an_event_without_a_title_has_the_defaults),
        cmocka_unit_test(test_a_level_may_come_from_the_event),
        cmocka_unit_test(test_facts_can_be_read_by_templates),
        cmocka_unit_test(test_foreign_texts_do_no_harm_in_any_flavour),
        cmocka_unit_test(test_a_template_that_fails_gives_way_to_the_default_and_says_so),
        cmocka_unit_test(test_a_link_that_is_no_url_gives_way_too),
        cmocka_unit_test(test_a_link_that_is_too_long_is_none),
        cmocka_unit_test(test_a_rule_that_is_gone_is_said_to_be),
        cmocka_unit_test(test_a_title_is_one_line_of_a_bounded_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
