#include "../cmocka_setup.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "build_config.h"
#include "rule/pattern.h"

static void test_without_pcre2_there_are_no_patterns(void **state)
{
    struct patterns *patterns = patterns_create();
    auto_error struct error error = {0};

    (void)state;
    assert_int_equal(patterns_add(patterns, "a", &error) != NULL, HAVE_PCRE2);
    if (!HAVE_PCRE2)
        assert_non_null(strstr(error_text(&error), "built without PCRE2"));
    patterns_destroy(patterns);
}

#if HAVE_PCRE2

static bool search(const char *pattern_text, const char *text, const char **limit)
{
    struct patterns *patterns = patterns_create();
    const struct pattern *pattern = patterns_add(patterns, pattern_text, NULL);

    assert_non_null(pattern);
    size_t steps = 0;
    *limit = NULL;
    bool is_found = pattern_search(pattern, text, strlen(text), &steps, limit);
    patterns_destroy(patterns);
    return is_found;
}

static void test_patterns_are_searched_for(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool is_found;
    } rows[] = {
        {"b", "abc", true},
        {"B", "abc", false},
        {"(?i)B", "abc", true},
        {"^b", "abc", false},
        {"c$", "abc", true},
        {"^$", "", true},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"(?m)^b$", "a\nb\nc", true},
        {"(a)(b)(c)(d)?", "abc", true}, /* more groups than there is room for */
        {"^.$", "\xc3\xa9", true},      /* one character, two bytes */
        {"^\\w+$", "\xc3\xa9t\xc3\xa9", true},
        {"(?i)\xc3\x89", "\xc3\xa9", true},
        {"\\bfoo\\b", "a foo b", true},
        {"\\bfoo\\b", "a food b", false},
        {"^(?!.*test).*$", "a production host", true},
        {"(\\d+)-\\1", "12-12", true},
        {"\\x{1f600}", "\xf0\x9f\x98\x80", true},
    };
    const char *limit;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool is_found = search(rows[i].pattern, rows[i].text, &limit);
        if (is_found != rows[i].is_found)
            print_message("# %s\n", rows[i].pattern);
        assert_int_equal(is_found, rows[i].is_found);
        assert_null(limit);
    }
}

static void test_faulty_patterns_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } rows[] = {
        {"a(b", "missing closing parenthesis, at offset 3"},
        {"a[b", "missing terminating ] for character class, at offset 3"},
        {"*a", "quantifier does not follow a repeatable item, at offset 0"},
        {"a\\", "\\ at end of pattern, at offset 2"},
        {"\xff", "UTF-8 error"},
        {"a\\C", "at offset 3"}, /* a single byte of a character */
        {"(?<=a+)b", "lookbehind assertion is not "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patterns *patterns = patterns_create();
        auto_error struct error error = {0};
        assert_null(patterns_add(patterns, rows[i].pattern, &error));
        if (!strstr(error_text(&error), rows[i].reason))
            print_message("# %s: %s\n", rows[i].pattern, error_text(&error));
        assert_non_null(strstr(error_text(&error), rows[i].reason));
        patterns_destroy(patterns);
    }
}

static void test_the_same_pattern_is_compiled_once(void **state)
{
    struct patterns *patterns = patterns_create();
    const struct pattern *first = patterns_add(patterns, "a+", NULL);

    (void)state;
    assert_ptr_not_equal(first, patterns_add(patterns, "a*", NULL));
    assert_ptr_equal(first, patterns_add(patterns, "a+", NULL));
    patterns_destroy(patterns);
}

/* So many of one character, and then the rest. */
static char *run_of(char byte, size_t count, const char *rest)
{
    struct buf text = {0};

    for (size_t i = 0; i < count; i++)
        buf_putc(&text, byte);
    buf_puts(&text, rest);
    return buf_take(&text);
}

/* Without the limits, each of these takes from seconds to ages. */
static void test_hostile_texts_end_at_a_limit(void **state)
{
    static const struct {
        const char *pattern;
        char byte;
        size_t count;
        const char *rest;
    } rows[] = {
        {"(a+)+$", 'a', 60, "!"},
        {"^(\\w+\\s?)*$", 'x', 200, "!"},
        {"(x+x+)+[yz]", 'x', 20000, ""},
        {"a.*[bc]", 'a', 99000, ""},                /* below PCRE2's limit at each place */
        {"\\s+(?:END|FIN)", ' ', 99000, "END!FIN"}, /* found, if one waits */
        {"(?:a|b)*[cd]", 'a', 3000000, ""},
        {"a.*a.*a.*[bc]", 'a', 9000, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *limit;
        auto_free char *text = run_of(rows[i].byte, rows[i].count, rows[i].rest);
        bool is_found = search(rows[i].pattern, text, &limit);
        assert_true(is_found || limit);
        assert_false(is_found && limit);
    }
}

/* Long texts that are not hostile are searched to their end. */
static void test_long_texts_are_searched(void **state)
{
    static const char *const patterns[] = {"needle$", "\\w+@evil\\.example", "(?i)NEEDLE",
        "^.*needle", "\\bneedle\\b", "n(?:e|x)+dle"};
    const char *limit;
    auto_buf struct buf text = {0};

    (void)state;
    while (text.len < 150000)
        buf_puts(&text, "The quick brown fox, user=me@good.example, jumped\n");
    buf_puts(&text, "root@evil.example needle");
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        bool is_found = search(patterns[i], buf_text(&text), &limit);
        if (!is_found && i != 3)
            print_message("# %s: %s\n", patterns[i], limit ? limit : "no");
        assert_int_equal(is_found, i != 3); /* `.` ends with the line, `^` begins the text */
        assert_null(limit);
    }
}

/* As those of a list's elements do: one after the other stays below the limit. */
static void test_searches_share_their_steps(void **state)
{
    struct patterns *patterns = patterns_create();
    const struct pattern *pattern = patterns_add(patterns, "(a+)+$", NULL);
    const char *limit = NULL;
    size_t steps = 0, searches = 0;

    (void)state;
    for (; !limit && searches < 10000; searches++)
        assert_false(pattern_search(pattern, "aaaaaaaaaaaa!", 13, &steps, &limit));
    assert_true(searches > 1 && searches < 10000);
    assert_string_equal(limit, "1,000,000 steps");
    limit = NULL;
    assert_false(pattern_search(pattern, "a", 1, &steps, &limit)); /* it is too late for any */
    assert_string_equal(limit, "1,000,000 steps");
    patterns_destroy(patterns);
}

static void test_a_search_that_gave_up_spoils_no_other(void **state)
{
    struct patterns *patterns = patterns_create();
    const struct pattern *bad = patterns_add(patterns, "(a+)+$", NULL);
    const struct pattern *good = patterns_add(patterns, "b", NULL);
    auto_free char *text = run_of('a', 60, "!b!");

    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *limit = NULL;
        size_t steps = 0;
        assert_false(pattern_search(bad, text, strlen(text), &steps, &limit));
        assert_non_null(limit);
        limit = NULL;
        assert_true(pattern_search(good, text, strlen(text), &steps, &limit));
        assert_false(pattern_search(good, "xyz", 3, &steps, &limit));
        assert_null(limit);
    }
    patterns_destroy(patterns);
}

struct shared_search {
    const struct pattern *good, *bad;
    const char *text;
    int wrong;
};

static void *search_often(void *arg)
{
    struct shared_search *shared = arg;

    for (int i = 0; i < 200; i++) {
        const char *limit = NULL;
        size_t steps = 0;
        shared->wrong += !pattern_search(shared->good, "abc", 3, &steps, &limit) || limit;
        if (i % 20 == 0)
            shared->wrong +=
                pattern_search(shared->bad, shared->text, strlen(shared->text), &steps, &limit) ||
                !limit;
    }
    return NULL;
}

static void test_several_threads_search_at_once(void **state)
{
    enum {
        threads = 4,
    };
    struct patterns *patterns = patterns_create();
    auto_free char *text = run_of('a', 40, "!");
    struct shared_search shared[threads];
    pthread_t running[threads];

    (void)state;
    for (size_t i = 0; i < threads; i++)
        shared[i] = (struct shared_search){
            patterns_add(patterns, "b", NULL), patterns_add(patterns, "(a+)+$", NULL), text, 0};
    for (size_t i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&running[i], NULL, search_often, &shared[i]), 0);
    for (size_t i = 0; i < threads; i++) {
        assert_int_equal(pthread_join(running[i], NULL), 0);
        assert_int_equal(shared[i].wrong, 0);
    }
    patterns_destroy(patterns);
}

/* As systemd's MemoryDenyWriteExecute= does: no memory becomes code. */
static bool deny_new_code(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int search_without_new_code(void)
{
    const char *limit;

    if (!deny_new_code())
        return 2;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
        return 3;
    if (!search("b+c", "abbc", &limit) || search("b+d", "abbc", &limit) || limit)
        return 4;
    auto_free char *text = run_of('a', 60, "!");
    return search("(a+)+$", text, &limit) || !limit ? 5 : 0;
}

static void test_patterns_work_where_no_code_can_be_made(void **state)
{
    int status;

    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(search_without_new_code());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_pcre2_there_are_no_patterns),
#if HAVE_PCRE2
        cmocka_unit_test(test_patterns_are_searched_for),
        cmocka_unit_test(test_faulty_patterns_are_refused_with_the_reason),
        cmocka_unit_test(test_the_same_pattern_is_compiled_once),
        cmocka_unit_test(test_hostile_texts_end_at_a_limit),
        cmocka_unit_test(test_long_texts_are_searched),
        cmocka_unit_test(test_searches_share_their_steps),
        cmocka_unit_test(test_a_search_that_gave_up_spoils_no_other),
        cmocka_unit_test(test_several_threads_search_at_once),
        cmocka_unit_test(test_patterns_work_where_no_code_can_be_made),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
