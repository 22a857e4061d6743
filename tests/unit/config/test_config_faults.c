#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "build_config.h"
#include "config/config.h"
#include "scene.h"
#include "told.h"

/* The errors of a faulty file, without its warnings. */
static char *errors_of(const char *text)
{
    auto_problems struct problems problems = {0};
    struct buf errors = {0};

    config_destroy(load(text, &problems));
    assert_true(problems.error_count > 0);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        if (!problems.items[i].is_warning)
            buf_printf(&errors, "%s%s", errors.len ? "\n" : "", line);
    }
    return buf_take(&errors);
}

struct row {
    const char *text, *told;
};

static void assert_errors(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_free char *errors = errors_of(rows[i].text);
        assert_string_equal(errors, rows[i].told);
        assert_null(strstr(errors, SECRET));
    }
}

#define assert_errors(rows) (assert_errors)((rows), sizeof(rows) / sizeof *(rows))

static void test_faults_of_the_settings(void **state)
{
    static const struct row rows[] = {
        {"- a", "tocsin.yaml:1:1: the file must be a map of settings, not a list"},
        {"lisen: 127.0.0.1:1", "tocsin.yaml:1:1: unknown key \"lisen\"; did you mean \"listen\"?"},
        {"sink: {}", "tocsin.yaml:1:1: unknown key \"sink\"; did you mean \"sinks\"?"},
        {"alarms: [x]", "tocsin.yaml:1:10: alarms: unknown sink \"x\""},
        {"alarms: [duty, dutty]\nsinks: {duty: {plugin: email}}",
            "tocsin.yaml:1:16: alarms: unknown sink \"dutty\"; did you mean \"duty\"?"},
        {"log: {level: wran}", "tocsin.yaml:1:14: log: \"level\" must be error, warn, info or "
                               "debug, not \"wran\"; did you mean \"warn\"?"},
        {"log: {fromat: json}",
            "tocsin.yaml:1:7: log: unknown key \"fromat\"; did you mean \"format\"?"},
        {"log: json", "tocsin.yaml:1:6: log: must be a map of options, not a text"},
        {"drain: 20",
            "tocsin.yaml:1:8: \"drain\" must be a duration such as 250ms, 5s, 10m, 2h or 7d, "
            "not \"20\"; a unit is missing"},
        {"drain: 1s\ndrain: 2s",
            "tocsin.yaml:2:1: duplicate key \"drain\"; it stands in line 1 too"},
        {"dedupe: 8d", "tocsin.yaml:1:9: \"dedupe\" (10m unless set) may not be longer than the "
                       "ledger's \"keep\" (7d unless set)"},
        {"ledger: {keep: 5m}",
            "tocsin.yaml:1:16: \"dedupe\" (10m unless set) may not be longer than "
            "the ledger's \"keep\" (7d unless set)"},
        {"ledger: {keep: x}",
            "tocsin.yaml:1:16: ledger: \"keep\" must be a duration such as 250ms, "
            "5s, 10m, 2h or 7d, not \"x\""},
        {"ledger: {sqlite: \"\"}",
            "tocsin.yaml:1:18: ledger: \"sqlite\" is required, but holds nothing"},
        {"ledger: {max_size: 1k}",
            "tocsin.yaml:1:20: ledger: \"max_size\" must lie between 1m and 1000g"},
        {"ledger: ledger.db", "tocsin.yaml:1:9: ledger: must be a map of options, not a text"},
        {"ledger: {postgres: x}", "tocsin.yaml:1:10: ledger: unknown key \"postgres\""},
        {"public_url: hooks.example.org",
            "tocsin.yaml:1:13: \"public_url\" must be a URL such as "
            "https://host.example/path: it has no scheme (https://...)"},
        {"public_url: ftp://hooks.example.org",
            "tocsin.yaml:1:13: \"public_url\" must begin with http:// or https://"},
        {"public_url: https://hooks.example.org/?a",
            "tocsin.yaml:1:13: \"public_url\" may not hold ? or #"},
        {"rules: none.yaml",
            "tocsin.yaml:1:8: rules: \"none.yaml\" cannot be read: No such file or directory"},
        {"rules: [rules.yaml, \"none.d/*.yaml\"]",
            "tocsin.yaml:1:21: rules: no file matches \"none.d/*.yaml\""},
        {"rules: ${KEY}",
            "tocsin.yaml:1:8: rules: the value of ${KEY} cannot be read: No such file or "
            "directory"},
        {"rules: []", "tocsin.yaml:1:8: \"rules\" is required, but holds nothing"},
        {"plugin_path: {a: b}", "tocsin.yaml:1:14: \"plugin_path\" must be a list of texts such as "
                                "[one, two], not a map"},
        {"sink_defaults: [a]",
            "tocsin.yaml:1:16: \"sink_defaults\" must be a map of options, not a list"},
    };

    (void)state;
    assert_errors(rows);
}

static void test_faults_of_the_listeners(void **state)
{
    static const struct row rows[] = {
        {"listen: 8080", "tocsin.yaml:1:9: \"listen\" must be an address such as 127.0.0.1:8080 or "
                         "[::]:8080, not \"8080\""},
        {"listen: :8080",
            "tocsin.yaml:1:9: \"listen\" must be an address such as 127.0.0.1:8080 or "
            "[::]:8080, not \":8080\""},
        {"listen: 127.0.0.1:65536", "tocsin.yaml:1:9: \"listen\" must be an address such as "
                                    "127.0.0.1:8080 or [::]:8080, not \"127.0.0.1:65536\""},
        {"listen: ::1:80",
            "tocsin.yaml:1:9: \"listen\" must be an address such as 127.0.0.1:8080 or "
            "[::]:8080, not \"::1:80\""},
        {"listen: \"[::x]:80\"", "tocsin.yaml:1:9: \"listen\" must be an address such as "
                                 "127.0.0.1:8080 or [::]:8080, not \"[::x]:80\""},
        {"listen: ${KEY}",
            "tocsin.yaml:1:9: \"listen\" must be an address such as 127.0.0.1:8080 or "
            "[::]:8080, not the value of ${KEY}"},
        {"listen: {address: 127.0.0.1}", "tocsin.yaml:1:19: \"listen\" must be an address such as "
                                         "127.0.0.1:8080 or [::]:8080, not "
                                         "\"127.0.0.1\""},
        {"listen: {}", "tocsin.yaml:1:9: listen: \"address\" is required"},
        {"listen: [a]",
            "tocsin.yaml:1:9: \"listen\" must be an address such as 127.0.0.1:8080, or a "
            "block, not a list"},
        {"listen:",
            "tocsin.yaml:1:8: \"listen\" must be an address such as 127.0.0.1:8080, or a block, "
            "not nothing"},
        {"listen: {address: \"[::]:1\", tls: {}, trusted_proxies: []}",
#if HAVE_LISTEN_TLS
            "tocsin.yaml:1:34: listen tls: \"cert\" is required\n"
            "tocsin.yaml:1:34: listen tls: \"key\" is required\n"
#else
            "tocsin.yaml:1:34: listen: this tocsin was built without OpenSSL, and has no \"tls\"; "
            "put a proxy with TLS in front\n"
#endif
            "tocsin.yaml:1:55: listen: \"trusted_proxies\" is an empty list; leave it out, or say "
            "which networks"},
        {"listen: {address: \"[::]:1\", trusted_proxies: {a: b}}",
            "tocsin.yaml:1:46: listen: \"trusted_proxies\" must be a list of networks, not a map"},
        {"listen: {address: \"[::]:1\", trusted_proxies: [10.0.0.1/8, nginx, [a], \"${KEY}\"]}",
            "tocsin.yaml:1:47: listen: \"trusted_proxies\": \"10.0.0.1/8\" has bits set behind its "
            "prefix; the network is 10.0.0.0/8, the address alone 10.0.0.1\n"
            "tocsin.yaml:1:59: listen: \"trusted_proxies\": \"nginx\" is no network; they are "
            "written 10.0.0.0/8 and 2001:db8::/32\n"
            "tocsin.yaml:1:66: listen: \"trusted_proxies\" must be a list of networks, not a list "
            "in "
            "it\n"
            "tocsin.yaml:1:71: listen: \"trusted_proxies\": the value of ${KEY} is no network; "
            "they "
            "are written 10.0.0.0/8 and 2001:db8::/32"},
        {"listen: {address: \"[::]:1\", token: x}",
            "tocsin.yaml:1:29: listen: unknown key \"token\""},
        {"admin: 0.0.0.0:8081", "tocsin.yaml:1:8: admin: \"token\" is required where others than "
                                "this machine can connect: "
                                "{address: ..., token: \"${ADMIN_TOKEN}\"}"},
        {"admin: {address: \"[::]:8081\", token: \"\"}",
            "tocsin.yaml:1:18: admin: \"token\" is required where others than this machine can "
            "connect: {address: ..., token: \"${ADMIN_TOKEN}\"}"},
        {"listen: 127.0.0.1:8081",
            "tocsin.yaml:1:9: \"listen\" and \"admin\" may not be the same address"},
        {"listen: \"[::1]:1\"\nadmin: \"[::1]:1\"",
            "tocsin.yaml:2:8: \"listen\" and \"admin\" may not be the same address"},
    };

    (void)state;
    assert_errors(rows);
}

#define NO_PATH "must begin with / and hold only letters, digits, - . _ ~ between single slashes"
#define PUBLIC_PATH                                                                                \
    "this path stands in the vendor's public documentation, so it is no secret; make a "           \
    "random one, as `tocsin init` does"

static void test_faults_of_the_hooks(void **state)
{
    static const struct row rows[] = {
        {"hooks: [a]", "tocsin.yaml:1:8: \"hooks\" must be a map of names, not a list"},
        {"hooks: {SOC: {}}",
            "tocsin.yaml:1:9: a hook's name is 1 to 64 of a-z 0-9 . _ -, not \"SOC\""},
        {"hooks: {soc: }", "tocsin.yaml:1:14: hook soc: \"from\" is required\n"
                           "tocsin.yaml:1:14: hook soc: \"path\" is required"},
        {"hooks: {soc: {from: sekoja, path: /a}}",
            "tocsin.yaml:1:21: hook soc: \"from\" must be sekoia, not \"sekoja\"; did you mean "
            "\"sekoia\"?"},
        {"hooks: {soc: {from: sekoia, path: \"/hooks/${UNSET}\"}}",
            "tocsin.yaml:1:35: ${UNSET} is not set in the environment; set it, or give a default: "
            "${UNSET:-...}"},
        {"hooks: {soc: {from: sekoia, path: hooks/pl4nted}}",
            "tocsin.yaml:1:35: hook soc: \"path\" " NO_PATH},
        {"hooks: {soc: {from: sekoia, path: /hooks//pl4nted}}",
            "tocsin.yaml:1:35: hook soc: \"path\" " NO_PATH},
        {"hooks: {soc: {from: sekoia, path: /pl4nted/}}",
            "tocsin.yaml:1:35: hook soc: \"path\" " NO_PATH},
        {"hooks: {soc: {from: sekoia, path: /pl4nted?x=y}}",
            "tocsin.yaml:1:35: hook soc: \"path\" " NO_PATH},
        {"hooks: {soc: {from: sekoia, path: /../pl4nted}}",
            "tocsin.yaml:1:35: hook soc: \"path\" " NO_PATH},
        {"hooks: {soc: {from: sekoia, path: /hooks/67a7472b-b43c-415d-b1ce-c135fb1dfb0e}}",
            "tocsin.yaml:1:35: hook soc: " PUBLIC_PATH},
        {"hooks: {soc: {from: sekoia, path: /x/67A7472B-B43C-415D-B1CE-C135FB1DFB0E}}",
            "tocsin.yaml:1:35: hook soc: " PUBLIC_PATH},
        {"hooks:\n  a: {from: sekoia, path: /pl4nted}\n  b: {from: sekoia, path: /pl4nted}",
            "tocsin.yaml:3:27: hook b: its path is that of hook a too"},
        {"hooks: {soc: {from: sekoia, path: /a, max_body: 17m}}",
            "tocsin.yaml:1:49: hook soc: \"max_body\" must lie within 1k and 16m"},
        {"hooks: {soc: {from: sekoia, path: /a, auth: {}, allow: [], rate: 1/x}}",
            "tocsin.yaml:1:45: hook soc: \"auth\" must hold one of bearer, basic and hmac_sha256\n"
            "tocsin.yaml:1:56: hook soc: \"allow\" is an empty list; leave it out, or say which "
            "networks\n"
            "tocsin.yaml:1:66: hook soc: \"rate\" must be like 1000/s, 600/m or off, not \"1/x\""},
        {"hooks: {soc: {from: sekoia, path: /a, allow: 10.0.0.0/40, rate: [a]}}",
            "tocsin.yaml:1:46: hook soc: \"allow\": \"10.0.0.0/40\" is no network; behind the "
            "slash "
            "stands a number up to 32\n"
            "tocsin.yaml:1:65: hook soc: \"rate\" must be a text, not a list"},
        {"hooks: {soc: {from: sekoia, path: /a, alarm_if_silent: 10ms}}",
            "tocsin.yaml:1:56: hook soc: \"alarm_if_silent\" must be 1s or longer"},
        {"hooks: {tocsin: {from: sekoia, path: /a}}",
            "tocsin.yaml:1:9: a hook may not be called \"tocsin\": that is where tocsin's own "
            "alarms come from"},
    };

    (void)state;
    assert_errors(rows);
}

#define AUTH(auth) "hooks: {soc: {from: sekoia, path: /a, auth: " auth "}}"

static void test_faults_of_what_a_hook_wants_to_see(void **state)
{
    static const struct row rows[] = {
        {AUTH("pl4nted"), "tocsin.yaml:1:45: hook soc auth: must be a map of options, not a text"},
        {AUTH("{bearer: x, basic: {user: a, password: pl4nted}}"),
            "tocsin.yaml:1:45: hook soc: \"auth\" must hold one of bearer, basic and hmac_sha256"},
        {AUTH("{baerer: pl4nted}"),
            "tocsin.yaml:1:46: hook soc auth: unknown key \"baerer\"; did you mean \"bearer\"?"},
        {AUTH("{bearer: \"\"}"), "tocsin.yaml:1:54: hook soc auth: \"bearer\" holds no secret"},
        {AUTH("{bearer: []}"), "tocsin.yaml:1:54: hook soc auth: \"bearer\" holds no secret"},
        {AUTH("{bearer: {a: pl4nted}}"), "tocsin.yaml:1:54: hook soc auth: \"bearer\" must be a "
                                         "list of texts such as [one, two], not a map"},
        {AUTH("{bearer: \"a pl4nted token\"}"), "tocsin.yaml:1:54: hook soc auth: \"bearer\" may "
                                                "hold visible letters of ASCII only"},
        {AUTH("{basic: pl4nted}"),
            "tocsin.yaml:1:53: hook soc auth basic: must be a map of options, not a text"},
        {AUTH("{basic: {user: \"a:b\", password: pl4nted}}"),
            "tocsin.yaml:1:60: hook soc auth basic: \"user\" may hold no colon (RFC 7617)"},
        {AUTH("{basic: {user: a}}"),
            "tocsin.yaml:1:53: hook soc auth basic: \"password\" is required"},
        {AUTH("{basic: {user: a, pasword: pl4nted}}"),
            "tocsin.yaml:1:63: hook soc auth basic: unknown key \"pasword\"; did you mean "
            "\"password\"?"},
#if HAVE_OPENSSL
        {AUTH("{hmac_sha256: {secret: pl4nted-0123456789}}"),
            "tocsin.yaml:1:59: hook soc auth hmac_sha256: \"header\" is required"},
        {AUTH("{hmac_sha256: {header: X-Sig}}"),
            "tocsin.yaml:1:59: hook soc auth hmac_sha256: \"secret\" is required"},
        {AUTH("{hmac_sha256: {header: \"X Sig\", secret: pl4nted-0123456789}}"),
            "tocsin.yaml:1:68: hook soc auth hmac_sha256: \"header\" must be a header's name"},
        {AUTH("{hmac_sha256: {header: X-Sig, secret: pl4nted-0123456789, prefix: \"a b\"}}"),
            "tocsin.yaml:1:111: hook soc auth hmac_sha256: \"prefix\" may hold visible letters of "
            "ASCII only"},
        {AUTH("{hmac_sha256: {header: X-Sig, secret: pl4nted-0123456789, tolerance: 0}}"),
            "tocsin.yaml:1:114: hook soc auth hmac_sha256: \"tolerance\" must lie within 1s and "
            "1d"},
        {AUTH("{hmac_sha256: {header: X-Sig, secret: pl4nted-0123456789, tolerance: 2d}}"),
            "tocsin.yaml:1:114: hook soc auth hmac_sha256: \"tolerance\" must lie within 1s and "
            "1d"},
#else
        {AUTH("{hmac_sha256: {header: X-Sig, secret: pl4nted-0123456789}}"),
            "tocsin.yaml:1:59: hook soc auth hmac_sha256: this tocsin was built without OpenSSL, "
            "and "
            "cannot verify signatures"},
#endif
    };

    (void)state;
    assert_errors(rows);
}

static void test_faults_of_sekoia(void **state)
{
    static const struct row rows[] = {
        {"sekoia: {region: fra1}", "tocsin.yaml:1:9: sekoia: \"api_key\" is required"},
        {"sekoia: {api_key: pl4nted}",
            "tocsin.yaml:1:9: sekoia: \"region\" is required (fra1 fra2 mco1 "
            "uae1 usa1 sgp1), or \"api\" and \"app\""},
        {"sekoia: {api_key: pl4nted, region: fra3}", "tocsin.yaml:1:36: sekoia: \"region\" must be "
                                                     "fra1, fra2, mco1, uae1, usa1 or sgp1, not "
                                                     "\"fra3\"; did you mean \"fra1\"?"},
        {"sekoia: {api_key: pl4nted, region: fra1, api: https://a.example}",
            "tocsin.yaml:1:36: sekoia: \"region\" sets \"api\" and \"app\"; write the region or "
            "the "
            "addresses"},
        {"sekoia: {api_key: pl4nted, api: https://a.example}",
            "tocsin.yaml:1:9: sekoia: \"app\" is required where \"api\" is written"},
        {"sekoia: {api_key: pl4nted, app: https://a.example}",
            "tocsin.yaml:1:9: sekoia: \"api\" is required where \"app\" is written"},
        {"sekoia: {api_key: pl4nted, app: https://a.example, api: \"ftp://a.example/?x\"}",
            "tocsin.yaml:1:57: sekoia: \"api\" must begin with http:// or https://"},
        {"sekoia: {api_key: [pl4nted], region: fra1}",
            "tocsin.yaml:1:19: sekoia: \"api_key\" must be a text, not a list"},
        {"sekoia: {api_key: \"${UNSET}\", region: fra1}",
            "tocsin.yaml:1:19: ${UNSET} is not set in the environment; set it, or give a default: "
            "${UNSET:-...}"},
        {"sekoia: {api_key: x, region: fra1, levels: {high: 90}}",
            "tocsin.yaml:1:44: sekoia levels: the numbers must lie within 0 and 100 and fall from "
            "urgent to low"},
        {"sekoia: {api_key: x, region: fra1, levels: {urgent: 101}}",
            "tocsin.yaml:1:44: sekoia levels: the numbers must lie within 0 and 100 and fall from "
            "urgent to low"},
        {"sekoia: {api_key: x, region: fra1, levels: {hihg: 70}}",
            "tocsin.yaml:1:45: sekoia levels: unknown key \"hihg\"; did you mean \"high\"?"},
        {"sekoia: {}", "tocsin.yaml:1:9: sekoia: \"api_key\" is required"},
    };

    (void)state;
    assert_errors(rows);
}

static void test_faults_of_the_lookups(void **state)
{
    static const struct row rows[] = {
        {"enrich: [a]", "tocsin.yaml:1:9: \"enrich\" must be a map of names, not a list"},
        {"enrich: {ticket: {pick: data}}", "tocsin.yaml:1:18: enrich ticket: \"get\" is required"},
        {"enrich: {ticket: {get: \"\"}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\" is required, but holds nothing"},
        {"enrich: {ticket: {get: \"https://{{host}}/x\"}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\": scheme and host must be literal: an event "
            "may "
            "not choose where the key is sent"},
        {"enrich: {ticket: {get: \"{{url}}\"}}", "tocsin.yaml:1:24: enrich ticket: \"get\": scheme "
                                                 "and host must be literal: an event may "
                                                 "not choose where the key is sent"},
        {"enrich: {ticket: {get: \"https://a.example:{{port}}/x\"}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\": scheme and host must be literal: an event "
            "may "
            "not choose where the key is sent"},
        {"enrich: {ticket: {get: desk.example/x}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\": it has no scheme (https://...)"},
        {"enrich: {ticket: {get: \"ftp://desk.example/x\"}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\": it must begin with http:// or https://"},
        {"enrich: {ticket: {get: \"https://me:pl4nted@desk.example/x\"}}",
            "tocsin.yaml:1:24: enrich ticket: \"get\": a user or password may not stand in it; "
            "write "
            "bearer"},
        {"enrich: {ticket: {get: \"https://a.example/\", as: a.b}}",
            "tocsin.yaml:1:50: enrich ticket: \"as\" must be a name of letters, digits, _ and -"},
        {"enrich: {ticket: {get: \"https://a.example/\", as: status}}",
            "tocsin.yaml:1:50: enrich ticket: \"as\": every event has a name like this one "
            "already; "
            "write another"},
        {"enrich: {entity: {get: \"https://a.example/\"}}",
            "tocsin.yaml:1:10: enrich entity: \"as\": every event has a name like this one "
            "already; "
            "write another"},
        {"enrich: {ticket: {get: \"https://a.example/\", deadline: 0s, timeout: soon}}",
            "tocsin.yaml:1:69: enrich ticket: \"timeout\" must be a duration such as 250ms, 5s, "
            "10m, 2h "
            "or 7d, not \"soon\""},
        {"enrich: {ticket: {get: \"https://a.example/\", deadline: 0s}}",
            "tocsin.yaml:1:56: enrich ticket: \"deadline\" must be longer than 0"},
        {"enrich: {ticket: {get: \"https://a.example/\", deadlin: 5s}}",
            "tocsin.yaml:1:46: enrich ticket: unknown key \"deadlin\"; did you mean \"deadline\"?"},
    };

    (void)state;
    assert_errors(rows);
}

static void test_faults_of_the_sinks(void **state)
{
    static const struct row rows[] = {
        {"sinks: [a]", "tocsin.yaml:1:8: \"sinks\" must be a map of names, not a list"},
        {"sinks: {a: {url: x}}", "tocsin.yaml:1:12: sink a: \"plugin\" is required"},
        {"sinks: {a: {plugin: [x]}}",
            "tocsin.yaml:1:21: sink a: \"plugin\" must be a text, not a list"},
        {"sinks: {a: {plugin: \"\"}}",
            "tocsin.yaml:1:21: sink a: \"plugin\" is required, but holds nothing"},
        {"sinks: {a: {plugin: ..}}", "tocsin.yaml:1:21: sink a: \"plugin\" must be a name such as "
                                     "teams, or a path with a slash, not \"..\""},
        {"sinks: {a: teams}", "tocsin.yaml:1:12: sink a: must be a map of options, not a text"},
        {"sinks: {a: }", "tocsin.yaml:1:12: sink a: must be a map of options, not nothing"},
        {"sinks: {\"a b\": {plugin: x}}",
            "tocsin.yaml:1:9: a sink's name is 1 to 64 of a-z 0-9 . _ -, not \"a b\""},
        {"sinks: {a: {plugin: x}, a: {plugin: y}}",
            "tocsin.yaml:1:25: duplicate key \"a\"; it stands in line 1 too"},
        {"sinks: {a: {plugin: x, url: ${WEBHOOK}}}",
            "tocsin.yaml:1:29: an unquoted ${ inside {...} or [...] begins a map here; quote it: "
            "\"${...}\""},
    };

    (void)state;
    assert_errors(rows);
}

static void test_all_faults_are_told_at_once(void **state)
{
    auto_free char *errors = errors_of("lisen: x\n"
                                       "drain: 1\n"
                                       "x-a: &a {plugin: x, url: \"${UNSET}\"}\n"
                                       "sekoia: {region: fra1, api_key: \"${UNSET2}\"}\n"
                                       "drain: 2s\n"
                                       "sinks: {b: *a, c: *a}\n");

    (void)state;
    assert_string_equal(errors,
        "tocsin.yaml:1:1: unknown key \"lisen\"; did you mean \"listen\"?\n"
        "tocsin.yaml:2:8: \"drain\" must be a duration such as 250ms, 5s, 10m, 2h or 7d, not "
        "\"1\"; a "
        "unit is missing\n"
        "tocsin.yaml:3:26: ${UNSET} is not set in the environment; set it, or give a default: "
        "${UNSET:-...}\n"
        "tocsin.yaml:4:33: ${UNSET2} is not set in the environment; set it, or give a default: "
        "${UNSET2:-...}\n"
        "tocsin.yaml:5:1: duplicate key \"drain\"; it stands in line 2 too");
}

static void test_warnings_are_no_hindrance(void **state)
{
    static const struct row rows[] = {
        {"", "tocsin.yaml:1:1: warning: there is no hook, so no event can arrive\n"
             "tocsin.yaml:1:1: warning: there is no sink, so nobody can be told"},
        {"hooks: {soc: {from: sekoia, path: /hooks/pl4nted}}\nsinks: {a: {plugin: x}}",
            "tocsin.yaml:1:35: warning: hook soc: the last part of \"path\" is shorter than 16 "
            "characters and may be guessed; make a random one, as `tocsin init` does"},
        {"hooks: {soc: {from: sekoia, path: \"/hooks/${HOOK_ID}\",\n  auth: {bearer: [pl4nted, "
         "a-longer-one-pl4nted]}}}\nsinks: {a: {plugin: x}}",
            "tocsin.yaml:2:18: warning: hook soc auth: \"bearer\" is shorter than 16 characters "
            "and "
            "may be guessed; make a random one: openssl rand -hex 32"},
        {"enrich: {ticket: {get: \"http://desk.example/{{ id }}\", bearer: \"${KEY}\"}}\n" ENDS,
            "tocsin.yaml:1:10: warning: enrich ticket: the key goes over plain http, readable for "
            "everybody on the way"},
        {"enrich: {ticket: {get: \"http://127.0.0.1:1/{{ id }}\", bearer: \"${KEY}\"}}\n" ENDS, ""},
        {"enrich: {ticket: {get: \"http://desk.example/{{ id }}\"}}\n" ENDS,
            "tocsin.yaml:1:10: warning: enrich ticket: what is looked up comes over plain http, "
            "readable for everybody on the way"},
        {"enrich: {ticket: {get: \"http://[::1]/{{ id }}\"}}\n" ENDS, ""},
        {"sekoia: {api: \"http://sekoia.example\", app: \"http://sekoia.example\", api_key: "
         "\"${KEY}\"}\n"
         "enrich: {alert: {timeout: 1s}}\n" ENDS,
            "tocsin.yaml:1:9: warning: sekoia: the key goes over plain http, readable for "
            "everybody on "
            "the way"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_problems struct problems problems = {0};
        auto_config struct config *config = load(rows[i].text, &problems);
        auto_free char *all = told(&problems);
        assert_non_null(config);
        assert_string_equal(all, rows[i].told);
    }
}

/* Sinks and rules are checked by others, and all faults are to be told at once. */
static void test_what_is_good_is_there_beside_what_is_faulty(void **state)
{
    auto_problems struct problems problems = {0};
    auto_config struct config *config = load("drain: x\nlisten: x\nrules: none.yaml\n"
                                             "hooks: {a: {from: x, path: x}, b: {from: sekoia}}\n"
                                             "enrich: {a: {get: 1}, b: {}, c: {deadline: x}}\n"
                                             "sinks: {a: {plugin: []}, b: {plugin: good}, c: x}\n",
        &problems);

    (void)state;
    assert_non_null(config);
    assert_int_equal(problems.error_count, 11);
    assert_int_equal(config->sink_count, 1);
    assert_string_equal(config->sinks[0].name, "b");
    assert_int_equal(config->rules_count, 0);
    for (size_t i = 0; i < config->hook_count; i++)
        assert_non_null(config->hooks[i].path);
    for (size_t i = 0; i < config->lookup_count; i++)
        assert_non_null(config->lookups[i].get);
}

static void test_a_missing_file_is_named(void **state)
{
    auto_problems struct problems problems = {0};

    (void)state;
    assert_null(config_load("none.yaml", "/p", &problems));
    auto_free char *all = told(&problems);
    assert_string_equal(all, "none.yaml: cannot be read: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_of_the_settings),
        cmocka_unit_test(test_faults_of_the_listeners),
        cmocka_unit_test(test_faults_of_the_hooks),
        cmocka_unit_test(test_faults_of_what_a_hook_wants_to_see),
        cmocka_unit_test(test_faults_of_sekoia),
        cmocka_unit_test(test_faults_of_the_lookups),
        cmocka_unit_test(test_faults_of_the_sinks),
        cmocka_unit_test(test_all_faults_are_told_at_once),
        cmocka_unit_test(test_warnings_are_no_hindrance),
        cmocka_unit_test(test_what_is_good_is_there_beside_what_is_faulty),
        cmocka_unit_test(test_a_missing_file_is_named),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
