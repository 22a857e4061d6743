/* Far ends that do not answer as they should, and a daemon that stops: for deliver plugins. */
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "sink/plugin.h"
#include "probe/probe.h"
#include "probe/values.h"
#include "probe/specimen.h"

static const char *const manners[PEER_COUNT] = {
    [PEER_REFUSES] = "a far end that refuses",
    [PEER_SILENT] = "a far end that never answers",
    [PEER_STUCK] = "a far end that takes nothing",
    [PEER_CLOSES] = "a far end that closes at once",
    [PEER_RESETS] = "a far end that resets",
    [PEER_DRIPS] = "a far end that answers a byte at a time",
    [PEER_BABBLES] = "a far end that answers nonsense",
};

struct round {
    struct probe *probe;
    const struct specimen *specimen;
    enum probe_peer peer;
    bool is_one_way; /* what was sent counts: the protocol has no answer */
};

enum {
    arrival_ms = 3000, /* for what was sent to be read, on a busy machine */
};

/* Delivered means that the far end said so, or, where it never says anything, that it got it. */
static void check_delivered(
    struct round *round, const struct probe_call *call, const char *function, uint64_t before)
{
    bool is_silent = round->peer == PEER_SILENT;

    if (is_silent)
        round->is_one_way = probe_awaits(round->probe, round->peer, before, arrival_ms);
    if (probe_values_are_datagrams(round->probe->values) ||
        (round->is_one_way && round->peer != PEER_REFUSES))
        return;
    probe_find(call, CHECK_PEERS, function, "says delivered, although %s: that would lose it",
        is_silent ? "it got nothing" : "nobody said so");
}

static void check_result(struct round *round, const struct probe_call *call,
    const struct tocsin_outcome *outcome, uint64_t before)
{
    const char *manner = manners[round->peer];
    auto_free char *function = text_format("deliver` to `%s", manner);

    if (!probe_outcome(call, CHECK_PEERS, function, outcome, false))
        return;
    if (outcome->result == TOCSIN_REJECTED)
        probe_find(call, CHECK_PEERS, function,
            "says rejected, and the message would be lost: it is the far end's fault, so say "
            "TOCSIN_RETRY");
    if (outcome->result == TOCSIN_DELIVERED)
        check_delivered(round, call, function, before);
}

static void check_time(
    const struct round *round, const struct probe_call *call, int64_t took_ms, int64_t allowed_ms)
{
    auto_free char *function = text_format("deliver` to `%s", manners[round->peer]);

    if (took_ms > allowed_ms + round->probe->board->grace_ms)
        probe_find(call, CHECK_DEADLINE, function,
            "takes %lld ms where %lld were allowed: wait with host->wait, which knows the "
            "deadline",
            (long long)took_ms, (long long)allowed_ms);
}

/* An instance that knows no far end yet; the attempt is at the peer. */
static void meet(struct round *round)
{
    struct probe *probe = round->probe;
    struct probe_board *board = probe->board;
    struct probe_config *config =
        probe_config_create(probe->values, 0, board->ports[round->peer], NULL);
    void *instance = config ? probe_open_instance(probe, config) : NULL;
    struct tocsin_outcome outcome;
    struct probe_call call;

    if (instance) {
        uint64_t before = atomic_load(&board->received[round->peer]);
        probe_call_init(&call, probe, config, round->specimen);
        probe->check = CHECK_DEADLINE;
        int64_t took_ms = probe_attempt(&call, instance, &outcome);
        call.with = "";
        probe_close(probe, config, instance);
        probe->config = config;
        check_time(round, &call, took_ms, PROBE_DEADLINE_MS);
        check_result(round, &call, &outcome, before);
        probe_call_finish(&call);
    }
    probe_config_destroy(config);
}

/* host->wait returns -1 from the first call on, and time_left_ms is 0 in the second case. */
static void stop(struct round *round, bool is_stopping)
{
    struct probe *probe = round->probe;
    struct probe_config *config =
        probe_config_create(probe->values, 0, probe->board->ports[PEER_SILENT], NULL);
    void *instance = config ? probe_open_instance(probe, config) : NULL;
    auto_close int stop_fd = eventfd(is_stopping ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct tocsin_outcome outcome;
    struct probe_call call;

    if (instance) {
        int64_t before_ms = clock_mono_ms();
        probe_call_init(&call, probe, config, round->specimen);
        probe->check = CHECK_DEADLINE;
        probe_deliver(&call, instance, is_stopping ? PROBE_DEADLINE_MS : 0, stop_fd, &outcome);
        int64_t took_ms = clock_mono_ms() - before_ms;
        call.with = "";
        if (took_ms > (is_stopping ? PROBE_DEADLINE_MS : 0) + probe->board->grace_ms)
            probe_find(&call, CHECK_DEADLINE, "deliver",
                "takes %lld ms although %s: go back when host->wait says -1", (long long)took_ms,
                is_stopping ? "the daemon stops" : "its deadline has passed already");
        probe_outcome(&call, CHECK_PEERS, "deliver", &outcome, false);
        probe_call_finish(&call);
        probe_close(probe, config, instance);
    }
    probe_config_destroy(config);
}

/* Once is enough: each costs as much again. */
static bool is_late(const struct round *round)
{
    return probe_board_count(round->probe->board, CHECK_DEADLINE) > 0;
}

static void meet_all(struct round *round)
{
    for (int peer = 0; peer < PEER_COUNT && !is_late(round); peer++) {
        round->peer = (enum probe_peer)peer;
        if (manners[peer])
            meet(round);
    }
    probe_board_pass(round->probe->board, CHECK_PEERS,
        "far ends that refuse, hang, close, reset and babble%s",
        round->is_one_way ? "; it waits for no answer: what was handed over counts as delivered"
                          : "");
}

void probe_peers(struct probe *probe)
{
    struct specimens specimens;

    if (!plugin_blocks(probe->plugin)) {
        probe_board_excuse(probe->board, CHECK_PEERS, "the host makes its requests");
        probe_board_excuse(probe->board, CHECK_DEADLINE, "the host makes its requests");
        return;
    }
    specimens_init(&specimens, (enum flavour)probe->plugin->descriptor.flavour);
    struct round round = {.probe = probe, .specimen = &specimens.items[0]};
    if (probe_values_have_peer(probe->values))
        meet_all(&round);
    else
        probe_board_excuse(probe->board, CHECK_PEERS,
            "no option is a URL (or write {peer} in one: -o KEY={peer})");
    for (int is_stopping = 0; is_stopping < 2 && !is_late(&round); is_stopping++)
        stop(&round, is_stopping);
    probe_board_pass(probe->board, CHECK_DEADLINE, "%d ms, and a daemon that stops, are obeyed",
        PROBE_DEADLINE_MS);
    specimens_finish(&specimens);
}
