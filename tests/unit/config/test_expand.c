#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/expand.h"
#include "config/yaml.h"
#include "told.h"

/* Stands for the environment. */
static const char *lookup(const char *name)
{
    static const char *const table[][2] = {
        {"KEY", "s3cret"},
        {"EMPTY", ""},
        {"TRICK", "${KEY}"},
        {"YAML", "{a: [1, 2], # no"},
        {"BROKEN", "a\xff"},
        {"CREDENTIALS_DIRECTORY", "creds"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i][0], name) == 0)
            return table[i][1];
    return NULL;
}

static const char *lookup_nothing(const char *name)
{
    (void)name;
    return NULL;
}

static void write_file(const char *path, const char *text, size_t len)
{
    auto_fclose FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
}

static int set_up(void **state)
{
    char folder[] = "/tmp/tocsin-expand-XXXXXX";

    *state = text_copy(mkdtemp(folder));
    return *state && chdir(*state) == 0 && mkdir("conf", 0700) == 0 && mkdir("creds", 0700) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    auto_free char *command = text_format("rm -rf '%s'", (char *)*state);

    free(*state);
    return system(command); /* NOLINT(cert-env33-c): a folder of our own making */
}

/* The value `v` of a document after expansion. */
static struct yaml *expand(
    const char *text, expand_lookup with, struct problems *problems, bool *is_ok)
{
    auto_free char *document = text_format("v: '%s'\n", text);
    struct yaml *root = yaml_load_text("conf/f.yaml", document, strlen(document), problems);

    assert_non_null(root);
    *is_ok = expand_values(root, with, problems);
    return root;
}

static void assert_expands(const char *text, const char *expected, const char *written)
{
    auto_problems struct problems problems = {0};
    bool is_ok;
    auto_yaml struct yaml *root = expand(text, lookup, &problems, &is_ok);
    const struct yaml *value = yaml_get(root, "v");

    assert_true(is_ok);
    assert_int_equal(problems.count, 0);
    assert_int_equal(value->kind, YAML_SCALAR);
    assert_string_equal(value->text, expected);
    if (written)
        assert_string_equal(value->written, written);
    else
        assert_null(value->written);
}

static void test_every_form_is_replaced(void **state)
{
    (void)state;
    write_file("conf/key", "from a file\n\n", 13);
    write_file("creds/smtp", "a credential", 12);
    assert_expands("${KEY}", "s3cret", "${KEY}");
    assert_expands("/hooks/${KEY}/x", "/hooks/s3cret/x", "/hooks/${KEY}/x");
    assert_expands("${KEY}${KEY}", "s3crets3cret", "${KEY}${KEY}");
    assert_expands("${EMPTY}", "", "${EMPTY}");
    assert_expands("${UNSET:-fall back}", "fall back", "${UNSET}");
    assert_expands("${EMPTY:-fall back}", "fall back", "${EMPTY}");
    assert_expands("${KEY:-fall back}", "s3cret", "${KEY}");
    assert_expands("${UNSET:-}", "", "${UNSET}");
    assert_expands("${UNSET:-a:-b}", "a:-b", "${UNSET}");
    assert_expands("${file:key}", "from a file\n", "${file:key}");
    assert_expands("${cred:smtp}", "a credential", "${cred:smtp}");
}

static void test_what_is_no_reference_stays(void **state)
{
    (void)state;
    assert_expands("plain $ {x} $x $$ }", "plain $ {x} $x $$ }", NULL);
    assert_expands("$${KEY}", "${KEY}", NULL);
    assert_expands("$$${KEY}", "$${KEY}", NULL);
    assert_expands("$${a} ${KEY}", "${a} s3cret", "$${a} ${KEY}");
}

static void test_what_was_replaced_is_never_parsed_again(void **state)
{
    (void)state;
    assert_expands("${TRICK}", "${KEY}", "${TRICK}");
    assert_expands("${YAML}", "{a: [1, 2], # no", "${YAML}");
    write_file("conf/trick", "${KEY}", 6);
    assert_expands("${file:trick}", "${KEY}", "${file:trick}");
}

static void test_an_alias_is_expanded_once(void **state)
{
    static const char text[] = "a: &x \"${TRICK}\"\nb: *x\n${KEY}: [*x]\n";
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *root = yaml_load_text("f.yaml", text, strlen(text), &problems);

    (void)state;
    assert_true(expand_values(root, lookup, &problems));
    assert_string_equal(yaml_get(root, "a")->text, "${KEY}");
    assert_string_equal(yaml_get(root, "b")->text, "${KEY}");
    /* keys stay what they are */
    assert_string_equal(yaml_get(root, "${KEY}")->items[0]->text, "${KEY}");
}

static void assert_fails(const char *text, expand_lookup with, const char *expected)
{
    auto_problems struct problems problems = {0};
    bool is_ok;
    auto_yaml struct yaml *root = expand(text, with, &problems, &is_ok);
    auto_free char *all = told(&problems);

    assert_false(is_ok);
    assert_true(yaml_get(root, "v")->is_faulty);
    assert_string_equal(all, expected);
}

static void test_what_cannot_be_replaced_is_told(void **state)
{
    static const char form[] =
        "conf/f.yaml:1:4: what is in ${...} is none of ${NAME}, ${NAME:-default}, ${file:PATH} and "
        "${cred:NAME}; a literal ${ is written $${";
    static const char *const forms[] = {"${}", "${1A}", "${A-b}", "${A B}", "${file:}", "${env:A}",
        "${:-x}", "${${KEY}}", "${\xc3\xa9}"};

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_fails(forms[i], lookup, form);
    assert_fails("${UNSET}", lookup,
        "conf/f.yaml:1:4: ${UNSET} is not set in the environment; set it, or give a default: "
        "${UNSET:-...}");
    assert_fails("${A}${B}", lookup_nothing,
        "conf/f.yaml:1:4: ${A} is not set in the environment; set it, or give a default: "
        "${A:-...}\n"
        "conf/f.yaml:1:4: ${B} is not set in the environment; set it, or give a default: "
        "${B:-...}");
    assert_fails(
        "a ${KEY", lookup, "conf/f.yaml:1:4: ${ without its }; a literal ${ is written $${");
    assert_fails("${BROKEN}", lookup, "conf/f.yaml:1:4: ${BROKEN} is no UTF-8 text");
    assert_fails("${cred:../x}", lookup,
        "conf/f.yaml:1:4: ${cred:../x}: a credential's name is a plain file name");
    assert_fails("${cred:none}", lookup,
        "conf/f.yaml:1:4: ${cred:none}: creds/none cannot be read: No such file or directory");
    assert_fails("${cred:smtp}", lookup_nothing,
        "conf/f.yaml:1:4: ${cred:smtp}: there are no credentials here: CREDENTIALS_DIRECTORY is "
        "not "
        "set; systemd sets it where the unit has LoadCredential=");
}

static void test_files_that_are_no_texts_are_refused(void **state)
{
    const char *folder = *state;
    auto_free char *binary = text_format(
        "conf/f.yaml:1:4: ${file:binary}: %s/conf/binary cannot be read: it is no UTF-8 text",
        folder);
    auto_free char *missing =
        text_format("conf/f.yaml:1:4: ${file:missing}: %s/conf/missing cannot "
                    "be read: No such file or directory",
            folder);
    auto_free char *large = text_format(
        "conf/f.yaml:1:4: ${file:large}: %s/conf/large cannot be read: it is larger than 1 MiB",
        folder);
    auto_free char *megabytes = mem_alloc(2 << 20);

    memset(megabytes, 'x', 2 << 20);
    write_file("conf/binary", "a\0b", 3);
    write_file("conf/large", megabytes, 2 << 20);
    assert_fails("${file:binary}", lookup, binary);
    assert_fails("${file:missing}", lookup, missing);
    assert_fails("${file:large}", lookup, large);
    assert_fails(
        "${file:/}", lookup, "conf/f.yaml:1:4: ${file:/}: / cannot be read: Is a directory");
}

static void test_a_replaced_value_is_shown_by_its_name(void **state)
{
    auto_problems struct problems problems = {0};
    bool is_ok;
    auto_yaml struct yaml *root = expand("x-${KEY:-d3fault}", lookup, &problems, &is_ok);
    auto_free char *shown = yaml_show(yaml_get(root, "v"));

    (void)state;
    assert_string_equal(shown, "the value of x-${KEY}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_is_replaced),
        cmocka_unit_test(test_what_is_no_reference_stays),
        cmocka_unit_test(test_what_was_replaced_is_never_parsed_again),
        cmocka_unit_test(test_an_alias_is_expanded_once),
        cmocka_unit_test(test_what_cannot_be_replaced_is_told),
        cmocka_unit_test(test_files_that_are_no_texts_are_refused),
        cmocka_unit_test(test_a_replaced_value_is_shown_by_its_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
