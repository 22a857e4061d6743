#include "../cmocka_setup.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/zone.h"
#include "build_config.h"

static void assert_shown(const char *name, int64_t ms, const char *expected)
{
    struct zone zone;
    char text[TIMESTAMP_SIZE];

    assert_true(zone_init(&zone, name, NULL));
    zone_format(&zone, ms, text);
    assert_string_equal(text, expected);
    zone_finish(&zone);
}

static void assert_refused(const char *name, const char *reason)
{
    auto_error struct error error = {0};
    struct zone zone;

    assert_false(zone_init(&zone, name, &error));
    assert_string_equal(error_text(&error), reason);
}

static void test_utc_needs_no_table(void **state)
{
    static const struct zone utc;
    char text[TIMESTAMP_SIZE];

    (void)state;
    assert_shown("UTC", 1795428000999, "2026-11-23 10:00:00 UTC");
    zone_format(&utc, -1, text);
    assert_string_equal(text, "1969-12-31 23:59:59 UTC");
}

#if HAVE_ZONES

static void test_clocks_elsewhere(void **state)
{
    (void)state;
    assert_shown("Europe/Paris", 1795428000000, "2026-11-23 11:00:00 CET");
    assert_shown("Europe/Paris", 1782468000000, "2026-06-26 12:00:00 CEST");
    assert_shown("America/New_York", 1795428000000, "2026-11-23 05:00:00 EST");
    assert_shown("Asia/Kolkata", 1795428000000, "2026-11-23 15:30:00 IST");
    assert_shown("America/Sao_Paulo", 1795428000000, "2026-11-23 07:00:00 -03");
    assert_shown("Etc/UTC", 1795428000000, "2026-11-23 10:00:00 UTC");
    assert_shown("+05:30", 1795428000000, "2026-11-23 15:30:00 +05:30");
    assert_shown("-08:00", 1795428000000, "2026-11-23 02:00:00 -08:00");
}

/* In 2026 Paris went over to CEST on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC. */
static void test_the_hour_that_clocks_change(void **state)
{
    (void)state;
    assert_shown("Europe/Paris", 1774745999999, "2026-03-29 01:59:59 CET");
    assert_shown("Europe/Paris", 1774746000000, "2026-03-29 03:00:00 CEST");
    assert_shown("Europe/Paris", 1792889999999, "2026-10-25 02:59:59 CEST");
    assert_shown("Europe/Paris", 1792890000000, "2026-10-25 02:00:00 CET");
}

static void test_the_nearest_name_is_said(void **state)
{
    (void)state;
    assert_refused(
        "Europe/Pari", "unknown time zone \"Europe/Pari\"; did you mean \"Europe/Paris\"?");
    assert_refused(
        "europe/paris", "unknown time zone \"europe/paris\"; did you mean \"Europe/Paris\"?");
    assert_refused("paris", "unknown time zone \"paris\"; did you mean \"Europe/Paris\"?");
    assert_refused("Mars/Olympus_Mons", "unknown time zone \"Mars/Olympus_Mons\": name one such as "
                                        "Europe/Paris, +05:30 or UTC");
}

static void test_a_machine_without_tables_is_named(void **state)
{
    (void)state;
    setenv("TZDIR", "/nonexistent", 1);
    assert_refused("Europe/Paris",
        "unknown time zone \"Europe/Paris\": this machine has no table of zones in /nonexistent "
        "(Debian: package tzdata)");
    assert_shown("UTC", 0, "1970-01-01 00:00:00 UTC");
    assert_shown("+01:00", 0, "1970-01-01 01:00:00 +01:00");
    unsetenv("TZDIR");
}

/* What GLib would take beside names. */
static void test_paths_and_rules_are_no_names(void **state)
{
    static const char *const names[] = {"", "/etc/localtime", "../zoneinfo/Europe/Paris",
        ":Europe/Paris", "CET-1CEST", "Pari5", "+99:99", "+1", "Europe", "zone.tab"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone zone;
        assert_false(zone_init(&zone, names[i], NULL));
        assert_null(zone.table);
    }
}

#else

static void test_other_zones_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("Europe/Paris", "time zone \"Europe/Paris\": this tocsin was built without time "
                                   "zones and knows UTC alone");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utc_needs_no_table),
#if HAVE_ZONES
        cmocka_unit_test(test_clocks_elsewhere),
        cmocka_unit_test(test_the_hour_that_clocks_change),
        cmocka_unit_test(test_the_nearest_name_is_said),
        cmocka_unit_test(test_a_machine_without_tables_is_named),
        cmocka_unit_test(test_paths_and_rules_are_no_names),
#else
        cmocka_unit_test(test_other_zones_are_refused_by_name),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
