/* What holds of every line, whatever an alert has in it: a message of random pieces, each of which
 * means something to some reader, is one line of its format, within its length, with the fields
 * that it may have and no others. The numbers are the same at each run. */
#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "deliver_host.h"
#include "receiver.h"
#include "syslog_line.h"

enum {
    MESSAGES = 400,
    FACTS_MAX = 12,
    FIELDS_MAX = 64,
};

struct dice {
    uint64_t state;
};

/* A linear congruential generator (Knuth's constants); its upper bits are good enough. */
static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice->state >> 33) % sides;
}

static char *random_text(struct dice *dice, uint32_t pieces_max)
{
    static const char *const pieces[] = {"a", "word ", " src=6.6.6.6", "\\", "\"", "]", "[", "|",
        "=", "\n", "\r\n", "\t", "\x01", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "é",
        "€", "\xf0\x9f\x94\xa5", "{\"a\":", "}", "<0>1 - ", "CEF:0|", "\\n", "  ", ",",
        " x=", "@cee: ", "%", "\xf4\x8f\xbf\xbf"};
    struct buf text = {0};

    for (uint32_t left = roll(dice, pieces_max + 1); left > 0; left--)
        buf_puts(&text, pieces[roll(dice, sizeof pieces / sizeof *pieces)]);
    return buf_take(&text);
}

/* A message whose texts are all its own. */
struct random_message {
    struct tocsin_message message;
    struct tocsin_fact facts[FACTS_MAX];
    char *texts[FACTS_MAX * 2 + 8];
    size_t count;
};

static const char *take_text(struct random_message *random, struct dice *dice, uint32_t pieces_max)
{
    random->texts[random->count] = random_text(dice, pieces_max);
    return random->texts[random->count++];
}

static void random_fill(struct random_message *random, struct dice *dice)
{
    struct tocsin_message *message = &random->message;

    *message = sample_message();
    message->level = roll(dice, 5);
    message->urgency = (int32_t)roll(dice, 102) - 1;
    message->marks = roll(dice, 8);
    message->title = take_text(random, dice, 60);
    message->text_plain = take_text(random, dice, 400);
    message->rule = take_text(random, dice, 20);
    message->type = take_text(random, dice, 10);
    message->action = take_text(random, dice, 10);
    message->thread = take_text(random, dice, 10);
    message->link = roll(dice, 2) ? take_text(random, dice, 40) : NULL;
    message->fact_count = roll(dice, FACTS_MAX + 1);
    message->facts = random->facts;
    for (uint32_t i = 0; i < message->fact_count; i++) {
        random->facts[i].label = take_text(random, dice, 5);
        random->facts[i].value = take_text(random, dice, 30);
    }
}

static void random_finish(struct random_message *random)
{
    while (random->count > 0)
        free(random->texts[--random->count]);
}

/* The names of fields, each at most once. */
struct fields {
    char names[FIELDS_MAX][40];
    size_t count;
};

static void add_field(struct fields *fields, const char *name, size_t len, bool may_repeat)
{
    char copy[sizeof *fields->names];

    assert_true(len > 0 && len < sizeof copy);
    memcpy(copy, name, len);
    copy[len] = '\0';
    for (size_t i = 0; i < fields->count; i++)
        if (!may_repeat && strcmp(fields->names[i], copy) == 0)
            fail_msg("%s stands there twice", copy);
    assert_true(fields->count < FIELDS_MAX);
    memcpy(fields->names[fields->count++], copy, sizeof copy);
}

static void assert_fields_among(const struct fields *fields, const char *allowed)
{
    for (size_t i = 0; i < fields->count; i++) {
        char name[48];
        (void)snprintf(name, sizeof name, " %s ", fields->names[i]);
        if (!strstr(allowed, name))
            fail_msg("%s is no field of ours", fields->names[i]);
    }
}

/* [ID name="value" ...], as RFC 5424 6.3 has it. */
static void check_rfc5424(const char *line)
{
    struct fields fields = {0};
    const char *at = strstr(line, " [tocsin@32473");

    assert_non_null(at);
    at += strlen(" [tocsin@32473");
    while (*at == ' ') {
        size_t len = strcspn(++at, "=");
        add_field(&fields, at, len, false);
        at += len;
        assert_memory_equal(at, "=\"", 2);
        for (at += 2; *at != '"'; at++) {
            assert_true(*at && *at != ']');
            if (*at == '\\')
                assert_non_null(strchr("\"\\]", *++at));
        }
        at++;
    }
    assert_memory_equal(at, "] ", 2);
    assert_fields_among(&fields, " id event type action level urgency rule thread link ");
}

/* Double quotes stand around values only. */
static void check_rfc3164(const char *line)
{
    for (const char *at = strchr(line, '"'); at; at = strchr(at + 1, '"')) {
        assert_int_equal(at[-1], '=');
        for (at++; *at != '"'; at++) {
            assert_true(*at);
            if (*at == '\\')
                at++;
        }
    }
    assert_has(line, " - level=\"");
}

static void check_cef(const char *line)
{
    struct fields fields = {0};
    const char *at = strstr(line, "CEF:0|tocsin|tocsin|1.0|");

    assert_non_null(at);
    for (int bars = 0; bars < 7; at++) {
        assert_true(*at);
        if (*at == '\\')
            at++;
        else
            bars += *at == '|';
    }
    const char *extension = at;
    for (; *at; at++) {
        if (*at == '\\') {
            assert_non_null(strchr("\\=n", *++at));
        } else if (*at == '=') {
            const char *start = at;
            while (start > extension && start[-1] != ' ')
                start--;
            add_field(&fields, start, (size_t)(at - start), false);
        }
    }
    assert_fields_among(&fields,
        " rt externalId cat act request dvchost cs1 cs2 cs3 cs4 cs5 cs6 cs1Label cs2Label cs3Label "
        "cs4Label cs5Label cs6Label msg ");
}

static void check_leef(const char *line)
{
    struct fields fields = {0};
    const char *at = strstr(line, "LEEF:2.0|tocsin|tocsin|1.0|");

    assert_non_null(at);
    at = strchr(at + strlen("LEEF:2.0|tocsin|tocsin|1.0|"), '|');
    assert_memory_equal(at, "|x09|", 5);
    at += 5;
    while (*at) {
        size_t len = strcspn(at, "=\t");
        assert_int_equal(at[len], '=');
        bool is_fact = strncmp(at, "fact_", 5) == 0;
        if (!is_fact)
            add_field(&fields, at, len, false);
        at += strcspn(at, "\t");
        at += *at == '\t';
    }
    assert_fields_among(&fields,
        " sev cat devTime devTimeFormat id event action level urgency policy thread url title "
        "msg ");
}

static void check_ecs(const char *line)
{
    json_error_t error;
    auto_json json_t *document =
        json_loads(strstr(line, "{\"@timestamp\""), JSON_REJECT_DUPLICATES, &error);
    struct fields fields = {0};
    const char *name;
    json_t *value;

    if (!document)
        fail_msg("%s in %s", error.text, line);
    json_object_foreach (document, name, value)
        add_field(&fields, name, strlen(name), false);
    assert_fields_among(&fields, " @timestamp ecs log event tocsin observer tags labels message ");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(document, "event"), "id")), "e4f1-9");
    assert_true(json_is_string(json_object_get(document, "message")));
}

/* Tabs divide LEEF, and nothing else; the line loses them. */
static void assert_line(char *line, bool may_have_tabs)
{
    for (char *at = line; *at && may_have_tabs; at++)
        if (*at == '\t')
            *at = ' ';
    assert_one_line(line);
}

static void check_messages(
    const char *const *settings, uint32_t max, bool may_have_tabs, void (*check)(const char *line))
{
    struct dice dice = {.state = max};
    struct receiver receiver = receiver_udp();
    const char *all[8] = {receiver.url};

    for (size_t i = 0; settings[i]; i++)
        all[i + 1] = settings[i];
    struct deliver_host *host = deliver_host_create("PLUGIN_SYSLOG", all);
    assert_null(deliver_host_check(host));
    for (int i = 0; i < MESSAGES; i++) {
        struct random_message random = {0};
        random_fill(&random, &dice);
        auto_outcome struct outcome outcome = deliver_host_deliver(host, &random.message, 5000);
        assert_int_equal(outcome.result, TOCSIN_DELIVERED);
        auto_free char *line = receiver_datagram(&receiver);
        assert_true(strlen(line) <= max);
        check(line);
        assert_line(line, may_have_tabs);
        random_finish(&random);
    }
    deliver_host_destroy(host);
    receiver_finish(&receiver);
}

/* At many lengths, and with the longest header at the least of them. */
static void check_format(const char *format, const char *header, void (*check)(const char *line))
{
    char host[9 + 255 + 1] = "hostname=", app[9 + 32 + 1] = "app_name=";
    bool may_have_tabs = strcmp(format, "format=leef") == 0;

    for (uint32_t max = 480; max <= 8192; max *= 2) {
        char setting[32];
        (void)snprintf(setting, sizeof setting, "max_len=%u", max);
        check_messages((const char *const[]){format, setting, "hostname=h", header, NULL}, max,
            may_have_tabs, check);
    }
    memset(host + 9, 'h', 255);
    memset(app + 9, 'a', 32);
    check_messages((const char *const[]){format, "max_len=480", host, app, header, NULL}, 480,
        may_have_tabs, check);
}

static void test_any_message_is_one_of_rfc5424(void **state)
{
    (void)state;
    check_format("format=rfc5424", NULL, check_rfc5424);
}

static void test_any_message_is_one_of_rfc3164(void **state)
{
    (void)state;
    check_format("format=rfc3164", NULL, check_rfc3164);
}

static void test_any_message_is_one_of_cef(void **state)
{
    (void)state;
    check_format("format=cef", "header=rfc5424", check_cef);
}

static void test_any_message_is_one_of_leef(void **state)
{
    (void)state;
    check_format("format=leef", "header=rfc3164", check_leef);
}

static void test_any_message_is_one_of_ecs(void **state)
{
    (void)state;
    check_format("format=ecs", "header=none", check_ecs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_message_is_one_of_rfc5424),
        cmocka_unit_test(test_any_message_is_one_of_rfc3164),
        cmocka_unit_test(test_any_message_is_one_of_cef),
        cmocka_unit_test(test_any_message_is_one_of_leef),
        cmocka_unit_test(test_any_message_is_one_of_ecs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
