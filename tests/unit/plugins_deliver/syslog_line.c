#include "syslog_line.h"

#include "../cmocka_setup.h"

#include <string.h>

#include "base/utf8.h"
#include "deliver_host.h"
#include "receiver.h"

enum {
    SETTINGS_MAX = 8
};

char *line_of_event(
    const struct tocsin_message *message, const char *event_json, const char *const *settings)
{
    struct receiver receiver = receiver_udp();
    const char *all[SETTINGS_MAX + 3] = {receiver.url, "hostname=router.example.org"};

    for (size_t i = 0; settings[i]; i++) {
        assert_true(i < SETTINGS_MAX);
        all[i + 2] = settings[i];
    }
    struct deliver_host *host = deliver_host_create("PLUGIN_SYSLOG", all);
    deliver_host_set_event(host, event_json);
    const char *fault = deliver_host_check(host);
    if (fault)
        fail_msg("%s", fault);
    auto_outcome struct outcome outcome = deliver_host_deliver(host, message, 5000);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_null(outcome.receipt);
    char *line = receiver_datagram(&receiver);
    deliver_host_destroy(host);
    receiver_finish(&receiver);
    return line;
}

char *line_of(const struct tocsin_message *message, const char *const *settings)
{
    return line_of_event(message, NULL, settings);
}

const char *after(const char *line, const char *header)
{
    size_t len = strlen(header);

    if (strncmp(line, header, len) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", line, header);
    return line + len;
}

void assert_has(const char *text, const char *expected)
{
    if (!strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text);
}

void assert_has_not(const char *text, const char *unexpected)
{
    if (strstr(text, unexpected))
        fail_msg("\"%s\" is in \"%s\"", unexpected, text);
}

void assert_one_line(const char *line)
{
    for (const char *at = line; *at; at++)
        assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
    assert_true(utf8_is_valid(line, strlen(line)));
    assert_has_not(line, "\xe2\x80\xa8");
    assert_has_not(line, "\xe2\x80\xa9");
    assert_has_not(line, "\xc2\x85");
}
