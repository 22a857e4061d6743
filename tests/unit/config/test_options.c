#include "../cmocka_setup.h"

#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "config/expand.h"
#include "config/options.h"
#include "config/yaml.h"
#include "told.h"

struct conf {
    const char *channel, *ca, *page;
    struct tocsin_secret url, password;
    bool strict;
    int64_t size;
    struct tocsin_duration pause;
    struct tocsin_size limit;
    struct tocsin_choice tls;
    struct tocsin_list to, files, keys;
    struct tocsin_map headers, words;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct conf, channel, 0, "#general", "the channel"),
    TOCSIN_OPTION(struct conf, ca, TOCSIN_PATH, "ca.pem", "whom to trust"),
    TOCSIN_OPTION(struct conf, page, TOCSIN_URL, NULL, "a page for people"),
    TOCSIN_OPTION(struct conf, url, TOCSIN_URL | TOCSIN_REQUIRED, NULL, "where to post"),
    TOCSIN_OPTION(struct conf, password, 0, NULL, "the password"),
    TOCSIN_OPTION(struct conf, strict, 0, "true", "whether to be strict"),
    TOCSIN_OPTION(struct conf, size, 0, "-3", "a number"),
    TOCSIN_OPTION(struct conf, pause, 0, "1500ms", "a pause"),
    TOCSIN_OPTION(struct conf, limit, 0, "64k", "a limit"),
    TOCSIN_WORDS(struct conf, tls, 0, "none", "required optional none", "how to encrypt"),
    TOCSIN_OPTION(struct conf, to, 0, "[a@example.org, b@example.org]", "to whom"),
    TOCSIN_OPTION(struct conf, files, TOCSIN_PATH, NULL, "files"),
    TOCSIN_OPTION(struct conf, headers, 0, "{X-From: tocsin}", "more headers"),
    TOCSIN_OPTION(struct conf, keys, TOCSIN_HIDDEN, NULL, "keys"),
    TOCSIN_OPTION(struct conf, words, TOCSIN_HIDDEN, NULL, "words"),
};

static const char *lookup(const char *name)
{
    if (strcmp(name, "EMPTY") == 0)
        return "";
    return strcmp(name, "KEY") == 0 ? "pl4nted-s3cret" : NULL;
}

/* One reading, with all that it needs. */
struct scene {
    struct problems problems;
    struct secrets *secrets;
    struct yaml *root;
    struct conf conf;
    bool is_ok;
};

static void scene_play(struct scene *scene, const char *text)
{
    static const char *const also[] = {"plugin", "timeout", NULL};
    static const char *const later[] = {"fallback", NULL};
    const struct option_table table = OPTION_TABLE(options);

    *scene = (struct scene){.secrets = secrets_create()};
    const struct option_context context = {.problems = &scene->problems,
        .secrets = scene->secrets,
        .subject = "sink soc",
        .also = also,
        .later = later};
    scene->root = yaml_load_text("/etc/t/f.yaml", text, strlen(text), &scene->problems);
    assert_non_null(scene->root);
    expand_values(scene->root, lookup, &scene->problems);
    scene->is_ok = options_read(&table, scene->root, &scene->conf, &context);
    problems_sort(&scene->problems);
}

static void scene_finish(struct scene *scene)
{
    options_finish(&OPTION_TABLE(options), &scene->conf);
    yaml_destroy(scene->root);
    secrets_destroy(scene->secrets);
    problems_finish(&scene->problems);
}

#define auto_scene __attribute__((cleanup(scene_finish)))

static void test_fallbacks_stand_where_nothing_is_written(void **state)
{
    auto_scene struct scene scene;

    (void)state;
    scene_play(&scene, "url: https://a.example/b\n");
    assert_true(scene.is_ok);
    assert_string_equal(scene.conf.channel, "#general");
    assert_string_equal(scene.conf.ca, "/etc/t/ca.pem");
    assert_null(scene.conf.page);
    assert_string_equal(scene.conf.url.value, "https://a.example/b");
    assert_null(scene.conf.password.value);
    assert_true(scene.conf.strict);
    assert_int_equal(scene.conf.size, -3);
    assert_int_equal(scene.conf.pause.ms, 1500);
    assert_int_equal(scene.conf.limit.bytes, 65536);
    assert_int_equal(scene.conf.tls.index, 2);
    assert_int_equal(scene.conf.to.count, 2);
    assert_string_equal(scene.conf.to.items[1], "b@example.org");
    assert_int_equal(scene.conf.files.count, 0);
    assert_int_equal(scene.conf.headers.count, 1);
    assert_string_equal(scene.conf.headers.items[0].key, "X-From");
    assert_string_equal(scene.conf.headers.items[0].value, "tocsin");
}

static void test_what_is_written_counts(void **state)
{
    auto_scene struct scene scene;

    (void)state;
    scene_play(&scene, "plugin: mine\n"
                       "channel: NO\n"
                       "ca: certs/../x.pem\n"
                       "page: HTTPS://[::1]:8443\n"
                       "url: unix:///run/log\n"
                       "password: 08\n"
                       "strict: False\n"
                       "size: '007'\n"
                       "pause: 2h\n"
                       "limit: 1g\n"
                       "tls: optional\n"
                       "to: one@example.org\n"
                       "files: [a, /b]\n"
                       "headers: {A: 1, B: ''}\n");
    assert_true(scene.is_ok);
    assert_string_equal(scene.conf.channel, "NO");
    assert_string_equal(scene.conf.ca, "/etc/t/certs/../x.pem");
    assert_string_equal(scene.conf.page, "HTTPS://[::1]:8443");
    assert_string_equal(scene.conf.url.value, "unix:///run/log");
    assert_string_equal(scene.conf.password.value, "08");
    assert_false(scene.conf.strict);
    assert_int_equal(scene.conf.size, 7);
    assert_int_equal(scene.conf.pause.ms, 7200000);
    assert_int_equal(scene.conf.limit.bytes, 1 << 30);
    assert_int_equal(scene.conf.tls.index, 1);
    assert_int_equal(scene.conf.to.count, 1);
    assert_string_equal(scene.conf.files.items[0], "/etc/t/a");
    assert_string_equal(scene.conf.files.items[1], "/b");
    assert_int_equal(scene.conf.headers.count, 2);
    assert_string_equal(scene.conf.headers.items[1].value, "");
}

static void test_empty_turns_an_optional_url_path_or_secret_off(void **state)
{
    auto_scene struct scene scene;

    (void)state;
    scene_play(&scene, "url: https://a.example\nca: ${EMPTY}\npage: ''\npassword: ''\nchannel: ''\n"
                       "to: []\nheaders: {}\n");
    assert_true(scene.is_ok);
    assert_null(scene.conf.ca);
    assert_null(scene.conf.page);
    assert_null(scene.conf.password.value);
    assert_string_equal(scene.conf.channel, "");
    assert_int_equal(scene.conf.to.count, 0);
    assert_int_equal(scene.conf.headers.count, 0);
}

static void test_secrets_are_remembered(void **state)
{
    auto_scene struct scene scene;

    (void)state;
    scene_play(&scene, "url: https://a.example/hooks/xkcd1234abcd\npassword: ${KEY}\n");
    auto_free char *text =
        secrets_redact(scene.secrets, "no webhook xkcd1234abcd at a.example for pl4nted-s3cret");
    assert_string_equal(text, "no webhook *** at a.example for ***");
}

static void test_what_a_hidden_list_or_map_holds_is_remembered(void **state)
{
    auto_scene struct scene scene;

    (void)state;
    scene_play(&scene, "url: https://a.example\nkeys: [older-key, '${KEY}', '']\n"
                       "words: {Authorization: Bearer one-more-key, X: abc}\n");
    assert_true(scene.is_ok);
    assert_int_equal(scene.conf.keys.count, 3);
    assert_string_equal(scene.conf.keys.items[1], "pl4nted-s3cret");
    assert_string_equal(scene.conf.words.items[0].value, "Bearer one-more-key");
    auto_free char *text = secrets_redact(
        scene.secrets, "older-key, pl4nted-s3cret, Bearer one-more-key, one-more-key, abc");
    assert_string_equal(text, "***, ***, ***, ***, abc");
}

/* Each row begins after a good `url`, in line 2. */
static const struct {
    const char *text, *told;
} faults[] = {
    /* keys */
    {"chanel: x", "/etc/t/f.yaml:2:1: sink soc: unknown key \"chanel\"; did you mean \"channel\"?"},
    {"timeuot: x",
        "/etc/t/f.yaml:2:1: sink soc: unknown key \"timeuot\"; did you mean \"timeout\"?"},
    {"zzzzzz: x", "/etc/t/f.yaml:2:1: sink soc: unknown key \"zzzzzz\""},
    {"fallback: x", "/etc/t/f.yaml:2:1: sink soc: \"fallback\" is not in this version yet"},
    /* kinds */
    {"channel: [a]", "/etc/t/f.yaml:2:10: sink soc: \"channel\" must be a text, not a list"},
    {"channel: {a: b}", "/etc/t/f.yaml:2:10: sink soc: \"channel\" must be a text, not a map"},
    {"channel:", "/etc/t/f.yaml:2:9: sink soc: \"channel\" must be a text, not nothing"},
    {"channel: #soc", "/etc/t/f.yaml:2:9: sink soc: \"channel\" must be a text, not nothing (what "
                      "follows # is a comment; quote it if it is meant)"},
    {"password: [x]", "/etc/t/f.yaml:2:11: sink soc: \"password\" must be a text, not a list"},
    {"to: {a: b}", "/etc/t/f.yaml:2:5: sink soc: \"to\" must be a list of texts such as [one, "
                   "two], not a map"},
    {"to: [a, [b], {c: d}, ~]",
        "/etc/t/f.yaml:2:9: sink soc: \"to\" must be a list of texts such as [one, two], not a "
        "list in it\n"
        "/etc/t/f.yaml:2:14: sink soc: \"to\" must be a list of texts such as [one, two], not "
        "a "
        "map in it\n"
        "/etc/t/f.yaml:2:22: sink soc: \"to\" must be a list of texts such as [one, two], not "
        "nothing in it"},
    {"headers: [a]", "/etc/t/f.yaml:2:10: sink soc: \"headers\" must be a map of texts such as "
                     "{name: value}, not a list"},
    {"headers: {A: [b]}", "/etc/t/f.yaml:2:14: sink soc: \"headers\" must be a map of texts such "
                          "as {name: value}, not a list in it"},
    /* values */
    {"strict: yes", "/etc/t/f.yaml:2:9: sink soc: \"strict\" must be true or false, not "
                    "\"yes\"; write true"},
    {"strict: OFF", "/etc/t/f.yaml:2:9: sink soc: \"strict\" must be true or false, not "
                    "\"OFF\"; write false"},
    {"strict: maybe",
        "/etc/t/f.yaml:2:9: sink soc: \"strict\" must be true or false, not \"maybe\""},
    {"size: 1.5",
        "/etc/t/f.yaml:2:7: sink soc: \"size\" must be a whole number such as 10, not \"1.5\""},
    {"size: ' 1'",
        "/etc/t/f.yaml:2:7: sink soc: \"size\" must be a whole number such as 10, not \" 1\""},
    {"size: 9223372036854775808", "/etc/t/f.yaml:2:7: sink soc: \"size\" must be a whole number "
                                  "such as 10, not \"9223372036854775808\""},
    {"pause: 10", "/etc/t/f.yaml:2:8: sink soc: \"pause\" must be a duration such as 250ms, 5s, "
                  "10m, 2h or 7d, not \"10\"; a unit is missing"},
    {"pause: ten", "/etc/t/f.yaml:2:8: sink soc: \"pause\" must be a duration such as 250ms, 5s, "
                   "10m, 2h or 7d, not \"ten\""},
    {"limit: 1 MB", "/etc/t/f.yaml:2:8: sink soc: \"limit\" must be a size such as 512, 64k, 1m or "
                    "2g, not \"1 MB\""},
    {"tls: requird", "/etc/t/f.yaml:2:6: sink soc: \"tls\" must be required, optional or none, not "
                     "\"requird\"; did you mean \"required\"?"},
    {"tls: [none]",
        "/etc/t/f.yaml:2:6: sink soc: \"tls\" must be required, optional or none, not a list"},
    {"page: a.example", "/etc/t/f.yaml:2:7: sink soc: \"page\" must be a URL such as "
                        "https://host.example/path: it has no scheme (https://...)"},
    {"page: https://u:p@a.example", "/etc/t/f.yaml:2:7: sink soc: \"page\" must be a URL such "
                                    "as https://host.example/path: a "
                                    "user or password may not stand in it, since it is shown"},
    /* what came from elsewhere is not shown */
    {"pause: ${KEY}", "/etc/t/f.yaml:2:8: sink soc: \"pause\" must be a duration such as 250ms, "
                      "5s, 10m, 2h or 7d, not the value of ${KEY}"},
    {"tls: x${KEY}", "/etc/t/f.yaml:2:6: sink soc: \"tls\" must be required, optional or none, not "
                     "the value of x${KEY}"},
    {"strict: ${KEY}", "/etc/t/f.yaml:2:9: sink soc: \"strict\" must be true or false, not the "
                       "value of ${KEY}"},
    {"size: ${KEY}", "/etc/t/f.yaml:2:7: sink soc: \"size\" must be a whole number such as 10, not "
                     "the value of ${KEY}"},
    {"page: ${KEY}", "/etc/t/f.yaml:2:7: sink soc: \"page\" must be a URL such as "
                     "https://host.example/path: it has no scheme (https://...)"},
    /* nor what is hidden */
    {"words: pl4nted", "/etc/t/f.yaml:2:8: sink soc: \"words\" must be a map of texts such as "
                       "{name: value}, not a text"},
    {"words: {A: [pl4nted]}", "/etc/t/f.yaml:2:12: sink soc: \"words\" must be a map of texts "
                              "such as {name: value}, not a list in it"},
    {"keys: {pl4nted: pl4nted}", "/etc/t/f.yaml:2:7: sink soc: \"keys\" must be a list of texts "
                                 "such as [one, two], not a map"},
    /* a fault is told once */
    {"size: ${UNSET}", "/etc/t/f.yaml:2:7: ${UNSET} is not set in the environment; set it, or give "
                       "a default: ${UNSET:-...}"},
    {"to: [\"${UNSET}\"]", "/etc/t/f.yaml:2:6: ${UNSET} is not set in the environment; set it, or "
                           "give a default: ${UNSET:-...}"},
    /* and all are told */
    {"size: x\nlimit: y",
        "/etc/t/f.yaml:2:7: sink soc: \"size\" must be a whole number such as 10, not \"x\"\n"
        "/etc/t/f.yaml:3:8: sink soc: \"limit\" must be a size such as 512, 64k, 1m or 2g, not "
        "\"y\""},
};

static void test_what_is_wrong_is_told_with_place_and_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        auto_scene struct scene scene;
        auto_free char *text = text_format("url: https://a.example\n%s\n", faults[i].text);
        scene_play(&scene, text);
        auto_free char *all = told(&scene.problems);
        assert_string_equal(all, faults[i].told);
        assert_false(scene.is_ok);
    }
}

static void test_what_is_required_must_be_there(void **state)
{
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"size: 1", "/etc/t/f.yaml:1:1: sink soc: \"url\" is required"},
        {"", "/etc/t/f.yaml:1:1: sink soc: \"url\" is required"},
        {"url:", "/etc/t/f.yaml:1:5: sink soc: \"url\" is required, but holds nothing"},
        {"url: ''", "/etc/t/f.yaml:1:6: sink soc: \"url\" is required, but holds nothing"},
        {"url: []", "/etc/t/f.yaml:1:6: sink soc: \"url\" is required, but holds nothing"},
        {"url: #x",
            "/etc/t/f.yaml:1:5: sink soc: \"url\" is required, but holds nothing (what follows "
            "# is a comment; quote it if it is meant)"},
        {"url: ${EMPTY}",
            "/etc/t/f.yaml:1:6: sink soc: \"url\" is required, but the value of ${EMPTY} is empty"},
        {"url: [x]", "/etc/t/f.yaml:1:6: sink soc: \"url\" must be a text, not a list"},
        {"url: pl4nted", "/etc/t/f.yaml:1:6: sink soc: \"url\" must be a URL such as "
                         "https://host.example/path: it has no scheme (https://...)"},
        {"[a]", "/etc/t/f.yaml:1:1: sink soc: must be a map of options, not a list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_scene struct scene scene;
        scene_play(&scene, rows[i].text);
        auto_free char *all = told(&scene.problems);
        assert_string_equal(all, rows[i].told);
        assert_false(scene.is_ok);
    }
}

static void test_types_have_names(void **state)
{
    (void)state;
    assert_string_equal(option_type_name(TOCSIN_TEXT), "text");
    assert_string_equal(option_type_name(TOCSIN_DURATION), "duration");
    assert_string_equal(option_type_name(TOCSIN_MAP), "map");
    assert_null(option_type_name(0));
    assert_null(option_type_name(TOCSIN_MAP + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fallbacks_stand_where_nothing_is_written),
        cmocka_unit_test(test_what_is_written_counts),
        cmocka_unit_test(test_empty_turns_an_optional_url_path_or_secret_off),
        cmocka_unit_test(test_secrets_are_remembered),
        cmocka_unit_test(test_what_a_hidden_list_or_map_holds_is_remembered),
        cmocka_unit_test(test_what_is_wrong_is_told_with_place_and_example),
        cmocka_unit_test(test_what_is_required_must_be_there),
        cmocka_unit_test(test_types_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
