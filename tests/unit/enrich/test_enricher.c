/* Look-ups against an API that the test holds in its hand: answers come when the test says so. */
#include "../cmocka_setup.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/problems.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "lane/http.h"

enum {
    most_asked = 16,
};

struct scene {
    struct event_base *base;
    struct evhttp *api;
    struct http_lane *lane;
    struct config config;
    struct config_lookup lookup;
    struct logger logger;
    struct enricher *enricher;
    struct evhttp_request *asked[most_asked]; /* requests that wait for the test's answer */
    size_t asked_count;
};

/* What became of one event. */
struct rider_seen {
    int calls;
    bool is_found;
    char status[128];
    json_int_t version;
};

static void on_api_request(struct evhttp_request *request, void *arg)
{
    struct scene *scene = arg;

    assert_true(scene->asked_count < most_asked);
    scene->asked[scene->asked_count++] = request;
}

static void on_looked_up(struct looked_up *result, void *arg)
{
    struct rider_seen *seen = arg;

    seen->calls++;
    seen->is_found = result->object != NULL;
    seen->version = json_integer_value(json_object_get(result->object, "version"));
    snprintf(seen->status, sizeof seen->status, "%s", result->status);
}

static int set_up(void **state)
{
    struct scene *scene = mem_alloc(sizeof *scene);
    struct problems problems = {0};

    scene->base = event_base_new();
    scene->api = evhttp_new(scene->base);
    evhttp_set_gencb(scene->api, on_api_request, scene);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(scene->api, "127.0.0.1", 0);
    struct sockaddr_storage any;
    socklen_t len = sizeof any;
    char port[8];
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&any, &len);
    getnameinfo((struct sockaddr *)&any, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    scene->lookup = (struct config_lookup){
        .type = text_copy("alert"),
        .as = text_copy("alert"),
        .get = text_format("http://127.0.0.1:%s/alerts/{{attributes.uuid}}", port),
        .deadline_ms = 3000,
        .timeout_ms = 2000,
    };
    scene->config.lookups = &scene->lookup;
    scene->config.lookup_count = 1;
    scene->logger.threshold = LOG_LEVEL_ERROR;
    scene->lane = http_lane_create(scene->base, NULL);
    scene->enricher =
        enricher_create(&scene->config, scene->base, scene->lane, &scene->logger, &problems);
    *state = scene;
    return scene->enricher ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    enricher_destroy(scene->enricher);
    http_lane_destroy(scene->lane);
    evhttp_free(scene->api);
    event_base_free(scene->base);
    free(scene->lookup.type);
    free(scene->lookup.as);
    free(scene->lookup.get);
    free(scene);
    return 0;
}

static void look_up(struct scene *scene, const char *uuid, struct rider_seen *seen)
{
    char body[256];
    struct looked_up *failed;

    snprintf(body, sizeof body,
        "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"%s\"}}", uuid);
    struct event *event = event_parse(body, strlen(body), NULL);
    assert_true(enricher_look_up(scene->enricher, event, on_looked_up, seen, &failed));
    event_destroy(event);
}

/* Turns the loop until so many requests have reached the API. */
static void wait_for_requests(struct scene *scene, size_t count)
{
    for (int turn = 0; turn < 5000 && scene->asked_count < count; turn++)
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(scene->asked_count, count);
}

static void wait_for_call(struct scene *scene, const struct rider_seen *seen)
{
    for (int turn = 0; turn < 5000 && seen->calls == 0; turn++)
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(seen->calls, 1);
}

static void answer(struct scene *scene, size_t which, int status, const char *json)
{
    struct evhttp_request *request = scene->asked[which];

    evbuffer_add_printf(evhttp_request_get_output_buffer(request), "%s", json);
    evhttp_send_reply(request, status, NULL, NULL);
}

static void test_one_look_up_is_under_way_and_one_waits_per_object(void **state)
{
    struct scene *scene = *state;
    struct rider_seen first = {0}, later[50] = {{0}};

    /* Given a look-up under way, when fifty more events of the alert come, nothing more is asked.
     */
    look_up(scene, "a", &first);
    wait_for_requests(scene, 1);
    for (int i = 0; i < 50; i++)
        look_up(scene, "a", &later[i]);
    event_base_loop(scene->base, EVLOOP_NONBLOCK);
    assert_int_equal(scene->asked_count, 1);

    /* Its answer is older than they are: they share the one that starts now. */
    answer(scene, 0, 200, "{\"version\": 1}");
    wait_for_call(scene, &first);
    assert_int_equal(first.version, 1);
    assert_int_equal(later[0].calls, 0);
    wait_for_requests(scene, 2);
    answer(scene, 1, 200, "{\"version\": 2}");
    wait_for_call(scene, &later[49]);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(later[i].calls, 1);
        assert_int_equal(later[i].version, 2);
    }
    assert_int_equal(scene->asked_count, 2);
}

static void test_other_objects_do_not_wait(void **state)
{
    struct scene *scene = *state;
    struct rider_seen a = {0}, b = {0};

    look_up(scene, "a", &a);
    look_up(scene, "b", &b);
    wait_for_requests(scene, 2);
    answer(scene, 1, 200, "{}");
    answer(scene, 0, 200, "{}");
    wait_for_call(scene, &a);
    wait_for_call(scene, &b);
}

static void test_a_404_and_a_500_are_asked_again(void **state)
{
    struct scene *scene = *state;
    struct rider_seen seen = {0};

    look_up(scene, "a", &seen);
    wait_for_requests(scene, 1);
    answer(scene, 0, 404, "{}");
    wait_for_requests(scene, 2);
    answer(scene, 1, 500, "oops");
    wait_for_requests(scene, 3);
    answer(scene, 2, 200, "{\"version\": 3}");
    wait_for_call(scene, &seen);
    assert_true(seen.is_found);
    assert_string_equal(seen.status, "found");
}

static void test_a_refused_key_is_told_at_once_and_remembered(void **state)
{
    struct scene *scene = *state;
    struct rider_seen seen = {0};

    scene->logger.threshold = LOG_LEVEL_ERROR;
    assert_null(enricher_fault(scene->enricher));
    look_up(scene, "a", &seen);
    wait_for_requests(scene, 1);
    answer(scene, 0, 401, "{\"message\":\"no\"}");
    wait_for_call(scene, &seen);
    assert_false(seen.is_found);
    assert_string_equal(seen.status, "HTTP 401");
    assert_non_null(strstr(enricher_fault(scene->enricher), "HTTP 401"));
}

static void test_silence_ends_at_the_deadline(void **state)
{
    struct scene *scene = *state;
    struct rider_seen seen = {0};

    scene->lookup.deadline_ms = 300;
    scene->lookup.timeout_ms = 200;
    look_up(scene, "a", &seen);
    wait_for_requests(scene, 1);
    wait_for_call(scene, &seen);
    assert_false(seen.is_found);
    assert_non_null(strstr(seen.status, "no answer within 300 ms"));
}

static void test_an_event_without_an_id_fails_at_once_and_a_deleted_one_asks_nothing(void **state)
{
    static const char no_id[] = "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{}}";
    static const char deleted[] =
        "{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"uuid\":\"a\"}}";
    struct scene *scene = *state;
    struct looked_up *failed;

    struct event *event = event_parse(no_id, sizeof no_id - 1, NULL);
    assert_false(enricher_look_up(scene->enricher, event, on_looked_up, NULL, &failed));
    assert_null(failed->object);
    looked_up_release(failed);
    event_destroy(event);
    event = event_parse(deleted, sizeof deleted - 1, NULL);
    assert_false(enricher_look_up(scene->enricher, event, on_looked_up, NULL, &failed));
    assert_null(failed);
    event_destroy(event);
}

static void test_the_same_look_ups_are_taken_over_and_others_are_not(void **state)
{
    struct scene *scene = *state;
    struct config_lookup twin = scene->lookup;
    struct config same = {.lookups = &twin, .lookup_count = 1}, none = {0};
    struct rider_seen seen = {0};

    assert_false(enricher_adopt(scene->enricher, &none));
    twin.timeout_ms++;
    assert_false(enricher_adopt(scene->enricher, &same));
    twin.timeout_ms--;
    twin.bearer.hidden = text_copy("another-key");
    assert_false(enricher_adopt(scene->enricher, &same));
    secret_finish(&twin.bearer);
    assert_true(enricher_is_idle(scene->enricher));
    look_up(scene, "a", &seen);
    assert_false(enricher_is_idle(scene->enricher));
    assert_true(enricher_adopt(scene->enricher, &same));
    assert_true(enricher_adopt(scene->enricher, &scene->config));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_one_look_up_is_under_way_and_one_waits_per_object),
        SCENE(test_other_objects_do_not_wait),
        SCENE(test_a_404_and_a_500_are_asked_again),
        SCENE(test_a_refused_key_is_told_at_once_and_remembered),
        SCENE(test_silence_ends_at_the_deadline),
        SCENE(test_the_same_look_ups_are_taken_over_and_others_are_not),
        SCENE(test_an_event_without_an_id_fails_at_once_and_a_deleted_one_asks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
