/* What stays behind: after some attempts and after very many, when every instance is closed. */
#include "base/clock.h"
#include "base/error.h"
#include "sink/plugin.h"
#include "probe/probe.h"
#include "probe/state.h"
#include "probe/values.h"
#include "probe/specimen.h"

enum {
    warm_up_ms = 200, /* and as many messages */
    least_rounds = 5,
    warm_ups = 20,
    tolerated = 512,      /* bytes: not every library is warm by then */
    most_ms = 1000,       /* of one series of rounds */
    lost_a_round = 16,    /* bytes: no block of malloc's is smaller */
    slow_render_ms = 100, /* as the daemon has it */
};

struct series {
    struct probe *probe;
    const struct probe_config *config;
    const struct specimen *specimen;
    void *instance;
    int64_t fastest_ms;
};

static void use(struct series *series, void *instance)
{
    struct tocsin_outcome outcome;
    struct tocsin_request request;
    struct probe_call call;
    int64_t before_ms = clock_mono_ms();

    probe_call_init(&call, series->probe, series->config, series->specimen);
    if (plugin_blocks(series->probe->plugin))
        probe_attempt(&call, instance, &outcome);
    else
        probe_render(&call, instance, &request);
    int64_t took_ms = clock_mono_ms() - before_ms;
    if (took_ms < series->fastest_ms)
        series->fastest_ms = took_ms;
    probe_call_finish(&call);
}

static void use_once(struct series *series)
{
    use(series, series->instance);
}

static void open_and_close(struct series *series)
{
    void *instance = probe_open_instance(series->probe, series->config);

    if (instance)
        use(series, instance);
    probe_close(series->probe, series->config, instance);
}

/* Runs it until it has to be clear; returns how often. */
static uint32_t repeat(struct series *series, void (*run)(struct series *series))
{
    uint32_t wanted = series->probe->board->rounds, done = 0;
    uint32_t least = wanted < least_rounds ? wanted : least_rounds;
    int64_t until_ms = clock_mono_ms() + most_ms;

    while (done < wanted && (done < least || clock_mono_ms() < until_ms)) {
        run(series);
        done++;
    }
    return done;
}

static uint32_t weigh(struct series *series, void (*run)(struct series *series), const char *what)
{
    int64_t until_ms = clock_mono_ms() + warm_up_ms;

    for (int i = 0; i < warm_ups && clock_mono_ms() < until_ms; i++)
        run(series);
    size_t before = probe_heap_in_use();
    uint32_t rounds = repeat(series, run);
    size_t after = probe_heap_in_use();

    if (rounds > 0 && after > before + tolerated + (size_t)rounds * lost_a_round)
        probe_board_find(series->probe->board, CHECK_MEMORY,
            "each %s leaves about %zu bytes behind (%u rounds): free what was allocated, or take "
            "it from host->alloc",
            what, (after - before) / rounds, rounds);
    return rounds;
}

static void check_speed(const struct series *series)
{
    bool is_render = !plugin_blocks(series->probe->plugin);

    if (is_render && series->fastest_ms > slow_render_ms)
        probe_board_find(series->probe->board, CHECK_CALLS,
            "`render` takes %lld ms at its fastest, in which the daemon does nothing else: do not "
            "wait in it (a plugin that has to is made as `deliver`)",
            (long long)series->fastest_ms);
}

/* One attempt for which a connection was made. */
static void use_a_connection(struct probe *probe, const struct specimen *specimen)
{
    struct probe_config *config =
        probe_config_create(probe->values, 0, probe->board->ports[PEER_SILENT], NULL);
    struct series series = {probe, config, specimen, NULL, INT64_MAX};

    if (config)
        open_and_close(&series);
    probe_config_destroy(config);
}

static void measure(struct series *series)
{
    struct probe *probe = series->probe;
    bool is_render = !plugin_blocks(probe->plugin);

    uint32_t opened = weigh(series, open_and_close, "`open` and `close`");
    series->instance = probe_open_instance(probe, series->config);
    if (!series->instance)
        return;
    uint32_t used = weigh(series, use_once, is_render ? "`render`" : "`deliver`");
    probe_close(probe, series->config, series->instance);
    probe_board_pass(
        probe->board, CHECK_MEMORY, "nothing lost in %u instances and %u messages", opened, used);
    check_speed(series);
}

void probe_leftovers(struct probe *probe)
{
    struct probe_config *config =
        probe_config_create(probe->values, 0, probe->board->ports[PEER_REFUSES], NULL);
    struct specimens specimens;

    probe->check = CHECK_LEFTOVERS;
    specimens_init(&specimens, (enum flavour)probe->plugin->descriptor.flavour);
    struct series series = {probe, config, &specimens.items[0], NULL, INT64_MAX};
    if (plugin_blocks(probe->plugin) && probe_values_have_peer(probe->values))
        use_a_connection(probe, series.specimen);
    if (config)
        measure(&series);
    probe_state_compare(probe->state, probe->board);
    probe_board_pass(probe->board, CHECK_LEFTOVERS,
        "no descriptor, thread or process after close; folder, umask, signals, locale and "
        "environment as before");
    specimens_finish(&specimens);
    probe_config_destroy(config);
}
