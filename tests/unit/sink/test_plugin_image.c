#include <string.h>

#include <tocsin/sink.h>

#include "../cmocka_setup.h"
#include "base/error.h"
#include "sink/plugin_image.h"

static const struct tocsin_option options[] = {
    {"word", TOCSIN_TEXT, 0, 0, NULL, NULL, "a word"},
    {"other", TOCSIN_TEXT, 0, 8, NULL, NULL, "another"},
};

static struct tocsin_sink_plugin make_copy(void)
{
    return (struct tocsin_sink_plugin){.size = sizeof(struct tocsin_sink_plugin),
        .name = "x",
        .version = "1",
        .help = "y",
        .option_stride = sizeof *options,
        .option_count = 2,
        .options = options};
}

static void refuse(const struct tocsin_sink_plugin *copy, const char *words)
{
    auto_error struct error error = {0};
    struct plugin_image image;

    assert_true(plugin_image_find(&image, options));
    assert_false(plugin_image_check_texts(&image, copy, "/x/bad.so", &error));
    assert_non_null(strstr(error_text(&error), words));
}

static void test_a_true_table_is_taken(void **state)
{
    struct tocsin_sink_plugin copy = make_copy();
    struct plugin_image image;

    (void)state;
    assert_true(plugin_image_find(&image, options));
    assert_true(plugin_image_check_texts(&image, &copy, "/x/good.so", NULL));
}

static void test_a_table_that_lies_is_refused_unread(void **state)
{
    struct tocsin_sink_plugin copy = make_copy();

    (void)state;
    copy.option_count = 0xffffffff;
    copy.option_stride = 0xfffffff8;
    refuse(&copy, "reaches beyond the plugin");
    copy = make_copy();
    copy.options = (const void *)(uintptr_t)16;
    refuse(&copy, "reaches beyond the plugin");
    copy.options = (const void *)((const char *)options + 1);
    refuse(&copy, "not aligned");
    copy = make_copy();
    copy.name = (const char *)(uintptr_t)16;
    refuse(&copy, "a text of its descriptor");
}

static void test_what_is_on_the_stack_is_in_no_object(void **state)
{
    struct plugin_image image;
    int here = 0;

    (void)state;
    assert_false(plugin_image_find(&image, &here));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_true_table_is_taken),
        cmocka_unit_test(test_a_table_that_lies_is_refused_unread),
        cmocka_unit_test(test_what_is_on_the_stack_is_in_no_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
