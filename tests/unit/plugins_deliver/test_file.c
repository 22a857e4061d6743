/* A line stands in the file whole, whatever others do to it. */
#include "../cmocka_setup.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "deliver_host.h"

/* A folder of the test's own, with room for one path below it at a time. */
struct place {
    char folder[64];
    char path[128];
};

static int set_up(void **state)
{
    struct place *place = mem_alloc(sizeof *place);

    snprintf(place->folder, sizeof place->folder, "/tmp/tocsin-file-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/events.jsonl", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    auto_buf struct buf rotated = {0};

    buf_printf(&rotated, "%s.1", place->path);
    unlink(buf_text(&rotated));
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct deliver_host *sink_create(const char *path, const char *extra)
{
    auto_buf struct buf option = {0};

    buf_printf(&option, "path=%s", path);
    const char *settings[] = {buf_text(&option), extra, NULL};
    return deliver_host_create("PLUGIN_FILE", settings);
}

static struct tocsin_message named(const char *title)
{
    struct tocsin_message message = sample_message();

    message.title = title;
    return message;
}

static void assert_delivered(struct deliver_host *sink, const char *title)
{
    const struct tocsin_message message = named(title);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);

    if (outcome.result != TOCSIN_DELIVERED)
        fail_msg("%s", outcome.reason);
}

static void assert_fails(struct deliver_host *sink, uint32_t result, const char *expected)
{
    const struct tocsin_message message = named("lost");
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);

    assert_int_equal(outcome.result, result);
    if (!outcome.reason || !strstr(outcome.reason, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, outcome.reason);
}

/* Each line's title, or "?" for a line that is no JSON, divided by blanks. The caller frees it. */
static char *titles_of(const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf titles = {0};
    char *line = NULL;
    size_t room = 0;

    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        auto_json json_t *document = json_loads(line, 0, NULL);
        const char *title = json_string_value(json_object_get(document, "title"));
        buf_printf(&titles, "%s%s", titles.len ? " " : "", title ? title : "?");
    }
    free(line);
    fclose(file);
    buf_text(&titles);
    return titles.data;
}

static void assert_titles(const char *path, const char *expected)
{
    auto_free char *titles = titles_of(path);

    assert_string_equal(titles, expected);
}

static void test_a_line_has_all_that_is_known(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);
    struct tocsin_message message = sample_message();
    char line[4096];

    message.text_plain = "two\nlines";
    message.marks = TOCSIN_REPEAT | TOCSIN_FALLBACK;
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    FILE *file = fopen(place->path, "re");

    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_string_equal(line,
        "{\"delivery\":\"d4f1-17\",\"attempt\":1,\"sink\":\"duty-mail\","
        "\"rule\":\"urgent alerts wake people\",\"type\":\"alert\",\"action\":\"created\","
        "\"thread\":\"8f0c5b1e-0000-4000-8000-000000000001\",\"time\":\"2026-11-23T10:00:00.123Z\","
        "\"level\":\"urgent\",\"urgency\":85,\"title\":\"Mimikatz on DC01\","
        "\"text\":\"two\\nlines\",\"link\":\"https://app.example.org/alerts/AL-1?a=1&b=2\","
        "\"facts\":[{\"label\":\"Urgency\",\"value\":\"85 / 100 (Urgent)\"},"
        "{\"label\":\"Status\",\"value\":\"Ongoing\"},{\"label\":\"Entity\",\"value\":\"Acme, "
        "Paris\"},{\"label\":\"Source\",\"value\":\"10.0.0.7\"}],"
        "\"marks\":[\"possible_repeat\",\"fallback\"],\"event\":{}}\n");
    deliver_host_destroy(sink);
}

static void test_what_is_unknown_is_null(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);
    struct tocsin_message message = sample_message();
    static const char *const names[] = {"rule", "action", "thread", "link", "urgency", "time"};
    json_error_t fault;

    message.rule = message.action = message.thread = "";
    message.link = NULL;
    message.urgency = -1;
    message.time_ms = INT64_MAX;
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    auto_json json_t *document = json_load_file(place->path, 0, &fault);

    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(json_is_null(json_object_get(document, names[i])));
    deliver_host_destroy(sink);
}

static void test_lines_are_appended_to_what_is_there(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, "fsync=true");

    assert_delivered(sink, "first");
    deliver_host_destroy(sink);
    sink = sink_create(place->path, NULL);
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    assert_titles(place->path, "first second");
}

static void test_a_file_that_was_renamed_or_removed_is_made_anew(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);
    auto_buf struct buf old = {0};

    buf_printf(&old, "%s.1", place->path);
    assert_delivered(sink, "before");
    assert_int_equal(rename(place->path, buf_text(&old)), 0);
    assert_delivered(sink, "after");
    assert_titles(buf_text(&old), "before");
    assert_titles(place->path, "after");
    assert_int_equal(unlink(place->path), 0);
    assert_delivered(sink, "again");
    assert_titles(place->path, "again");
    deliver_host_destroy(sink);
}

static void test_a_file_that_was_cut_in_place_goes_on_at_its_end(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);

    assert_delivered(sink, "before");
    assert_int_equal(truncate(place->path, 0), 0);
    assert_delivered(sink, "after");
    assert_titles(place->path, "after");
    deliver_host_destroy(sink);
}

static void test_a_torn_line_stands_alone(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);
    FILE *file = fopen(place->path, "we");

    fputs("{\"title\":\"tor", file);
    fclose(file);
    assert_delivered(sink, "whole");
    assert_titles(place->path, "? whole");
    deliver_host_destroy(sink);
}

static void test_a_new_file_has_the_permissions_that_were_asked_for(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, "mode=0664");
    mode_t mask = umask(077);
    struct stat made;

    assert_delivered(sink, "first");
    umask(mask);
    assert_int_equal(stat(place->path, &made), 0);
    assert_int_equal(made.st_mode & 07777, 0664);
    assert_int_equal(chmod(place->path, 0600), 0);
    deliver_host_destroy(sink);
    sink = sink_create(place->path, "mode=0664");
    assert_delivered(sink, "second");
    assert_int_equal(stat(place->path, &made), 0);
    assert_int_equal(made.st_mode & 07777, 0600); /* somebody else's decision */
    deliver_host_destroy(sink);
}

static void test_half_a_line_is_taken_back(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);
    struct rlimit before, small;
    struct stat made;

    assert_delivered(sink, "first");
    assert_int_equal(stat(place->path, &made), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){(rlim_t)made.st_size + 100, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_fails(sink, TOCSIN_RETRY, "write: File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_titles(place->path, "first");
    assert_delivered(sink, "second");
    assert_titles(place->path, "first second");
    deliver_host_destroy(sink);
}

static void test_what_must_be_mended_first_holds_the_sink(void **state)
{
    struct place *place = *state;
    auto_buf struct buf nowhere = {0};
    struct deliver_host *sink;

    buf_printf(&nowhere, "%s/none/events.jsonl", place->folder);
    sink = sink_create(buf_text(&nowhere), NULL);
    assert_fails(
        sink, TOCSIN_UNUSABLE, "open: No such file or directory (its folder must be there)");
    deliver_host_destroy(sink);
    sink = sink_create(place->folder, NULL);
    assert_fails(sink, TOCSIN_UNUSABLE, "open: Is a directory");
    deliver_host_destroy(sink);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    sink = sink_create(place->path, NULL);
    assert_fails(sink, TOCSIN_UNUSABLE, "(nobody reads this pipe)");
    deliver_host_destroy(sink);
}

static void test_a_full_disk_is_tried_again(void **state)
{
    struct deliver_host *sink = sink_create("/dev/full", NULL);

    (void)state;
    assert_fails(sink, TOCSIN_RETRY, "/dev/full: write: No space left on device");
    deliver_host_destroy(sink);
}

static void test_a_pipe_that_nobody_empties_ends_at_the_deadline(void **state)
{
    struct place *place = *state;
    struct tocsin_message message = named("long");
    auto_free char *text = mem_alloc(300001);

    memset(text, 'x', 300000);
    message.text_plain = text;
    assert_int_equal(mkfifo(place->path, 0600), 0);
    int reader = open(place->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct deliver_host *sink = sink_create(place->path, NULL);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);

    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_true(outcome.maybe_sent);
    assert_in_range(outcome.took_ms, 250, 5000);
    close(reader);
    deliver_host_destroy(sink);
}

static void test_another_who_holds_the_file_is_waited_for(void **state)
{
    struct place *place = *state;
    struct deliver_host *sink = sink_create(place->path, NULL);

    assert_delivered(sink, "first");
    int other = open(place->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_fails(sink, TOCSIN_RETRY, "lock: Connection timed out");
    close(other);
    assert_delivered(sink, "second");
    assert_titles(place->path, "first second");
    deliver_host_destroy(sink);
}

enum {
    LINES = 200,
    WRITERS = 4
};

static void *write_lines(void *arg)
{
    struct deliver_host *sink = arg;

    for (int i = 0; i < LINES; i++)
        assert_delivered(sink, "one");
    return NULL;
}

static void test_several_writers_part_no_line(void **state)
{
    struct place *place = *state;
    struct deliver_host *sinks[WRITERS];
    pthread_t threads[WRITERS];

    for (size_t i = 0; i < WRITERS; i++)
        sinks[i] = sink_create(place->path, NULL);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, sinks[i]), 0);
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        deliver_host_destroy(sinks[i]);
    }
    auto_free char *titles = titles_of(place->path);
    assert_int_equal(strlen(titles), strlen("one ") * WRITERS * LINES - 1);
    assert_null(strchr(titles, '?'));
}

static void test_check_names_the_option(void **state)
{
    static const struct {
        const char *path, *extra, *why;
    } rows[] = {
        {"/var/log/", NULL, "path: a folder; name the file in it"},
        {"/var/log/x", "mode=rw-r-----", "mode: no permissions in octal, such as 0640"},
        {"/var/log/x", "mode=1777", "mode: no permissions in octal, such as 0640"},
        {"/var/log/x", "mode=0888", "mode: no permissions in octal, such as 0640"},
        {"/var/log/x", "mode=", "mode: no permissions in octal, such as 0640"},
        {"/var/log/x", "mode=0440", "mode: tocsin itself could not append to the file"},
        {"/var/log/x", "mode=664", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_host *sink = sink_create(rows[i].path, rows[i].extra);
        const char *why = deliver_host_check(sink);
        assert_true(!why == !rows[i].why);
        if (why && rows[i].why)
            assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        deliver_host_destroy(sink);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_line_has_all_that_is_known),
        STORY(test_what_is_unknown_is_null),
        STORY(test_lines_are_appended_to_what_is_there),
        STORY(test_a_file_that_was_renamed_or_removed_is_made_anew),
        STORY(test_a_file_that_was_cut_in_place_goes_on_at_its_end),
        STORY(test_a_torn_line_stands_alone),
        STORY(test_a_new_file_has_the_permissions_that_were_asked_for),
        STORY(test_half_a_line_is_taken_back),
        STORY(test_what_must_be_mended_first_holds_the_sink),
        cmocka_unit_test(test_a_full_disk_is_tried_again),
        STORY(test_a_pipe_that_nobody_empties_ends_at_the_deadline),
        STORY(test_another_who_holds_the_file_is_waited_for),
        STORY(test_several_writers_part_no_line),
        cmocka_unit_test(test_check_names_the_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
