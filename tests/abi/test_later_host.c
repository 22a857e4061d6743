/* Plugins that were built before, in a tocsin whose interface has grown: each struct has a member
 * more, and the host fills it with what no older plugin may ever meet. */
#include "../unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/options.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "message/filling.h"
#include "sink/call.h"
#include "sink/plugin.h"

#ifndef TOCSIN_GROWN
#error "this is to be built with the header that grow.py makes"
#endif

enum {
    NONSENSE = 0x6e6f6e73,
};

static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};

static const struct tocsin_fact facts[] = {
    {"Entity", "srv-1", NONSENSE}, {"Source", "10.0.0.7", NONSENSE}};

static const struct tocsin_message message = {
    .size = sizeof message,
    .attempt = 2,
    .level = TOCSIN_HIGH,
    .marks = TOCSIN_REPEAT,
    .urgency = 70,
    .fact_count = 2,
    .fact_stride = sizeof *facts,
    .delivery = "d1",
    .event = "e1",
    .sink = "mine",
    .rule = "all",
    .type = "alert",
    .action = "created",
    .hook = "soc",
    .thread = "",
    .title = "a title",
    .text = "",
    .text_plain = "",
    .facts = facts,
    .grown_message = NONSENSE,
};

/* One plugin with its options, opened. */
struct scene {
    struct plugin *plugin;
    void *config, *instance;
    struct call call;
    struct filling filling;
};

static void scene_begin(struct scene *scene, const char *file, const char *settings)
{
    auto_problems struct problems problems = {0};
    auto_error struct error error = {0};
    auto_free char *path = text_format("%s/%s.so", getenv("TOCSIN_ABI_PLUGINS"), file);
    const struct option_context context = {.problems = &problems};
    const char *why = "no reason";

    memset(scene, 0, sizeof *scene);
    scene->plugin = plugin_load(path, NULL, 0, &error);
    if (!scene->plugin)
        fail_msg("%s", error_text(&error));
    struct yaml *root = yaml_load_text("test.yaml", settings, strlen(settings), &problems);
    scene->config = mem_alloc(scene->plugin->descriptor.config_size);
    assert_true(options_read(&scene->plugin->options, root, scene->config, &context));
    yaml_destroy(root);
    call_init(&scene->call, &silent);
    scene->call.filling = &scene->filling;
    scene->call.face.message = &message;
    scene->call.face.grown_call = NONSENSE;
    scene->instance = scene->plugin->descriptor.open(&scene->call.face, scene->config, &why);
    if (!scene->instance)
        fail_msg("%s", why);
}

static void scene_end(struct scene *scene)
{
    if (scene->plugin->descriptor.close)
        scene->plugin->descriptor.close(scene->instance);
    call_finish(&scene->call);
    filling_finish(&scene->filling);
    options_finish(&scene->plugin->options, scene->config);
    free(scene->config);
    plugin_destroy(scene->plugin);
}

static const char settings[] = "url: https://example.org/in\n"
                               "word: hello\n"
                               "names: [x]\n";

static const char *no_header(const struct tocsin_answer *answer, const char *name)
{
    (void)answer, (void)name;
    return NULL;
}

/* The rows are as wide as the host's, and what the plugin could not say is zero. */
static void check_descriptor(const struct plugin *plugin)
{
    assert_int_equal(plugin->descriptor.grown_sink_plugin, 0);
    assert_int_equal(plugin->descriptor.max_text, 500);
    assert_int_equal(plugin->options.count, 9);
    for (size_t i = 0; i < plugin->options.count; i++) {
        const struct tocsin_option *option = option_at(&plugin->options, i);
        assert_string_equal(option->help, "is told");
        assert_int_equal(option->grown_option, 0);
    }
    assert_string_equal(option_at(&plugin->options, 8)->name, "pairs");
}

static void check_request(struct scene *scene)
{
    struct tocsin_request request = {.size = sizeof request, .grown_request = NONSENSE};

    scene->plugin->descriptor.render(scene->instance, &scene->call.face, &request);
    assert_null(request.refusal);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://example.org/in");
    assert_string_equal(request.headers[0], "X-Probe: yes");
    assert_int_equal(request.grown_request, NONSENSE);
    assert_string_equal(request.body,
        "{\"config\": \"word hello; loud 0; number -3; pause 2000; room 65536; mode 0; names x; "
        "pairs k=v\", \"more\": \"nothing\", \"message\": \"attempt 2; level 3; marks 1; "
        "urgency 70; rule all; type alert; action created; hook soc; title a title; link none; "
        "facts Entity=srv-1 Source=10.0.0.7\"}");
}

static void check_outcome(struct scene *scene)
{
    const struct tocsin_answer answer = {.size = sizeof answer,
        .status = 200,
        .body = "taken",
        .body_len = 5,
        .header = no_header,
        .grown_answer = NONSENSE};
    struct tocsin_outcome outcome = {
        .size = sizeof outcome, .result = TOCSIN_DELIVERED, .grown_outcome = NONSENSE};

    scene->plugin->descriptor.judge(scene->instance, &scene->call.face, &answer, &outcome);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_string_equal(outcome.receipt, "taken, id none, after nothing");
    assert_int_equal(outcome.grown_outcome, NONSENSE);
}

static void check_probe(const char *file)
{
    struct scene scene;

    scene_begin(&scene, file, settings);
    check_descriptor(scene.plugin);
    check_request(&scene);
    check_outcome(&scene);
    scene_end(&scene);
}

static void test_a_plugin_of_the_first_release_runs(void **state)
{
    (void)state;
    check_probe("probe-1.0");
}

static void test_a_plugin_of_today_runs(void **state)
{
    (void)state;
    check_probe("probe-today");
}

/* Else the two above would prove nothing of what has grown. */
static void test_a_plugin_of_that_very_header_sees_what_has_grown(void **state)
{
    struct scene scene;
    struct tocsin_request request = {.size = sizeof request};

    (void)state;
    scene_begin(&scene, "probe-grown", settings);
    assert_int_not_equal(scene.plugin->descriptor.grown_sink_plugin, 0);
    assert_int_not_equal(option_at(&scene.plugin->options, 8)->grown_option, 0);
    scene.plugin->descriptor.render(scene.instance, &scene.call.face, &request);
    assert_int_equal(request.grown_request, 7);
    assert_non_null(strstr(request.body, "\"more\": \"a request\""));
    scene_end(&scene);
}

static void test_the_template_of_the_first_release_runs(void **state)
{
    struct scene scene;
    struct tocsin_request request = {.size = sizeof request};

    (void)state;
    scene_begin(&scene, "render-1.0", "url: https://example.org/in\ntoken: t0ken\n");
    scene.plugin->descriptor.render(scene.instance, &scene.call.face, &request);
    assert_string_equal(request.headers[0], "Authorization: Bearer t0ken");
    assert_string_equal(
        request.body, "{\"title\": \"alert: a title\", \"text\": \"\", \"link\": null}");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plugin_of_the_first_release_runs),
        cmocka_unit_test(test_a_plugin_of_today_runs),
        cmocka_unit_test(test_a_plugin_of_that_very_header_sees_what_has_grown),
        cmocka_unit_test(test_the_template_of_the_first_release_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
