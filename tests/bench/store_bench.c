/* What an event costs the store: accept, route to two sinks with both claimed, settle both; in
 * groups that share their commits. Prints processor time, wall time and bytes written an event.
 * Arguments: events, group, bytes of body, bytes of object, folder. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/journal.h"
#include "store/sqlite.h"

enum {
    sinks = 2,
};

struct bench {
    struct event_base *base;
    struct journal *journal;
    size_t group, open;
    int64_t accepted;
    char *body, *object;
    size_t body_len, object_len;
    size_t settled, settling; /* of the group */
    struct store_settle *settles;
};

struct slot {
    struct bench *bench;
    store_id event;
    char thread[48];
};

static void check(const struct error *error)
{
    if (!error->text)
        return;
    fprintf(stderr, "store_bench: %s\n", error->text);
    exit(1);
}

static void wait_for_all(struct bench *bench)
{
    while (bench->open > 0)
        event_base_loop(bench->base, EVLOOP_ONCE);
}

static void on_accepted(const struct error *error, const struct store_accepted *accepted, void *arg)
{
    struct slot *slot = arg;

    check(error);
    slot->event = accepted->event;
    slot->bench->open--;
}

static void accept_group(struct bench *bench, struct slot *slots)
{
    char key[80];

    for (size_t i = 0; i < bench->group; i++) {
        int64_t serial = ++bench->accepted;
        uint64_t mixed = (uint64_t)serial * UINT64_C(0x9e3779b97f4a7c15);
        snprintf(slots[i].thread, sizeof slots[i].thread, "%016" PRIx64 "-4f6b-b1a2", mixed);
        snprintf(key, sizeof key, "%016" PRIx64 "%016" PRIx64 "0123456789abcdef0123456789abcdef",
            mixed, ~mixed);
        slots[i].bench = bench;
        bench->open++;
        bench->journal->ops->accept(bench->journal,
            &(struct store_accept){.hook = "soc",
                .type = "alert",
                .action = "created",
                .thread = slots[i].thread,
                .dedupe = key,
                .dedupe_ms = 600000,
                .at_ms = clock_wall_ms(),
                .now_ms = clock_steady_ms(),
                .body = bench->body,
                .body_len = bench->body_len,
                .claim = true},
            on_accepted, &slots[i]);
    }
    wait_for_all(bench);
}

static void on_routed(const struct error *error, const struct store_routed *routed, size_t count,
    const store_id *objects, size_t object_count, void *arg)
{
    struct bench *bench = arg;

    (void)objects;
    (void)object_count;
    check(error);
    for (size_t i = 0; i < count; i++)
        bench->settles[bench->settling++] = (struct store_settle){.delivery = routed[i].delivery,
            .claim = routed[i].claim,
            .result = STORE_DELIVERED,
            .took_ms = 20,
            .status = 200};
    bench->open--;
}

static void route_group(struct bench *bench, const struct slot *slots)
{
    const struct store_object object = {
        .name = "alert", .status = "found", .bytes = bench->object, .len = bench->object_len};

    for (size_t i = 0; i < bench->group; i++) {
        int64_t now_ms = clock_steady_ms();
        struct store_delivery deliveries[sinks] = {
            {.sink = "soc-teams",
                .rule = "urgent alerts wake people",
                .level = 4,
                .due_ms = now_ms,
                .claim = true},
            {.sink = "siem",
                .rule = "everything else is for the record",
                .level = 1,
                .due_ms = now_ms,
                .claim = true},
        };
        bench->open++;
        bench->journal->ops->route(bench->journal,
            &(struct store_route){.event = slots[i].event,
                .at_ms = clock_wall_ms(),
                .now_ms = now_ms,
                .thread = slots[i].thread,
                .objects = &object,
                .object_count = 1,
                .trace = "{\"rules\":[{\"rule\":\"urgent alerts wake people\",\"line\":2,"
                         "\"matched\":true}]}",
                .deliveries = deliveries,
                .delivery_count = sinks},
            on_routed, bench);
    }
    wait_for_all(bench);
}

static void on_settled(const struct error *error, enum store_settled settled, void *arg)
{
    struct bench *bench = arg;

    (void)settled;
    check(error);
    bench->open--;
}

static void settle_group(struct bench *bench)
{
    for (size_t i = 0; i < bench->settling; i++) {
        bench->settles[i].at_ms = clock_wall_ms();
        bench->open++;
        bench->journal->ops->settle(bench->journal, &bench->settles[i], on_settled, bench);
    }
    bench->settling = 0;
    wait_for_all(bench);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Handed to write() and its kin. */
static double bytes_written(void)
{
    FILE *file = fopen("/proc/self/io", "re");
    double bytes = 0;

    if (!file || fscanf(file, "rchar: %*s wchar: %lf", &bytes) != 1)
        fputs("store_bench: /proc/self/io does not say what was written\n", stderr);
    if (file)
        fclose(file);
    return bytes;
}

static void run(struct bench *bench, int64_t events)
{
    struct slot *slots = mem_alloc(bench->group * sizeof *slots);

    bench->settles = mem_alloc(bench->group * sinks * sizeof *bench->settles);
    double cpu = cpu_us(), bytes = bytes_written();
    int64_t wall_ms = clock_mono_ms();
    while (bench->accepted < events) {
        accept_group(bench, slots);
        route_group(bench, slots);
        settle_group(bench);
    }
    double each = (double)bench->accepted;
    printf("%" PRId64
           " events in groups of %zu: %.1f us of processor, %.1f us of wall time, %.1f kB "
           "written each\n",
        bench->accepted, bench->group, (cpu_us() - cpu) / each,
        (double)(clock_mono_ms() - wall_ms) * 1e3 / each, (bytes_written() - bytes) / 1e3 / each);
    free(slots);
    free(bench->settles);
}

static size_t argument(int argc, char **argv, int position, size_t fallback)
{
    return argc > position ? strtoul(argv[position], NULL, 10) : fallback;
}

/* Some JSON-like bytes; what they are matters to nobody here. */
static char *filler(size_t len)
{
    char *bytes = mem_alloc(len + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + i % 26);
    return bytes;
}

int main(int argc, char **argv)
{
    struct logger logger = {.threshold = LOG_LEVEL_WARN};
    auto_error struct error error = {0};
    struct bench bench = {.group = argument(argc, argv, 2, 64),
        .body_len = argument(argc, argv, 3, 1000),
        .object_len = argument(argc, argv, 4, 3000)};
    char *folder = text_format("%s/tocsin-bench-XXXXXX", argc > 5 ? argv[5] : "/tmp");
    char *path = mkdtemp(folder) ? text_format("%s/ledger.db", folder) : NULL;

    bench.base = event_base_new();
    bench.journal = path ? sqlite_journal_open(path, 0, bench.base, &logger, &error) : NULL;
    if (!bench.journal) {
        fprintf(stderr, "store_bench: %s\n", path ? error_text(&error) : "no folder to work in");
        return 1;
    }
    bench.body = filler(bench.body_len);
    bench.object = filler(bench.object_len);
    run(&bench, (int64_t)argument(argc, argv, 1, 20000));
    bench.journal->ops->close(bench.journal);
    event_base_free(bench.base);
    free(bench.body);
    free(bench.object);
    char *lock = text_format("%s.lock", path);
    unlink(lock);
    unlink(path);
    rmdir(folder);
    free(lock);
    free(path);
    free(folder);
    return 0;
}
