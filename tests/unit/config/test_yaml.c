#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "told.h"

static struct yaml *load(const char *text, struct problems *problems)
{
    struct yaml *root = yaml_load_text("f.yaml", text, strlen(text), problems);

    problems_sort(problems);
    return root;
}

static struct yaml *load_good(const char *text)
{
    auto_problems struct problems problems = {0};
    struct yaml *root = load(text, &problems);

    assert_int_equal(problems.count, 0);
    assert_non_null(root);
    return root;
}

static void assert_faults(const char *text, const char *expected)
{
    auto_problems struct problems problems = {0};

    yaml_destroy(load(text, &problems));
    auto_free char *all = told(&problems);
    assert_string_equal(all, expected);
}

static void assert_place(const struct yaml *node, size_t line, size_t column)
{
    assert_non_null(node);
    assert_string_equal(node->place.file, "f.yaml");
    assert_int_equal(node->place.line, line);
    assert_int_equal(node->place.column, column);
}

static void test_every_node_knows_its_place(void **state)
{
    auto_yaml struct yaml *root = load_good("a: 1\nb:\n  - \xc3\xa9: [x, y]\n");

    (void)state;
    assert_place(root, 1, 1);
    assert_place(root->entries[1].key, 2, 1);
    const struct yaml *list = yaml_get(root, "b");
    assert_place(list, 3, 3);
    const struct yaml *inner = yaml_get(list->items[0], "\xc3\xa9");
    assert_place(inner, 3, 8);
    assert_place(inner->items[1], 3, 12); /* columns count characters, not bytes */
}

/* U+2028 comes with texts that were copied out of a browser. */
static void test_lines_are_counted_as_editors_count_them(void **state)
{
    static const char *const breaks[] = {"\r", "\xc2\x85", "\u2028", "\u2029"};

    (void)state;
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        auto_free char *text = text_format("a: 'x%sy'\r\nb:\r\n  - c\r\n", breaks[i]);
        auto_free char *twice = text_format("%s---\n", text);
        auto_yaml struct yaml *root = load_good(text);
        assert_place(root->entries[0].value, 1, 4);
        assert_place(root->entries[1].key, 2, 1);
        assert_place(root->entries[1].value->items[0], 3, 5);
        assert_faults(twice, "f.yaml:4:1: a second document begins here; a file holds one");
    }
}

static void test_scalars_stay_what_is_written(void **state)
{
    static const char *const words[] = {"NO", "on", "08", "22:30", "1e3", "0x1f", "true", "Null"};
    auto_yaml struct yaml *root = load_good("[NO, on, 08, 22:30, 1e3, 0x1f, true, Null]");

    (void)state;
    assert_int_equal(root->count, sizeof words / sizeof *words);
    for (size_t i = 0; i < root->count; i++) {
        assert_int_equal(root->items[i]->kind, YAML_SCALAR);
        assert_string_equal(root->items[i]->text, words[i]);
        assert_false(root->items[i]->quoted);
    }
}

static void test_nothing_is_told_from_an_empty_text(void **state)
{
    auto_yaml struct yaml *root = load_good("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: |\n  x\n");

    (void)state;
    assert_int_equal(yaml_get(root, "a")->kind, YAML_NULL);
    assert_int_equal(yaml_get(root, "b")->kind, YAML_NULL);
    assert_int_equal(yaml_get(root, "c")->kind, YAML_NULL);
    assert_int_equal(yaml_get(root, "d")->kind, YAML_SCALAR);
    assert_true(yaml_get(root, "e")->quoted);
    assert_string_equal(yaml_get(root, "f")->text, "x\n");
    assert_true(yaml_get(root, "f")->quoted);
}

static void test_a_text_that_became_a_comment_is_noticed(void **state)
{
    auto_yaml struct yaml *root = load_good("a: #soc\nb: # the next\n  c: 1\nd:\n# e\n");

    (void)state;
    assert_true(yaml_get(root, "a")->has_comment);
    assert_string_equal(yaml_describe(yaml_get(root, "a")),
        "nothing (what follows # is a comment; quote it if it is meant)");
    assert_false(yaml_get(root, "b")->has_comment);
    assert_string_equal(yaml_describe(yaml_get(root, "d")), "nothing");
}

static void test_aliases_are_copies_of_their_own(void **state)
{
    auto_yaml struct yaml *root = load_good("x-a: &a {k: [1, 2]}\nb: *a\nc: *a\n");
    const struct yaml *b = yaml_get(root, "b"), *c = yaml_get(root, "c");

    (void)state;
    assert_ptr_not_equal(b, c);
    assert_string_equal(yaml_get(b, "k")->items[1]->text, "2");
    assert_place(yaml_get(b, "k")->items[1], 1, 17);
}

static void test_an_empty_file_is_an_empty_map(void **state)
{
    static const char *const texts[] = {"", "# nothing\n", "---\n", "--- ~\n...\n", "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        auto_yaml struct yaml *root = load_good(texts[i]);
        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->count, 0);
        assert_string_equal(root->place.file, "f.yaml");
    }
}

static void test_a_byte_order_mark_does_not_move_the_places(void **state)
{
    auto_yaml struct yaml *root = load_good("\xef\xbb\xbf"
                                            "a: 1\nb: 2\n");

    (void)state;
    assert_place(root->entries[0].key, 1, 1);
    assert_place(yaml_get(root, "b"), 2, 4);
}

static const struct {
    const char *text, *problems;
} faults[] = {
    /* syntax */
    {"a:\n\tb: 1", "f.yaml:2:1: not YAML: found character that cannot start any token; indent "
                   "with blanks, not with tabs"},
    {"a: b\n\tc: d", "f.yaml:2:1: not YAML: while scanning a plain scalar (from 1:4) found a tab "
                     "character that violates indentation; indent with blanks, not with tabs"},
    {"a: b: c", "f.yaml:1:5: a second \":\" stands in this value; quote a text that holds \": \""},
    {"a:1\nb: 2", "f.yaml:1:2: a blank is missing after the \":\""},
    {"- a:1\n  b: 2", "f.yaml:1:4: a blank is missing after the \":\""},
    {"a 1\nb: 2", "f.yaml:1:2: a \":\" and a blank are missing here"},
    {"x:\n  a {b: 1, c: 2}", "f.yaml:2:4: a \":\" is missing here"},
    {"a: 1\n  b: 2",
        "f.yaml:2:3: this line is indented deeper than the one before it, which has its "
        "value already; check the indentation"},
    {"x:\n  a: 1\n b: 2", "f.yaml:3:2: the indentation of this line is that of no line it could "
                          "belong to"},
    {"a: @b", "f.yaml:1:4: not YAML: found character that cannot start any token; quote a text "
              "that begins with @ ` or %"},
    {"a: `b", "f.yaml:1:4: not YAML: found character that cannot start any token; quote a text "
              "that begins with @ ` or %"},
    {"a: %b", "f.yaml:1:4: not YAML: found character that cannot start any token; quote a text "
              "that begins with @ ` or %"},
    {"a: *b", "f.yaml:1:4: not YAML: found undefined alias; quote a text that begins with *; "
              "an alias must come after the &name that it means"},
    {"a: &x 1\nb: &x 2",
        "f.yaml:2:4: this anchor (&name) stands at 1:4 already; give each a name of "
        "its own"},
    {"a: >80",
        "f.yaml:1:6: not YAML: while scanning a block scalar (from 1:4) did not find expected "
        "comment or line break; quote a text that begins with | or >; a comparison is written "
        "{gt: 80}"},
    {"a: {b: >80}",
        "f.yaml:1:8: not YAML: found character that cannot start any token; quote a text "
        "that begins with > or |; a comparison is written {gt: 80}"},
    {"a: - b",
        "f.yaml:1:4: not YAML: block sequence entries are not allowed in this context; a list "
        "begins on a line of its own, or is written [a, b]; quote a text that begins with "
        "\"- \""},
    {"a: !b", "f.yaml:1:4: tags (!...) are not supported; quote a text that begins with !"},
    {"a: | b",
        "f.yaml:1:6: not YAML: while scanning a block scalar (from 1:4) did not find "
        "expected comment or line break; quote a text that begins with | or >; a comparison is "
        "written {gt: 80}"},
    {"a: [SOC] b", "f.yaml:1:10: nothing may follow the closing bracket; quote a text that begins "
                   "with [ or {"},
    {"a: {b: 1}}", "f.yaml:1:10: this closes nothing that was opened"},
    {": b\na: 1\n: c", "f.yaml:1:1: a key is missing before the \":\""},
    {"a: 'it's'",
        "f.yaml:1:8: the quoted text ends before this; a ' inside of '...' is written '', a "
        "\" inside of \"...\" is written \\\""},
    {"a: \"\\d\"",
        "f.yaml:1:5: not YAML: while parsing a quoted scalar (from 1:4) found unknown escape "
        "character; in \"...\" a back-slash begins an escape: write it twice, or use '...'"},
    {"a: \"b", "f.yaml:1:4: the quote that begins here is not closed"},
    {"a: {b: \"c}\nd: {e: \"f\"}",
        "f.yaml:1:8: the quote that begins here is not closed in its line"},
    {"a: {b: c\nd: e",
        "f.yaml:1:4: what is opened here is not closed, or a \",\" is missing in it"},
    {"a: [b, c\nd: e\n",
        "f.yaml:1:4: what is opened here is not closed, or a \",\" is missing in it"},
    {"a: {b: c d: e}",
        "f.yaml:1:11: a \",\" is missing before this key; or quote a text that holds "
        "\": \""},
    {"a: {b: #c, d: e}\nf: g",
        "f.yaml:1:8: what follows # is a comment, so what was opened before is "
        "not closed; quote it if it is meant"},
    {"- a: 1\n-b: 2", "f.yaml:2:1: a blank is missing after the \"-\""},
    {"x:\n  - a\n  b: 1", "f.yaml:3:3: this stands where an entry of the list begins, with \"- \"; "
                          "check the indentation"},
    {"- a: 1\n  b: 2\n  a: 3\n  b: 4\n",
        "f.yaml:3:3: duplicate key \"a\"; it stands in line 1 too; if another entry begins here, a "
        "\"- \" is missing before it"},
    {"- a: 1\n  b: 2\n  b: 4\n", "f.yaml:3:3: duplicate key \"b\"; it stands in line 2 too"},
    {"- x\n- {a: 1, a: 2}\n", "f.yaml:2:10: duplicate key \"a\"; it stands in line 2 too"},
    {"a: 1\nb\n", "f.yaml:2:2: a \":\" and a blank are missing here"},
    {"a: 1\nb:2\n", "f.yaml:2:2: a blank is missing after the \":\""},
    {"a: {\n  b: 1,\n  c: ${X}\n}", "f.yaml:3:6: an unquoted ${ inside {...} or [...] begins a map "
                                    "here; quote it: \"${...}\""},
    {"\xc2\xa0 a: 1",
        "f.yaml:1:1: a no-break space (U+00A0) stands here, which does not indent; write "
        "blanks"},
    {"a: 1\nb: \xff\n", "f.yaml:2:4: not YAML: invalid leading UTF-8 octet; the file must be "
                        "UTF-8 without control characters"},
    {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins here; a file holds one"},
    {"a: 1\n---\n", "f.yaml:2:1: a second document begins here; a file holds one"},
    /* braces */
    {"a: {{b}}", "f.yaml:1:4: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {{{b}}}", "f.yaml:1:4: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {{b}} on {{c}}\nd: e",
        "f.yaml:1:4: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {{#b}}x{{/b}}\nc: d",
        "f.yaml:1:4: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {{#b}}x{{/b}}", "f.yaml:1:4: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {b: \"{{x}}\", c: {{y}} z}",
        "f.yaml:1:20: an unquoted {{ begins a map here; quote it: \"{{...}}\""},
    {"a: {u: ${X}}", "f.yaml:1:8: an unquoted ${ inside {...} or [...] begins a map here; quote "
                     "it: \"${...}\""},
    {"a: {u: p/${X}, b: c}", "f.yaml:1:10: an unquoted ${ inside {...} or [...] begins a map "
                             "here; quote it: \"${...}\""},
    {"a: [${X}]", "f.yaml:1:5: an unquoted ${ inside {...} or [...] begins a map here; quote it: "
                  "\"${...}\""},
    /* keys */
    {"a: 1\nb: 2\na: 3\na: 4", "f.yaml:3:1: duplicate key \"a\"; it stands in line 1 too\n"
                               "f.yaml:4:1: duplicate key \"a\"; it stands in line 1 too"},
    {"x-a: &a {b: 1}\nc:\n  <<: *a\n", "f.yaml:3:3: merge keys (<<) are not supported; write "
                                       "the keys out, or use an alias for "
                                       "a whole value"},
    {"? [a]\n: b", "f.yaml:1:3: a key must be a text, not a list"},
    {"? {a: b}\n: b", "f.yaml:1:3: a key must be a text, not a map"},
    {"?\n: b", "f.yaml:1:2: a key is missing before the \":\""},
    {"\"a\\0b\": c", "f.yaml:1:1: a text may not hold the character \\0"},
    /* values */
    {"a: \"b\\0c\"", "f.yaml:1:4: a text may not hold the character \\0"},
    {"a: &a [*a]", "f.yaml:1:4: an alias stands inside of what it names"},
    {"a: &a {b: {c: *a}}", "f.yaml:1:4: an alias stands inside of what it names"},
    /* several faults, several answers */
    {"a: !x 1\nb: {{c}}\na: 2\n",
        "f.yaml:1:4: tags (!...) are not supported; quote a text that begins with !\n"
        "f.yaml:2:4: an unquoted {{ begins a map here; quote it: \"{{...}}\"\n"
        "f.yaml:3:1: duplicate key \"a\"; it stands in line 1 too"},
};

static void test_what_is_wrong_is_told_with_place_and_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        assert_faults(faults[i].text, faults[i].problems);
}

static void test_a_faulty_part_leaves_the_rest_to_its_reader(void **state)
{
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *root = load("a: 1\na: 2\nb: {{c}}\n", &problems);

    (void)state;
    assert_int_equal(problems.error_count, 2);
    assert_int_equal(root->count, 2);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    assert_string_equal(yaml_get(root, "b")->text, "{{c}}");
    assert_true(yaml_get(root, "b")->is_faulty);
}

/* Given one text many times over, and what is wrong with that. */
static void assert_repeated(
    const char *before, const char *piece, size_t count, const char *after, const char *expected)
{
    auto_buf struct buf text = {0};

    buf_puts(&text, before);
    for (size_t i = 0; i < count; i++)
        buf_puts(&text, piece);
    buf_puts(&text, after);
    assert_faults(buf_text(&text), expected);
}

static void test_limits_hold(void **state)
{
    (void)state;
    assert_repeated(
        "", "[", 64, "x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "");
    assert_repeated("", "- ", 65, "x", "f.yaml:1:129: nested deeper than 64 levels");
    assert_repeated("- &a [1,1,1,1,1,1,1,1,1]\n", "- *a\n", 9997, "", "");
    assert_repeated("- &a [1,1,1,1,1,1,1,1,1]\n", "- *a\n", 10001, "",
        "f.yaml:1:23: more than 100,000 values, aliases counted");
    assert_repeated("", "# a comment\n", 400000, "", "f.yaml: larger than 4 MiB");
}

static void test_aliases_of_aliases_cannot_fill_the_memory(void **state)
{
    auto_problems struct problems problems = {0};
    auto_buf struct buf text = {0};

    (void)state;
    buf_puts(&text, "- &a0 [x]\n");
    for (int i = 1; i < 40; i++)
        buf_printf(&text, "- &a%d [*a%d,*a%d]\n", i, i - 1, i - 1);
    assert_null(load(buf_text(&text), &problems));
    assert_int_equal(problems.count, 1);

    buf_clear(&text);
    buf_puts(&text, "- &a ");
    for (int i = 0; i < 1000000; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\n- *a\n- *a\n- *a\n- *a\n- *a\n");
    assert_null(load(buf_text(&text), &problems));
    assert_string_equal(problems.items[0].text, "more than 4 MiB of text, aliases counted");
}

static void test_a_file_that_cannot_be_read_is_named(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    assert_null(yaml_load_file("no/such.yaml", &problems));
    assert_null(yaml_load_file("/", &problems));
    auto_free char *all = told(&problems);
    assert_string_equal(all, "no/such.yaml: cannot be read: No such file or directory\n"
                             "/: cannot be read: Is a directory");
}

static void test_values_are_shown_short_and_harmless(void **state)
{
    auto_yaml struct yaml *root = load_good("a: \"x\\ny\\e[31m\\x9b31m\\L\"\n"
                                            "b: 0123456789012345678901234567890123456789"
                                            "0123456789012345678\xc3\xa9 and more\n"
                                            "c: [1]\nd:\n");
    auto_free char *a = yaml_show(yaml_get(root, "a"));
    auto_free char *b = yaml_show(yaml_get(root, "b"));
    auto_free char *c = yaml_show(yaml_get(root, "c"));
    auto_free char *d = yaml_show(yaml_get(root, "d"));

    (void)state;
    assert_string_equal(a, "\"x y [31m  31m   \"");
    assert_string_equal(b, "\"01234567890123456789012345678901234567890123456789012345678...\"");
    assert_string_equal(c, "a list");
    assert_string_equal(d, "nothing");
}

static void test_equal_is_what_says_the_same_in_the_same_order(void **state)
{
    static const struct {
        const char *a, *b;
        bool are_equal;
    } rows[] = {
        {"{x: 1, y: [a, b]}", "x: '1'\ny:\n  - a\n  - \"b\"\n", true},
        {"{x: 1, y: 2}", "{y: 2, x: 1}", false},
        {"{x: 1}", "{x: 1, y: 2}", false},
        {"{x: [1, 2]}", "{x: [1, 3]}", false},
        {"{x: 1}", "{z: 1}", false},
        {"{x: }", "{x: ''}", false},
        {"{x: {y: 1}}", "{x: [y, 1]}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_problems struct problems problems = {0};
        auto_yaml struct yaml *a = yaml_load_text("a", rows[i].a, strlen(rows[i].a), &problems);
        auto_yaml struct yaml *b = yaml_load_text("b", rows[i].b, strlen(rows[i].b), &problems);
        assert_int_equal(problems.error_count, 0);
        assert_int_equal(yaml_equals(a, b), rows[i].are_equal);
        assert_int_equal(yaml_equals(b, a), rows[i].are_equal);
        assert_false(yaml_equals(a, NULL));
    }
    assert_true(yaml_equals(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_node_knows_its_place),
        cmocka_unit_test(test_lines_are_counted_as_editors_count_them),
        cmocka_unit_test(test_scalars_stay_what_is_written),
        cmocka_unit_test(test_nothing_is_told_from_an_empty_text),
        cmocka_unit_test(test_a_text_that_became_a_comment_is_noticed),
        cmocka_unit_test(test_aliases_are_copies_of_their_own),
        cmocka_unit_test(test_an_empty_file_is_an_empty_map),
        cmocka_unit_test(test_a_byte_order_mark_does_not_move_the_places),
        cmocka_unit_test(test_what_is_wrong_is_told_with_place_and_cure),
        cmocka_unit_test(test_a_faulty_part_leaves_the_rest_to_its_reader),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_aliases_of_aliases_cannot_fill_the_memory),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(test_values_are_shown_short_and_harmless),
        cmocka_unit_test(test_equal_is_what_says_the_same_in_the_same_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
