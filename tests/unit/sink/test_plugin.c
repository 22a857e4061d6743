#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sink/plugin.h"

struct config {
    struct tocsin_secret url;
    int64_t count;
};

static const struct tocsin_option good_options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    TOCSIN_OPTION(struct config, count, 0, "3", "how many"),
};

static const struct tocsin_option clashing_options[] = {
    {"rate", TOCSIN_TEXT, 0, 0, "1/s", NULL, "the host has it already"},
};

static void *open_nothing(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

static void render_nothing(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call;
    request->refusal = "nothing to say";
}

static void deliver_nothing(
    void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    (void)instance, (void)call;
    outcome->result = TOCSIN_REJECTED;
}

static struct tocsin_sink_plugin good_plugin(void)
{
    return (struct tocsin_sink_plugin){
        TOCSIN_SINK_V1,
        .name = "good",
        .version = "1",
        .help = "is fine",
        TOCSIN_OPTIONS(struct config, good_options),
        .open = open_nothing,
        .render = render_nothing,
    };
}

static void assert_refused(const struct tocsin_sink_plugin *found, const char *words)
{
    struct plugin plugin = {0};
    auto_error struct error error = {0};

    assert_false(plugin_accept(&plugin, found, "/x/bad.so", &error));
    if (!strstr(error_text(&error), words) || !strstr(error_text(&error), "/x/bad.so"))
        fail_msg("the refusal is: %s", error_text(&error));
}

static void test_a_whole_plugin_is_accepted(void **state)
{
    struct tocsin_sink_plugin found = good_plugin();
    struct plugin *plugin = test_calloc(1, sizeof *plugin);
    auto_error struct error error = {0};

    (void)state;
    assert_true(plugin_accept(plugin, &found, "/x/good.so", &error));
    assert_false(plugin_blocks(plugin));
    assert_string_equal(option_at(&plugin->options, 1)->name, "count");
    plugin_finish(plugin);
    test_free(plugin);
}

static void test_versions_that_do_not_fit_are_refused_with_both_numbers(void **state)
{
    struct tocsin_sink_plugin found = good_plugin();

    (void)state;
    found.major = 2;
    assert_refused(&found, "made for plugin interface 2, this tocsin has 1");
    found = good_plugin();
    found.min_minor = 7;
    assert_refused(&found, "needs plugin interface 1.7, this tocsin has 1.0");
    found = good_plugin();
    found.size = 64;
    assert_refused(&found, "its descriptor has 64 bytes");
}

static void test_exactly_one_shape_is_wanted(void **state)
{
    struct tocsin_sink_plugin found = good_plugin();

    (void)state;
    found.deliver = deliver_nothing;
    assert_refused(&found, "exactly one of render and deliver, has both");
    found.render = NULL;
    found.deliver = NULL;
    assert_refused(&found, "has neither");
    found = good_plugin();
    found.open = NULL;
    assert_refused(&found, "no open function");
}

static void test_an_option_of_the_host_is_refused(void **state)
{
    struct tocsin_sink_plugin found = good_plugin();

    (void)state;
    found.options = clashing_options;
    found.option_count = 1;
    assert_refused(&found, "rate");
}

/* A plugin built against a later header brings more members; the host takes those it knows. */
static void test_a_newer_descriptor_is_read_as_far_as_it_is_known(void **state)
{
    struct {
        struct tocsin_sink_plugin known;
        void (*later)(void);
    } found = {good_plugin(), NULL};
    struct plugin plugin = {0};

    (void)state;
    found.known.size = sizeof found;
    assert_true(plugin_accept(&plugin, &found.known, "/x/newer.so", NULL));
    plugin_finish(&plugin);
}

/* The same with rows of options that have grown: the table says how far apart they stand. */
static void test_wider_option_rows_are_walked_by_their_stride(void **state)
{
    struct wide {
        struct tocsin_option known;
        const char *later;
    } rows[] = {{good_options[0], "x"}, {good_options[1], "y"}};
    struct tocsin_sink_plugin found = good_plugin();
    struct plugin plugin = {0};

    (void)state;
    found.options = &rows[0].known;
    found.option_stride = sizeof *rows;
    assert_true(plugin_accept(&plugin, &found, "/x/wide.so", NULL));
    assert_string_equal(option_at(&plugin.options, 1)->name, "count");
    plugin_finish(&plugin);
}

/* Too narrow for what even the first interface has. */
static void test_narrow_option_rows_are_refused(void **state)
{
    struct tocsin_sink_plugin found = good_plugin();

    (void)state;
    found.option_stride = sizeof *found.options - 1;
    assert_refused(&found, "rows of 47 bytes");
    found = good_plugin();
    found.options = NULL;
    assert_refused(&found, "its option table has no options");
}

static void test_a_file_that_is_not_there_is_named(void **state)
{
    char first[] = "/nowhere/a", second[] = "/nowhere/b";
    char *folders[] = {first, second};
    auto_error struct error error = {0};

    (void)state;
    assert_null(plugin_load("telex", folders, 2, &error));
    assert_string_equal(error_text(&error), "no plugin \"telex\" in /nowhere/a, /nowhere/b");
    assert_null(plugin_load("/nowhere/telex.so", folders, 2, &error));
    const char *why = strstr(error_text(&error), "cannot load plugin /nowhere/telex.so: ");
    assert_non_null(why);
    assert_null(strstr(why + strlen("cannot load plugin "), "telex.so: /nowhere"));
}

static void test_the_inbox_is_built_in_and_only_by_its_name(void **state)
{
    auto_error struct error error = {0};
    struct plugin *plugin = plugin_load("inbox", NULL, 0, &error);

    (void)state;
    assert_non_null(plugin);
    assert_true(plugin->is_inbox);
    assert_string_equal(plugin->descriptor.name, "inbox");
    assert_false(plugin_blocks(plugin));
    assert_false(plugin_has_requests(plugin));
    plugin_destroy(plugin);
    assert_null(plugin_load("./inbox", NULL, 0, &error));
    assert_null(plugin_load("inbxo", NULL, 0, &error));
    assert_non_null(strstr(error_text(&error), "did you mean \"inbox\"?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_plugin_is_accepted),
        cmocka_unit_test(test_versions_that_do_not_fit_are_refused_with_both_numbers),
        cmocka_unit_test(test_exactly_one_shape_is_wanted),
        cmocka_unit_test(test_an_option_of_the_host_is_refused),
        cmocka_unit_test(test_a_newer_descriptor_is_read_as_far_as_it_is_known),
        cmocka_unit_test(test_wider_option_rows_are_walked_by_their_stride),
        cmocka_unit_test(test_narrow_option_rows_are_refused),
        cmocka_unit_test(test_a_file_that_is_not_there_is_named),
        cmocka_unit_test(test_the_inbox_is_built_in_and_only_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
