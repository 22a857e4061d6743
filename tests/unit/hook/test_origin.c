#include "../cmocka_setup.h"

#include <string.h>

#include "base/error.h"
#include "base/network.h"
#include "hook/origin.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct network items[3];
static const struct networks trusted = {items, LENGTH(items)};

static int set_up(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"};
    auto_error struct error error = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++)
        if (!network_parse(texts[i], &items[i], &error))
            return -1;
    return 0;
}

static void test_the_rightmost_address_that_no_trusted_proxy_has_asked(void **state)
{
    static const struct {
        const char *peer, *forwarded;
        enum origin origin;
        const char *address;
    } rows[] = {
        /* Nobody is believed but trusted proxies. */
        {"192.0.2.1", "127.0.0.1", ORIGIN_FOUND, "192.0.2.1"},
        {"192.0.2.1", "", ORIGIN_FOUND, "192.0.2.1"},
        {"192.0.2.1", "nonsense", ORIGIN_FOUND, "192.0.2.1"},
        {"127.0.0.1", "192.0.2.7", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "10.9.9.9, 192.0.2.7", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "nonsense, 192.0.2.7", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "192.0.2.7,10.1.2.3", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "192.0.2.9, 192.0.2.7 ,\t10.1.2.3 , 2001:db8::1", ORIGIN_FOUND, "192.0.2.7"},
        {"::ffff:127.0.0.1", "192.0.2.7", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "::ffff:192.0.2.7", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "2001:db9::7", ORIGIN_FOUND, "2001:db9::7"},
        /* With ports, as some proxies write. */
        {"127.0.0.1", "192.0.2.7:4711", ORIGIN_FOUND, "192.0.2.7"},
        {"127.0.0.1", "[2001:db9::7]:4711", ORIGIN_FOUND, "2001:db9::7"},
        {"127.0.0.1", "[2001:db9::7]", ORIGIN_FOUND, "2001:db9::7"},
        {"127.0.0.1", "192.0.2.7, 10.1.2.3:80", ORIGIN_FOUND, "192.0.2.7"},
        /* Trusted all along. */
        {"127.0.0.1", "", ORIGIN_TRUSTED, "127.0.0.1"},
        {"127.0.0.1", " , ,", ORIGIN_TRUSTED, "127.0.0.1"},
        {"127.0.0.1", "10.0.0.7", ORIGIN_TRUSTED, "10.0.0.7"},
        {"127.0.0.1", "10.0.0.8,,10.0.0.7,", ORIGIN_TRUSTED, "10.0.0.8"},
        /* What a trusted proxy wrote, and is no address. */
        {"127.0.0.1", "192.0.2.7, unknown", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "192.0.2.7 10.0.0.1", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "192.0.2", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "192.0.2.7:", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "192.0.2.7:http", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "192.0.2.7:123456", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "[2001:db9::7", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "[2001:db9::7]4711", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "[2001:db9::7]:", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "[]", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "[", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "fe80::1%eth0", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "\"192.0.2.7\"", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "for=192.0.2.7", ORIGIN_UNKNOWN, NULL},
        {"127.0.0.1", "2001:db9:0000:0000:0000:0000:0000:0000:0000:0000:0007", ORIGIN_UNKNOWN,
            NULL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char shown[INET6_ADDRSTRLEN];
        struct address address;
        assert_true(address_parse(rows[i].peer, &address));
        enum origin origin = origin_trace(rows[i].forwarded, &trusted, &address);
        if (origin != rows[i].origin)
            print_message("%s: %s\n", rows[i].peer, rows[i].forwarded);
        assert_int_equal(origin, rows[i].origin);
        address_print(&address, shown);
        if (rows[i].address)
            assert_string_equal(shown, rows[i].address);
    }
}

static void test_without_trusted_proxies_nothing_is_read(void **state)
{
    static const struct networks none = {0};
    struct address address;

    (void)state;
    assert_true(address_parse("127.0.0.1", &address));
    assert_int_equal(origin_trace("192.0.2.7", &none, &address), ORIGIN_FOUND);
    assert_true(network_has(&items[0], &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rightmost_address_that_no_trusted_proxy_has_asked),
        cmocka_unit_test(test_without_trusted_proxies_nothing_is_read),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
