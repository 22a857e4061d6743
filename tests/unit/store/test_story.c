/* archive_ops.get_event: what somebody with the file alone can learn of an event. */
#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ledger.h"
#include "store/archive.h"
#include "store/sqlite.h"

/* On a connection of its own, as a command has it. */
static char *read_event(const char *path, store_id event, struct error *error)
{
    struct archive *archive = sqlite_archive_open(path, error);
    char *words = NULL;

    if (archive) {
        words = archive->ops->get_event(archive, event, error);
        archive->ops->close(archive);
    }
    return words;
}

static void expect_story(struct ledger *ledger, store_id event, const char *expected)
{
    struct error error = {0};
    json_error_t where;
    char *words = read_event(ledger->path, event, &error);

    if (!words)
        fail_msg("%s", error_text(&error));
    json_t *told = json_loads(words, 0, NULL);
    json_t *wanted = json_loads(expected, 0, &where);
    if (!wanted)
        fail_msg("the expectation is no JSON: %s", where.text);
    if (!json_equal(told, wanted))
        fail_msg("%s\nis not\n%s", words, expected);
    json_decref(told);
    json_decref(wanted);
    free(words);
}

static void test_an_event_that_is_not_routed(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = {.hook = "soc",
        .type = "alert",
        .action = "created",
        .thread = "t",
        .dedupe = "k",
        .dedupe_ms = HOUR,
        .at_ms = NOW,
        .body = "not \"JSON\xff",
        .body_len = 10};

    accept_event(ledger, &accept);
    accept_event(ledger, &accept);
    accept_event(ledger, &accept);
    expect_story(ledger, 1,
        "{\"event\": 1, \"hook\": \"soc\", \"type\": \"alert\", \"action\": \"created\","
        " \"thread\": \"t\", \"accepted\": \"2023-11-14T22:13:20.000Z\", \"duplicates\": 2,"
        " \"state\": \"unrouted\", \"body\": \"not \\\"JSON\xef\xbf\xbd\", \"objects\": [],"
        " \"trace\": null, \"deliveries\": [], \"later\": []}");
}

static void make_history(struct ledger *ledger)
{
    struct store_object objects[] = {
        {.name = "alert", .status = "found", .bytes = "{\"uuid\": \"u\"}", .len = 13},
        {.name = "case", .status = "404"},
    };
    struct store_delivery deliveries[] = {
        {.sink = "teams", .rule = "urgent", .level = 4, .due_ms = NOW, .claim = true},
        {.sink = "mail", .rule = "all", .level = 1, .due_ms = NOW, .claim = true},
        {.sink = "siem", .rule = "all", .level = 1, .due_ms = NOW, .claim = true},
        {.sink = "siem", .rule = "again", .level = 1, .due_ms = NOW + 1000},
    };
    struct routed routed =
        route_event(ledger, &(struct store_route){new_event(ledger, "t"), NOW, NOW, "t", objects, 2,
                                "{\"rules\": []}", deliveries, 4});
    struct store_settle settle = {.delivery = routed.rows[0].delivery,
        .claim = routed.rows[0].claim,
        .result = STORE_RETRY,
        .due_ms = NOW,
        .at_ms = NOW + 10,
        .took_ms = 5,
        .status = 503,
        .maybe_sent = true,
        .reason = "answered 503",
        .reply = "busy"};

    settle_delivery(ledger, &settle);
    settle.claim = claim_head(ledger, "teams", NOW).claim;
    settle.result = STORE_DELIVERED;
    settle.reason = NULL;
    settle.receipt = "m-1";
    settle_delivery(ledger, &settle);
    settle_delivery(ledger, &(struct store_settle){.delivery = routed.rows[1].delivery,
                                .claim = routed.rows[1].claim,
                                .result = STORE_DEAD,
                                .at_ms = NOW,
                                .status = 550,
                                .reason = "no such user"});
}

static void test_the_whole_story_while_the_daemon_runs(void **state)
{
    struct ledger *ledger = *state;

    make_history(ledger);
    expect_story(ledger, 1,
        "{\"event\": 1, \"hook\": \"soc\", \"type\": \"alert\", \"action\": \"created\","
        " \"thread\": \"t\", \"accepted\": \"2023-11-14T22:13:20.000Z\", \"duplicates\": 0,"
        " \"state\": \"routed\", \"body\": {\"a\": 1}, \"objects\": ["
        " {\"name\": \"alert\", \"status\": \"found\", \"object\": {\"uuid\": \"u\"}},"
        " {\"name\": \"case\", \"status\": \"404\", \"object\": null}],"
        " \"trace\": {\"rules\": []}, \"deliveries\": ["
        " {\"delivery\": 1, \"sink\": \"teams\", \"rule\": \"urgent\", \"level\": 4,"
        " \"state\": \"delivered\", \"attempts\": 2, \"created\": \"2023-11-14T22:13:20.000Z\","
        " \"due\": null, \"finished\": \"2023-11-14T22:13:20.015Z\", \"took_ms\": 5,"
        " \"reason\": null, \"receipt\": \"m-1\", \"failed_attempts\": [{\"attempt\": 1,"
        " \"at\": \"2023-11-14T22:13:20.010Z\", \"took_ms\": 5, \"status\": 503,"
        " \"reason\": \"answered 503\", \"reply\": \"busy\", \"maybe_sent\": true}]},"
        " {\"delivery\": 2, \"sink\": \"mail\", \"rule\": \"all\", \"level\": 1,"
        " \"state\": \"dead\", \"attempts\": 1, \"created\": \"2023-11-14T22:13:20.000Z\","
        " \"due\": null, \"finished\": \"2023-11-14T22:13:20.000Z\", \"took_ms\": 0,"
        " \"reason\": \"no such user\", \"receipt\": null, \"failed_attempts\": [{\"attempt\": 1,"
        " \"at\": \"2023-11-14T22:13:20.000Z\", \"took_ms\": 0, \"status\": 550,"
        " \"reason\": \"no such user\", \"reply\": null, \"maybe_sent\": false}]},"
        " {\"delivery\": 3, \"sink\": \"siem\", \"rule\": \"all\", \"level\": 1,"
        " \"state\": \"claimed\", \"attempts\": 1, \"created\": \"2023-11-14T22:13:20.000Z\","
        " \"due\": \"2023-11-14T22:13:20.000Z\", \"finished\": null, \"took_ms\": null,"
        " \"reason\": null, \"receipt\": null, \"failed_attempts\": []},"
        " {\"delivery\": 4, \"sink\": \"siem\", \"rule\": \"again\", \"level\": 1,"
        " \"state\": \"waiting\", \"attempts\": 0, \"created\": \"2023-11-14T22:13:20.000Z\","
        " \"due\": \"2023-11-14T22:13:21.000Z\", \"finished\": null, \"took_ms\": null,"
        " \"reason\": null, \"receipt\": null, \"failed_attempts\": []}], \"later\": []}");
}

static void test_the_file_can_be_read_when_nobody_serves(void **state)
{
    struct ledger *ledger = *state;

    make_history(ledger);
    ledger_close(ledger);
    char *words = read_event(ledger->path, 1, NULL);
    assert_non_null(words);
    free(words);
    ledger_open(ledger);
    assert_int_equal(ledger_health(ledger).delivered, 1);
}

static void test_a_body_is_told_as_the_router_reads_it(void **state)
{
    struct ledger *ledger = *state;
    static const char body[] = "{\"n\": 123456789012345678901234567890, \"s\": \"a\\u0000b\"}";
    struct error error = {0};

    accept_event(
        ledger, &(struct store_accept){
                    .hook = "soc", .at_ms = NOW, .body = body, .body_len = sizeof body - 1});
    char *words = read_event(ledger->path, 1, &error);
    assert_non_null(words);
    assert_non_null(strstr(words, "\"n\":\"123456789012345678901234567890\""));
    assert_non_null(strstr(words, "\"s\":\"ab\""));
    free(words);
}

static void expect_unread(const char *path, store_id event, const char *words)
{
    struct error error = {0};

    assert_null(read_event(path, event, &error));
    assert_non_null(strstr(error_text(&error), words));
    assert_non_null(strstr(error_text(&error), path));
    error_finish(&error);
}

static void test_what_cannot_be_read_says_why(void **state)
{
    struct ledger *ledger = *state;

    expect_unread(ledger->path, 9, "event 9 is not in the ledger");
    expect_unread("/tmp/no-such-folder/ledger.db", 1, "No such file");
    expect_unread("/proc/version", 1, "the file is empty");
    expect_unread("/bin/sh", 1, "no tocsin ledger");
    ledger_close(ledger);
    ledger_sql(ledger, "PRAGMA user_version = 9");
    expect_unread(ledger->path, 1, "newer tocsin");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_an_event_that_is_not_routed),
        STORY(test_the_whole_story_while_the_daemon_runs),
        STORY(test_the_file_can_be_read_when_nobody_serves),
        STORY(test_a_body_is_told_as_the_router_reads_it),
        STORY(test_what_cannot_be_read_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
