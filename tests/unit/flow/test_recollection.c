/* Looking for what was recorded, where the ledger cannot be read: nobody waits for ever. What it
 * finds is told in tests/integration/test_deleted.py. */
#include "../cmocka_setup.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/flow-private.h"
#include "flow/recollection.h"
#include "flow/story.h"
#include "store/archive.h"

struct scene {
    struct config config;
    struct config_lookup lookup;
    struct flow flow;
    struct recollections *recollections;
    int told;
};

/* What the ledger does when it is opened and when it is walked. */
static bool opens;

static bool find_nothing(struct archive *archive, const struct archive_events *events,
    archive_event_visit visit, void *arg, struct archive_cursor *cursor, struct error *error)
{
    (void)archive, (void)events, (void)visit, (void)arg;
    *cursor = (struct archive_cursor){0};
    return error_set(error, "a page is torn");
}

static void close_archive(struct archive *archive)
{
    free(archive);
}

static struct archive *open_archive(const char *path, struct error *error)
{
    static const struct archive_ops ops = {.find_events = find_nothing, .close = close_archive};

    assert_string_equal(path, "ledger.db");
    if (!opens) {
        error_set(error, "there is no such file");
        return NULL;
    }
    struct archive *archive = mem_alloc(sizeof *archive);
    archive->ops = &ops;
    return archive;
}

static int set_up(void **state)
{
    struct scene *scene = mem_alloc(sizeof *scene);

    scene->lookup = (struct config_lookup){.type = (char *)"alert",
        .as = (char *)"alert",
        .get = (char *)"https://api.example/alerts/{{attributes.uuid}}"};
    scene->config = (struct config){
        .ledger_path = (char *)"ledger.db", .lookups = &scene->lookup, .lookup_count = 1};
    scene->flow.parts = (struct flow_parts){
        .base = event_base_new(), .config = &scene->config, .open_archive = open_archive};
    scene->flow.logger.threshold = LOG_LEVEL_ERROR + 1;
    scene->recollections = recollections_create(&scene->flow);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    recollections_destroy(scene->recollections);
    event_base_free(scene->flow.parts.base);
    free(scene);
    return 0;
}

static struct story *story_of(const char *body)
{
    struct event *event = event_parse(body, strlen(body), NULL);

    assert_non_null(event);
    struct story *story = story_create(event, "soc", body, strlen(body), 0);
    story_set_number(story, "3f9a1c", 7);
    return story;
}

static void on_told(struct looked_up *result, void *arg)
{
    struct scene *scene = arg;

    assert_null(result);
    scene->told++;
    event_base_loopbreak(scene->flow.parts.base);
}

static void assert_goes_on_without(struct scene *scene)
{
    struct story *story =
        story_of("{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"a\"}}");
    int before = scene->told;

    assert_true(recollect(scene->recollections, story, on_told, scene));
    while (scene->told == before)
        assert_int_equal(event_base_loop(scene->flow.parts.base, EVLOOP_ONCE), 0);
    assert_int_equal(scene->told, before + 1);
    story_release(story);
}

static void test_a_ledger_that_does_not_open_holds_nobody_up(void **state)
{
    opens = false;
    assert_goes_on_without(*state);
    assert_goes_on_without(*state);
}

static void test_a_ledger_that_cannot_be_read_holds_nobody_up(void **state)
{
    opens = true;
    assert_goes_on_without(*state);
    assert_goes_on_without(*state);
}

static void test_nothing_is_sought_where_nothing_can_be(void **state)
{
    static const char *const bodies[] = {
        "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"a\"}}",
        "{\"type\":\"case\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"a\"}}",
        "{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{}}",
        "{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"..\"}}",
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct story *story = story_of(bodies[i]);
        assert_false(recollect(scene->recollections, story, on_told, scene));
        story_release(story);
    }
    assert_int_equal(scene->told, 0);
}

static void test_who_still_waits_at_the_end_is_forgotten(void **state)
{
    struct scene *scene = *state;
    struct story *story =
        story_of("{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"a\"}}");

    opens = true;
    assert_true(recollect(scene->recollections, story, on_told, scene));
    assert_true(recollect(scene->recollections, story, on_told, scene));
    story_release(story);
    assert_int_equal(scene->told, 0);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_a_ledger_that_does_not_open_holds_nobody_up),
        SCENE(test_a_ledger_that_cannot_be_read_holds_nobody_up),
        SCENE(test_nothing_is_sought_where_nothing_can_be),
        SCENE(test_who_still_waits_at_the_end_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
