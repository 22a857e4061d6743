#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "render_host.h"

#define ADDRESS "https://example.org/in/8f14e45fceea167a"
#define URL "url=" ADDRESS
#define SECRET "whsec_plJ3nmyCDGBKInavdOK15jslAAECAwQF"
#define OTHER_SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NOW "1795428001"

#define HOST(...)                                                                                  \
    render_host_create(getenv("TOCSIN_PLUGIN"), (const char *const[]){URL, __VA_ARGS__ NULL})

static void finish_host(struct render_host **host)
{
    render_host_destroy(*host);
}

#define auto_host __attribute__((cleanup(finish_host)))

static const char *header(const struct tocsin_request *request, const char *name)
{
    size_t len = strlen(name);

    for (const char *const *line = request->headers; *line; line++)
        if (strncasecmp(*line, name, len) == 0 && (*line)[len] == ':')
            return *line + len + 2;
    return NULL;
}

static json_t *body_of(const struct tocsin_request *request)
{
    assert_null(request->refusal);
    return json_parse(request->body, request->body_len);
}

static json_t *rendered(struct render_host *host, const struct tocsin_message *message)
{
    return body_of(render_host_render(host, message));
}

/* The document ------------------------------------------------------------------------------*/

static void test_the_document_has_all_that_tocsin_knows(void **state)
{
    auto_host struct render_host *host = HOST();
    struct tocsin_message message = message_example();

    (void)state;
    message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    message.attempt = 3;
    message.time_ms = 1795428000042;
    auto_json json_t *document = rendered(host, &message);
    auto_json json_t *expected = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:[{s:s, s:s}, {s:s, "
        "s:s}, {s:s, s:s}], s:s, s:[s, s, s], s:o}",
        "delivery", "k7-1", "attempt", 3, "sink", "soc", "rule", "urgent alerts", "type", "alert",
        "action", "created", "time", "2026-11-23T10:00:00.042Z", "title", "Cobalt Strike beacon",
        "text", message.text_plain, "level", "urgent", "urgency", 85, "link", message.link, "facts",
        "label", "Status", "value", "Pending", "label", "Entity", "value", "DMZ-01 (7.7.7.7)",
        "label", "Source", "value", "10.0.0.7", "thread", "e6e6cf0d", "marks", "possible_repeat",
        "not_enriched", "fallback", "event", json_loads(RENDER_HOST_EVENT, 0, NULL));
    assert_non_null(expected);
    assert_true(json_equal(document, expected));
}

static void test_what_is_not_known_is_null(void **state)
{
    static const char *const nulls[] = {"rule", "action", "link", "thread", "urgency", "time"};
    auto_host struct render_host *host = HOST();
    struct tocsin_message message = message_example();

    (void)state;
    message.hook = message.rule = message.action = message.thread = message.text_plain = "";
    message.link = NULL;
    message.urgency = -1;
    message.level = TOCSIN_INFO;
    message.fact_count = 0;
    message.time_ms = INT64_MAX;
    auto_json json_t *document = rendered(host, &message);
    assert_int_equal(json_object_size(document), 16);
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        assert_true(json_is_null(json_object_get(document, nulls[i])));
    assert_string_equal(json_text_at(document, "text"), "");
    assert_string_equal(json_text_at(document, "level"), "info");
    assert_int_equal(json_array_size(json_object_get(document, "facts")), 0);
    assert_int_equal(json_array_size(json_object_get(document, "marks")), 0);
}

static void test_times_are_rfc_3339_or_not_there(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, NULL},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {-62167219200001, NULL},
        {INT64_MIN, NULL},
    };
    auto_host struct render_host *host = HOST();
    auto_host struct render_host *cloud = HOST("cloudevents=binary", );

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.time_ms = rows[i].ms;
        auto_json json_t *document = rendered(host, &message);
        const char *time = header(render_host_render(cloud, &message), "ce-time");
        if (rows[i].text) {
            assert_string_equal(json_text_at(document, "time"), rows[i].text);
            assert_string_equal(time, rows[i].text);
        } else {
            assert_null(time);
        }
    }
}

static void test_hostile_texts_stay_texts(void **state)
{
    static const char hostile[] = "\"}, \"admin\": true\r\nX-Evil: 1 \x01 \xf0\x9f\x94\xa5 \xff";
    struct tocsin_fact fact = {hostile, hostile};
    auto_host struct render_host *host =
        HOST("cloudevents=binary", "sign=github", "secret=s3cr3t", );
    struct tocsin_message message = message_example();

    (void)state;
    message.title = message.text_plain = message.rule = message.type = message.action = hostile;
    message.thread = message.hook = message.link = hostile;
    message.facts = &fact;
    message.fact_count = 1;
    const struct tocsin_request *request = render_host_render(host, &message);
    auto_json json_t *document = body_of(request);
    assert_int_equal(json_object_size(document), 16);
    for (const char *const *line = request->headers; *line; line++)
        for (const char *byte = *line; *byte; byte++)
            assert_in_range(*byte, 0x20, 0x7e);
}

/* Signatures --------------------------------------------------------------------------------*/

static void assert_signed(struct render_host *host, const struct tocsin_request *request,
    const uint8_t *key, size_t key_len, const char *signature)
{
    auto_free char *content = text_format("k7-1." NOW ".%s", request->body);
    uint8_t hmac[32];

    render_host_hmac(host)(key, key_len, content, strlen(content), hmac);
    assert_memory_equal(signature, "v1,", 3);
    for (size_t i = 0, at = 3; i < 30; i += 3, at += 4) {
        static const char digits[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        uint32_t bits = (uint32_t)(hmac[i] << 16 | hmac[i + 1] << 8 | hmac[i + 2]);
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(signature[at + j], digits[bits >> (18 - 6 * j) & 63]);
    }
    assert_int_equal(signature[46], '=');
}

static void test_each_secret_signs_by_standard_webhooks(void **state)
{
    static const uint8_t other[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    auto_host struct render_host *host =
        HOST("sign=standard", "secret=" OTHER_SECRET, "secret=", "secret=" SECRET, );
    struct tocsin_message message = message_example();

    (void)state;
    assert_null(render_host_check(host));
    const struct tocsin_request *request = render_host_render(host, &message);
    assert_string_equal(header(request, "webhook-id"), "k7-1");
    assert_string_equal(header(request, "webhook-timestamp"), NOW);
    const char *signatures = header(request, "webhook-signature");
    assert_int_equal(strlen(signatures), 2 * 47 + 1);
    assert_int_equal(signatures[47], ' ');
    assert_signed(host, request, other, sizeof other, signatures);
    assert_int_not_equal(strncmp(signatures, signatures + 48, 47), 0);
}

static void test_github_signs_the_body_in_hex(void **state)
{
    auto_host struct render_host *host = HOST("sign=github", "secret=It's a Secret to Everybody", );
    struct tocsin_message message = message_example();
    uint8_t hmac[32];
    char hex[65];

    (void)state;
    message.type = "alert-comment/\xc3\xa9";
    assert_null(render_host_check(host));
    const struct tocsin_request *request = render_host_render(host, &message);
    render_host_hmac(host)(
        "It's a Secret to Everybody", 26, request->body, request->body_len, hmac);
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", hmac[i]);
    const char *signature = header(request, "X-Hub-Signature-256");
    assert_memory_equal(signature, "sha256=", 7);
    assert_string_equal(signature + 7, hex);
    assert_string_equal(header(request, "X-GitHub-Event"), "alert-comment___");
    assert_string_equal(header(request, "X-GitHub-Delivery"), "k7-1");
}

static void test_without_a_signature_there_is_no_word_of_one(void **state)
{
    auto_host struct render_host *host = HOST();
    struct tocsin_message message = message_example();

    (void)state;
    assert_null(render_host_check(host));
    const struct tocsin_request *request = render_host_render(host, &message);
    assert_null(request->headers[0]); /* the host says that it is JSON */
    assert_null(request->method);
    assert_string_equal(request->url, ADDRESS);
    assert_null(strstr(request->body, "8f14e45fceea167a"));
}

/* Only public addresses, and what is named. */
static void test_the_host_is_told_to_guard(void **state)
{
    auto_host struct render_host *public = HOST();
    auto_host struct render_host *some = HOST("allow=10.1.0.0/16", "allow=", "allow=fd00::1", );
    struct tocsin_message message = message_example();
    const struct tocsin_request *request = render_host_render(public, &message);

    (void)state;
    assert_non_null(request->allow);
    assert_null(request->allow[0]);
    request = render_host_render(some, &message);
    assert_string_equal(request->allow[0], "10.1.0.0/16");
    assert_string_equal(request->allow[1], "fd00::1");
    assert_null(request->allow[2]);
}

/* CloudEvents -------------------------------------------------------------------------------*/

static void test_a_structured_cloud_event_holds_the_document(void **state)
{
    auto_host struct render_host *host = HOST("cloudevents=structured", );
    auto_host struct render_host *plain = HOST();
    struct tocsin_message message = message_example();
    const struct tocsin_request *request = render_host_render(host, &message);
    auto_json json_t *event = body_of(request);
    auto_json json_t *document = rendered(plain, &message);

    (void)state;
    assert_string_equal(
        header(request, "Content-Type"), "application/cloudevents+json; charset=utf-8");
    assert_string_equal(json_text_at(event, "specversion"), "1.0");
    assert_string_equal(json_text_at(event, "id"), "k7-1");
    assert_string_equal(json_text_at(event, "source"), "/tocsin/hooks/soc");
    assert_string_equal(json_text_at(event, "type"), "tocsin.alert.created");
    assert_string_equal(json_text_at(event, "time"), "2026-11-23T10:00:00.000Z");
    assert_string_equal(json_text_at(event, "subject"), "e6e6cf0d");
    assert_string_equal(json_text_at(event, "datacontenttype"), "application/json");
    assert_true(json_equal(json_object_get(event, "data"), document));
    assert_int_equal(json_object_size(event), 8);
}

static void test_a_binary_cloud_event_has_its_attributes_in_headers(void **state)
{
    auto_host struct render_host *host = HOST("cloudevents=binary", );
    struct tocsin_message message = message_example();

    (void)state;
    message.thread = "a \"b\" 100% \xe2\x82\xac~\x7f";
    message.hook = "s o/c";
    message.action = "";
    const struct tocsin_request *request = render_host_render(host, &message);
    assert_string_equal(header(request, "Content-Type"), "application/json");
    assert_string_equal(header(request, "ce-specversion"), "1.0");
    assert_string_equal(header(request, "ce-id"), "k7-1");
    assert_string_equal(header(request, "ce-type"), "tocsin.alert");
    /* The blank of the URI is %20, whose % is encoded once more on its way. */
    assert_string_equal(header(request, "ce-source"), "/tocsin/hooks/s%2520o%252Fc");
    assert_string_equal(header(request, "ce-subject"), "a%20%22b%22%20100%25%20%E2%82%AC~%7F");
    assert_null(header(request, "ce-datacontenttype"));
}

/* A body of one's own ------------------------------------------------------------------------*/

#define BODY                                                                                       \
    "body={\"text\": \"{{title}} ({{event.objects.alert.short_id}})\", \"score\": {{urgency}}, "   \
    "\"tags\": [{{#facts}}\"{{label}}\", {{/facts}}\"{{level}}\"]}"

static void test_a_template_makes_the_body(void **state)
{
    auto_host struct render_host *host = HOST(BODY, );
    struct tocsin_message message = message_example();

    (void)state;
    assert_null(render_host_check(host));
    message.title = "\"}{";
    auto_json json_t *body = rendered(host, &message);
    auto_json json_t *expected = json_pack("{s:s, s:i, s:[s, s, s, s]}", "text", "\"}{ (ALxyz)",
        "score", 85, "tags", "Status", "Entity", "Source", "urgent");
    assert_true(json_equal(body, expected));
}

static void test_a_body_of_ones_own_can_be_a_cloud_events_data(void **state)
{
    auto_host struct render_host *structured = HOST("cloudevents=structured", "body=[{{title}}]", );
    auto_host struct render_host *binary = HOST("cloudevents=binary", "body=[{{title}}]", );
    struct tocsin_message message = message_example();
    auto_json json_t *event = rendered(structured, &message);

    (void)state;
    assert_string_equal(json_text_at(event, "data.0"), "Cobalt Strike beacon");
    assert_string_equal(render_host_render(binary, &message)->body, "[\"Cobalt Strike beacon\"]");
}

/* It passed the check, by what samples hold, and this event is another. */
static void test_an_event_that_makes_no_json_is_refused(void **state)
{
    auto_host struct render_host *host =
        HOST("body={\"a\": 1{{#event.objects.alert.odd}},{{/event.objects.alert.odd}}"
             "{{#event.objects.alert.short_id}}{{#link}}{{/link}}{{^rule}},{{/rule}}"
             "{{/event.objects.alert.short_id}}}", );
    struct tocsin_message message = message_example();

    (void)state;
    message.rule = "";
    const struct tocsin_request *request = render_host_render(host, &message);
    assert_null(request->url);
    assert_non_null(strstr(request->refusal, "body: makes no JSON: line 1, column "));
}

static void test_a_body_is_proven_at_check(void **state)
{
    static const struct {
        const char *option, *why;
    } rows[] = {
        {"body={\"a\": {{titel}}}", "body: line 1, column 7: there is no \"titel\"; did you mean "
                                    "\"title\"?"},
        {"body={\"a\": {{title}}", "body: makes no JSON: line 1, column "},
        {"body={\"a\": [{{#facts}}{{label}}{{/facts}},1]}", "body: makes no JSON: line 1, column "},
        {"body={\"a\": 1{{#link}},{{/link}}}", "body: makes no JSON: line 1, column "},
        {"body={\"a\": 1{{#event.objects.alert}},{{/event.objects.alert}}}",
            "body: makes no JSON: "},
        {"body={{#title}}", "body: line 1, column 1: "},
        {"body=plain words", "body: makes no JSON: line 1, column "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_host struct render_host *host = HOST(rows[i].option, );
        const char *why = render_host_check(host);
        if (!why)
            fail_msg("%s passes", rows[i].option);
        assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
    }
}

/* The rest ------------------------------------------------------------------------------------*/

static void test_the_key_of_idempotency_stays_and_so_do_the_bytes(void **state)
{
    auto_host struct render_host *quoted = HOST("idempotency_key=quoted", );
    auto_host struct render_host *plain = HOST("idempotency_key=plain", );
    struct tocsin_message message = message_example();
    const struct tocsin_request *request = render_host_render(quoted, &message);
    auto_free char *first = text_copy(request->body);

    (void)state;
    assert_string_equal(header(request, "Idempotency-Key"), "\"k7-1\"");
    message.attempt = 2;
    message.marks = TOCSIN_REPEAT;
    message.now_ms += 5000;
    request = render_host_render(quoted, &message);
    assert_string_equal(request->body, first);
    request = render_host_render(plain, &message);
    assert_string_equal(header(request, "Idempotency-Key"), "k7-1");
    assert_string_equal(request->body, first);
}

static void test_own_headers_go_along_and_empty_ones_do_not(void **state)
{
    auto_host struct render_host *host = HOST("headers=Authorization: Bearer abc",
        "headers=X-Off: ", "headers=Content-Type: application/vnd.example+json", );
    struct tocsin_message message = message_example();

    (void)state;
    assert_null(render_host_check(host));
    const struct tocsin_request *request = render_host_render(host, &message);
    assert_string_equal(header(request, "authorization"), "Bearer abc");
    assert_string_equal(header(request, "content-type"), "application/vnd.example+json");
    assert_null(request->headers[2]);
}

static void assert_check(const char *const *pairs, const char *expected)
{
    auto_host struct render_host *host = render_host_create(getenv("TOCSIN_PLUGIN"), pairs);
    const char *why = render_host_check(host);

    if (!why && expected)
        fail_msg("%s, %s pass: not \"%s\"", pairs[1], pairs[2] ? pairs[2] : "", expected);
    if (why && !expected)
        fail_msg("%s: %s", pairs[1], why);
    if (!why)
        return;
    assert_memory_equal(why, expected, strlen(expected));
    assert_null(strstr(why, "pl4nted"));
}

static void test_options_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *pairs[4];
        const char *why;
    } rows[] = {
        {{"sign=standard"}, "sign: needs \"secret\""},
        {{"sign=github", "secret="}, "sign: needs \"secret\""},
        {{"secret=pl4nted"}, "secret: signs nothing without"},
        {{"secret="}, NULL},
        {{"sign=github", "secret=pl4nted", "secret=pl4nted2"},
            "secret: \"sign: github\" takes one"},
        {{"sign=github", "secret=pl4nted", "secret="}, NULL},
        {{"sign=standard", "secret=pl4nted"}, "secret: \"sign: standard\" wants whsec_"},
        {{"sign=standard", "secret=whsec_pl4nted"}, "secret: \"sign: standard\" wants whsec_"},
        {{"sign=standard", "secret=whsk_pl4nted"}, "secret: this is a private key"},
        {{"sign=standard", "secret=" SECRET}, NULL},
        {{"sign=standard", "secret=" SECRET, "secret=pl4nted"}, "secret: \"sign: standard\" wants"},
        {{"headers=Host: pl4nted"}, "headers: \"Host\" is made by tocsin"},
        {{"headers=content-LENGTH: 5"}, "headers: \"content-LENGTH\" is made by tocsin"},
        {{"headers=Transfer-Encoding: chunked"}, "headers: \"Transfer-Encoding\" is made"},
        {{"headers=Content-Encoding: gzip"}, "headers: \"Content-Encoding\" is made"},
        {{"headers=X A: pl4nted"}, "headers: a name has letters"},
        {{"headers=X\r\nA: pl4nted"}, "headers: a name has letters"},
        {{"headers=: pl4nted"}, "headers: a name has letters"},
        {{"headers=X: pl4nted\r\nY: 1"}, "headers: the value of \"X\" has a line break"},
        {{"headers=X: pl4nted\n"}, "headers: the value of \"X\" has a line break"},
        {{"headers=X: pl4nted\x7f"}, "headers: the value of \"X\" has a line break"},
        {{"headers=X: a\tb \xc3\xa9"}, NULL},
        {{"headers=X: 1", "headers=x: 2"}, "headers: \"x\" stands there twice"},
        {{"sign=standard", "secret=" SECRET, "headers=Webhook-Id: 1"},
            "headers: \"Webhook-Id\" is made by \"sign\""},
        {{"headers=Webhook-Id: 1"}, NULL},
        {{"sign=github", "secret=pl4nted", "headers=X-GitHub-Event: 1"},
            "headers: \"X-GitHub-Event\" is"},
        {{"cloudevents=binary", "headers=ce-id: 1"},
            "headers: \"ce-id\" is made by \"cloudevents\""},
        {{"cloudevents=structured", "headers=ce-id: 1"}, NULL},
        {{"cloudevents=structured", "headers=Content-Type: a/b"},
            "headers: \"Content-Type\" is made by"},
        {{"idempotency_key=plain", "headers=Idempotency-Key: 1"},
            "headers: \"Idempotency-Key\" is made by \"idempotency_key\""},
        {{"allow=10.0.0.0/8", "allow=::1", "allow=fd00:1::/32"}, NULL},
        {{"allow=0.0.0.0/0", "allow=::/0"}, NULL},
        {{"allow=10.0.0.1/8"}, "allow: \"10.0.0.1/8\" is no network"},
        {{"allow=10.0.0.0/33"}, "allow: \"10.0.0.0/33\" is no network"},
        {{"allow=10.0.0.0/08"}, "allow: \"10.0.0.0/08\" is no network"},
        {{"allow=10.0.0.0/"}, "allow: \"10.0.0.0/\" is no network"},
        {{"allow=localhost"}, "allow: \"localhost\" is no network"},
        {{"allow="}, NULL},
        {{"allow=fd00::1/32"}, "allow: \"fd00::1/32\" is no network"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_check(
            (const char *const[]){URL, rows[i].pairs[0], rows[i].pairs[1], rows[i].pairs[2], NULL},
            rows[i].why);
    assert_check((const char *const[]){"url=ftp://pl4nted.example/", NULL, NULL},
        "url: must begin with https:// or http://");
}

static void test_secrets_have_24_to_64_bytes_in_base_64(void **state)
{
    static const struct {
        size_t letters;
        const char *end;
        bool passes;
    } rows[] = {
        {28, "", false},  /* 21 bytes */
        {31, "=", false}, /* 23 */
        {32, "", true},   /* 24 */
        {32, "==", false},
        {31, "", false},
        {85, "-==", false},  /* 64, and a letter that is none */
        {84, "AA==", true},  /* 64 */
        {84, "AB==", false}, /* bits that stand for nothing */
        {84, "AAA=", false}, /* 65 */
        {88, "", false},     /* 66 */
        {400, "", false},
        {31, "-", false},
        {31, " ", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char secret[500] = "secret=whsec_";
        memset(secret + 13, 'A', rows[i].letters);
        strcpy(secret + 13 + rows[i].letters, rows[i].end);
        auto_host struct render_host *host = HOST("sign=standard", secret, );
        if ((render_host_check(host) == NULL) != rows[i].passes)
            fail_msg("%zu letters and \"%s\"", rows[i].letters, rows[i].end);
    }
}

static void test_without_openssl_nothing_is_signed(void **state)
{
    auto_host struct render_host *host = HOST("sign=standard", "secret=" SECRET, );

    (void)state;
    assert_null(render_host_check(host));
    render_host_lose_hmac(host);
    assert_string_equal(
        render_host_check(host), "sign: this tocsin was built without OpenSSL, and cannot sign");
}

static void test_answers_are_judged(void **state)
{
    static const struct {
        const char *option;
        uint32_t status, result;
        const char *reason;
    } rows[] = {
        {"sign=none", 200, TOCSIN_DELIVERED, "the host's own words"},
        {"sign=none", 204, TOCSIN_DELIVERED, "the host's own words"},
        {"sign=none", 302, TOCSIN_UNUSABLE, "HTTP 302: the URL leads elsewhere"},
        {"sign=none", 308, TOCSIN_UNUSABLE, "HTTP 308: the URL leads elsewhere"},
        {"sign=none", 410, TOCSIN_UNUSABLE, "HTTP 410: gone"},
        {"sign=none", 409, TOCSIN_REJECTED, "the host's own words"},
        {"idempotency_key=plain", 409, TOCSIN_RETRY, "HTTP 409: an earlier attempt"},
        {"idempotency_key=plain", 422, TOCSIN_REJECTED, "the host's own words"},
        {"sign=none", 429, TOCSIN_RETRY, "the host's own words"},
        {"sign=none", 503, TOCSIN_RETRY, "the host's own words"},
        {"sign=none", 400, TOCSIN_REJECTED, "the host's own words"},
    };
    struct tocsin_message message = message_example();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_host struct render_host *host = HOST(rows[i].option, );
        const struct tocsin_outcome *outcome =
            render_host_judge(host, &message, rows[i].status, NULL, "8f14e45fceea167a");
        assert_int_equal(outcome->result, rows[i].result);
        assert_memory_equal(outcome->reason, rows[i].reason, strlen(rows[i].reason));
        assert_null(strstr(outcome->reason, "8f14e45fceea167a"));
    }
}

static void test_what_holds_secrets_is_hidden(void **state)
{
    auto_host struct render_host *host = HOST();
    const struct tocsin_sink_plugin *plugin = render_host_plugin(host);

    (void)state;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct tocsin_option *option = &plugin->options[i];
        bool is_hidden = option->type == TOCSIN_SECRET || option->flags & TOCSIN_HIDDEN;
        bool should_be = strcmp(option->name, "url") == 0 || strcmp(option->name, "secret") == 0 ||
                         strcmp(option->name, "headers") == 0;
        assert_int_equal(is_hidden, should_be);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_document_has_all_that_tocsin_knows),
        cmocka_unit_test(test_what_is_not_known_is_null),
        cmocka_unit_test(test_times_are_rfc_3339_or_not_there),
        cmocka_unit_test(test_hostile_texts_stay_texts),
        cmocka_unit_test(test_each_secret_signs_by_standard_webhooks),
        cmocka_unit_test(test_github_signs_the_body_in_hex),
        cmocka_unit_test(test_without_a_signature_there_is_no_word_of_one),
        cmocka_unit_test(test_the_host_is_told_to_guard),
        cmocka_unit_test(test_a_structured_cloud_event_holds_the_document),
        cmocka_unit_test(test_a_binary_cloud_event_has_its_attributes_in_headers),
        cmocka_unit_test(test_a_template_makes_the_body),
        cmocka_unit_test(test_a_body_of_ones_own_can_be_a_cloud_events_data),
        cmocka_unit_test(test_an_event_that_makes_no_json_is_refused),
        cmocka_unit_test(test_a_body_is_proven_at_check),
        cmocka_unit_test(test_the_key_of_idempotency_stays_and_so_do_the_bytes),
        cmocka_unit_test(test_own_headers_go_along_and_empty_ones_do_not),
        cmocka_unit_test(test_options_that_make_no_sense_are_refused),
        cmocka_unit_test(test_secrets_have_24_to_64_bytes_in_base_64),
        cmocka_unit_test(test_without_openssl_nothing_is_signed),
        cmocka_unit_test(test_answers_are_judged),
        cmocka_unit_test(test_what_holds_secrets_is_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
