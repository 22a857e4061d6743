#include "tls_scene.h"

#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "certificate.h"
#include "deliver_host.h"

struct authority authority_create(const char *names, long until)
{
    struct authority authority = {.path = "/tmp/tocsin-tls-XXXXXX"};
    FILE *pem = fdopen(mkstemp(authority.path), "w");

    assert_non_null(pem);
    authority.context = certificate_create_as(pem, names, until);
    fclose(pem);
    (void)snprintf(authority.ca, sizeof authority.ca, "ca=%s", authority.path);
    (void)snprintf(authority.cert, sizeof authority.cert, "cert=%s", authority.path);
    (void)snprintf(authority.key, sizeof authority.key, "key=%s", authority.path);
    return authority;
}

struct authority usual_authority(void)
{
    return authority_create("DNS:localhost,IP:127.0.0.1", 3600);
}

struct deliver_host *sink_create(const char *const *settings)
{
    struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", settings);
    const char *fault = deliver_host_check(sink);

    if (fault)
        fail_msg("%s", fault);
    return sink;
}

struct tocsin_message named(const char *title)
{
    struct tocsin_message message = sample_message();

    message.title = title;
    message.text_plain = "";
    message.fact_count = 0;
    return message;
}

void assert_delivered(struct deliver_host *sink, const char *title)
{
    const struct tocsin_message message = named(title);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);

    if (outcome.result != TOCSIN_DELIVERED)
        fail_msg("%s", outcome.reason);
}

void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

void assert_outcome(struct deliver_host *sink, uint32_t result, bool maybe_sent, const char *reason)
{
    const struct tocsin_message message = named("x");
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);

    assert_says(outcome.reason, reason);
    assert_says(outcome.reason, "tls://");
    assert_int_equal(outcome.result, result);
    assert_int_equal(outcome.maybe_sent, maybe_sent);
    assert_true(outcome.took_ms < 4000);
}
