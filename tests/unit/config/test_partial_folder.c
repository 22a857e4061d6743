#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/partial_folder.h"
#include "config/yaml.h"
#include "told.h"

struct scene {
    char folder[64];
    struct yaml *document;
    struct problems problems;
};

static int set_up(void **state)
{
    struct scene *scene = mem_alloc(sizeof *scene);

    strcpy(scene->folder, "/tmp/tocsin-partials-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    auto_free char *command = text_format("rm -r %s", scene->folder);

    yaml_destroy(scene->document);
    problems_finish(&scene->problems);
    int status = system(command);
    free(scene);
    return status;
}

static void write_file(const struct scene *scene, const char *name, const char *text, size_t len)
{
    auto_free char *path = text_format("%s/%s", scene->folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put(const struct scene *scene, const char *name, const char *text)
{
    write_file(scene, name, text, strlen(text));
}

/* The document `partials: VALUE` of a file rules.yaml in the folder, after reading. */
static const struct yaml *read_partials(struct scene *scene, const char *value)
{
    auto_free char *file = text_format("%s/rules.yaml", scene->folder);
    auto_free char *text = text_format("rules: []\npartials: %s\n", value);

    scene->document = yaml_load_text(file, text, strlen(text), &scene->problems);
    assert_non_null(scene->document);
    partial_folder_read(scene->document, &scene->problems);
    return yaml_get(scene->document, "partials");
}

static void assert_told(const struct scene *scene, const char *expected)
{
    auto_free char *all = told(&scene->problems);

    if (!strstr(all, expected))
        print_message("# does not say %s:\n# %s\n", expected, all);
    assert_non_null(strstr(all, expected));
}

static void test_a_folder_becomes_the_map_of_what_is_in_it(void **state)
{
    struct scene *scene = *state;

    put(scene, "footer.mustache", "{{hook}}\n");
    put(scene, "head", "one\n{{title}}");
    put(scene, "footer", "{{ NAME.mustache goes before it");
    put(scene, "README.md", "{{ not one");
    put(scene, "head~", "{{ an editor's");
    put(scene, ".hidden.mustache", "{{");
    auto_free char *inner = text_format("%s/inner", scene->folder);
    assert_int_equal(mkdir(inner, 0700), 0);

    const struct yaml *map = read_partials(scene, "./");
    assert_int_equal(scene->problems.count, 0);
    assert_int_equal(map->kind, YAML_MAP);
    assert_int_equal(map->count, 2);
    assert_string_equal(map->entries[0].key->text, "footer");
    assert_string_equal(map->entries[0].value->text, "{{hook}}\n");
    assert_string_equal(map->entries[1].key->text, "head");
    assert_string_equal(map->entries[1].value->text, "one\n{{title}}");
    auto_free char *file = text_format("%s/head", scene->folder);
    assert_string_equal(map->entries[1].value->place.file, file);
    assert_int_equal(map->entries[1].value->text_line, 1);
    assert_int_equal(map->entries[1].value->text_column, 1);
}

static void test_a_map_stays_as_it_is(void **state)
{
    const struct yaml *map = read_partials(*state, "{footer: x}");

    assert_int_equal(map->count, 1);
    assert_string_equal(yaml_get(map, "footer")->text, "x");
}

static void test_a_folder_that_is_not_there_is_named_once(void **state)
{
    struct scene *scene = *state;
    const struct yaml *map = read_partials(scene, "templates/");

    assert_true(map->is_faulty);
    assert_int_equal(scene->problems.count, 1);
    assert_told(scene, "rules.yaml:2:11: partials: ");
    assert_told(scene, "/templates cannot be read: No such file or directory");
}

static void test_files_that_are_no_text_are_named(void **state)
{
    struct scene *scene = *state;

    write_file(scene, "nul.mustache", "a\0b", 3);
    put(scene, "latin", "caf\xe9");
    auto_free char *pipe = text_format("%s/pipe", scene->folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    const struct yaml *map = read_partials(scene, ".");
    assert_int_equal(map->count, 0);
    assert_int_equal(scene->problems.count, 2);
    assert_told(scene, "/latin: is no partial: it is not UTF-8");
    assert_told(scene, "/nul.mustache: is no partial: it holds the character \\0");
}

static void test_a_folder_of_something_else_is_not_swallowed(void **state)
{
    struct scene *scene = *state;
    auto_buf struct buf large = {0};

    for (int i = 0; i < 80000; i++)
        buf_puts(&large, "a line of sixty bytes, so that a good many of them are too long\n");
    put(scene, "large", buf_text(&large));
    read_partials(scene, ".");
    assert_told(scene, "are over 4 MiB together");
}

static void test_a_thousand_files_are_enough(void **state)
{
    struct scene *scene = *state;

    for (int i = 0; i < 1001; i++) {
        auto_free char *name = text_format("p%d", i);
        put(scene, name, "");
    }
    const struct yaml *map = read_partials(scene, ".");
    assert_true(map->is_faulty);
    assert_told(scene, "holds more than 1,000 of them");
}

#define scene_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_a_folder_becomes_the_map_of_what_is_in_it),
        scene_test(test_a_map_stays_as_it_is),
        scene_test(test_a_folder_that_is_not_there_is_named_once),
        scene_test(test_files_that_are_no_text_are_named),
        scene_test(test_a_folder_of_something_else_is_not_swallowed),
        scene_test(test_a_thousand_files_are_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
