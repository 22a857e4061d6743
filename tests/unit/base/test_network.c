#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/network.h"

static bool has(const char *network_text, const char *text)
{
    struct network network;
    auto_error struct error error = {0};

    if (!network_parse(network_text, &network, &error))
        print_message("# %s\n", error_text(&error));
    assert_null(error.text);
    struct address address;
    const char *at = text;
    while (address_find(text, &at, &address))
        if (network_has(&network, &address))
            return true;
    return false;
}

static void test_networks_hold_their_addresses_and_no_others(void **state)
{
    static const struct {
        const char *network, *inside, *outside;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
        {"10.0.0.0/8", "10.0.0.0", "9.255.255.255"},
        {"192.168.4.0/22", "192.168.7.255", "192.168.8.0"},
        {"192.168.4.0/31", "192.168.4.1", "192.168.4.2"},
        {"7.7.7.7", "7.7.7.7", "7.7.7.8"},
        {"7.7.7.7/32", "7.7.7.7", "7.7.7.6"},
        {"128.0.0.0/1", "200.1.1.1", "127.255.255.255"},
        {"0.0.0.0/0", "255.255.255.255", "::1"},
        {"::/0", "2001:db8::1", "1.2.3.4"},
        {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"},
        {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
        {"2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::2"},
        {"fe80::/10", "fe80::1%eth0", "fec0::1"},
        /* IPv4 in IPv6's clothes */
        {"10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"},
        {"10.0.0.0/8", "::ffff:a01:203", "::10.1.2.3"},
        {"::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"},
        {"::ffff:0:0/96", "1.2.3.4", "::1"},
        {"::/0", "::ffff:1.2.3.4", "1.2.3.4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!has(rows[i].network, rows[i].inside) || has(rows[i].network, rows[i].outside))
            print_message("# %s\n", rows[i].network);
        assert_true(has(rows[i].network, rows[i].inside));
        assert_false(has(rows[i].network, rows[i].outside));
    }
}

static void test_addresses_are_found_among_words(void **state)
{
    static const char *const with[] = {"7.7.7.7", "DMZ-01 (7.7.7.7)", "7.7.7.7.", "7.7.7.7...",
        "...7.7.7.7", "7.7.7.7:443", "http://7.7.7.7/x", "ip:7.7.7.7", "add:7.7.7.7",
        "beef: 7.7.7.7", "src=7.7.7.7,dst=8.8.8.8", "8.8.8.8-7.7.7.7", "8.8.8.8 7.7.7.7",
        "7.7.7.7/24", "\t7.7.7.7\n", "<7.7.7.7>", "\"7.7.7.7\"", "de 7.7.7.7 \xc3\xa0",
        "\xe6\x9d\xa5\xe8\x87\2527.7.7.7\xe7\x9a\x84", "host_7.7.7.7_a", "at 12:30:45 7.7.7.7",
        "::ffff:7.7.7.7", "[::ffff:7.7.7.7]:443", "::ffff:707:707", "1.2.3 7.7.7.7",
        "300.1.1.1 7.7.7.7", "7.7.7.7;"};
    static const char *const without[] = {"", "7.7.7", "7.7.7.7.7", "1.7.7.7.7", "7.7.7.77",
        "77.7.7.7", "v7.7.7.7", "7.7.7.7a", "7.7.7.7.in-addr.arpa", "07.7.7.7", "7.7.7.07",
        "7.7.7.256", "7 .7.7.7", "7.7..7.7", "7,7,7,7", "host7.7.7.7", "::ffff:7.7.7.7.7",
        "7.7.7.7777", "a7:7.7.7.7z"};

    (void)state;
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        if (!has("7.7.7.7", with[i]))
            print_message("# not found: %s\n", with[i]);
        assert_true(has("7.7.7.7", with[i]));
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        if (has("7.7.7.7", without[i]))
            print_message("# found: %s\n", without[i]);
        assert_false(has("7.7.7.7", without[i]));
    }
}

static void test_ipv6_is_found_among_words(void **state)
{
    static const char *const with[] = {"2001:db8::1", "[2001:db8::1]:443", "2001:db8::1.",
        "2001:db8::1: refused", "from 2001:DB8:0::1, again", "fe80::1%eth0 2001:db8::1",
        "(2001:db8::1)", "=2001:db8::1/64", "2001:db8::0.0.0.1", "x ::1 2001:db8::1"};
    static const char *const without[] = {"2001:db8::1g", "x2001:db8::1", "12001:db8::1",
        "2001:db8:::1", "2001:db8::1:2", "2001:db8", "c2001:db8::1", "2001:db8::1.2.3.4",
        "std::vector", "00:11:22:33:44:55", "10:30:45"};

    (void)state;
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        if (!has("2001:db8::1", with[i]))
            print_message("# not found: %s\n", with[i]);
        assert_true(has("2001:db8::1", with[i]));
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        if (has("2001:db8::1", without[i]))
            print_message("# found: %s\n", without[i]);
        assert_false(has("2001:db8::1", without[i]));
    }
    assert_true(has("::/0", "std ::1 x"));
    assert_true(has("2001:db8::/128", "2001:db8::"));
}

static void test_faulty_networks_name_the_right_one(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"10.1.2.3/8", "the network is 10.0.0.0/8, the address alone 10.1.2.3"},
        {"192.168.7.1/22", "the network is 192.168.4.0/22"},
        {"1.2.3.4/0", "the network is 0.0.0.0/0"},
        {"2001:db8::1/32", "the network is 2001:db8::/32, the address alone 2001:db8::1"},
        {"::ffff:10.1.2.3/104", "/104, the address alone ::ffff:10.1.2.3"},
        {"10.0.0.0/33", "behind the slash stands a number up to 32"},
        {"10.0.0.0/", "behind the slash stands a number up to 32"},
        {"10.0.0.0/08", "behind the slash stands a number up to 32"},
        {"10.0.0.0/-1", "behind the slash stands a number up to 32"},
        {"10.0.0.0/255.0.0.0", "behind the slash stands a number up to 32"},
        {"2001:db8::/129", "behind the slash stands a number up to 128"},
        {"10.0.0/8", "\"10.0.0/8\" is no network"},
        {"10.0.0.0 /8", "is no network"},
        {" 10.0.0.0/8", "is no network"},
        {"010.0.0.0/8", "is no network"},
        {"internal", "they are written 10.0.0.0/8 and 2001:db8::/32"},
        {"fe80::1%eth0", "is no network"},
        {"2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8", "is no network"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network network;
        auto_error struct error error = {0};
        assert_false(network_parse(rows[i].text, &network, &error));
        if (!strstr(error_text(&error), rows[i].says))
            print_message("# %s\n", error_text(&error));
        assert_non_null(strstr(error_text(&error), rows[i].says));
    }
}

/* Were each place of such a text looked at up to its end, this would take minutes. */
static void test_hostile_texts_cost_their_length(void **state)
{
    static const char *const pieces[] = {":", ".", "::", "1.", "f:", ".:", "1.1.1.", "a ", "::1 "};
    enum {
        bytes = 4 << 20,
    };

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        auto_buf struct buf text = {0};
        while (text.len < bytes)
            buf_puts(&text, pieces[i]);
        assert_false(has("7.7.7.0/24", buf_text(&text)));
        buf_puts(&text, " 7.7.7.7");
        assert_true(has("7.7.7.0/24", buf_text(&text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_hold_their_addresses_and_no_others),
        cmocka_unit_test(test_addresses_are_found_among_words),
        cmocka_unit_test(test_ipv6_is_found_among_words),
        cmocka_unit_test(test_faulty_networks_name_the_right_one),
        cmocka_unit_test(test_hostile_texts_cost_their_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
