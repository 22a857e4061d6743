/* A probe: this process calls a plugin in every way that the daemon does, and writes down how it
 * behaves. It may be ended by the plugin at any call: the board knows which. One thread. */
#ifndef TOCSIN_PROBE_PROBE_H
#define TOCSIN_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <tocsin/sink.h>

#include "sink/call.h"
#include "probe/board.h"

struct plugin;
struct probe_config;
struct probe_state;
struct probe_values;
struct specimen;

struct probe {
    struct probe_board *board; /* borrowed */
    const char *file;
    struct plugin *plugin;             /* owned */
    struct probe_values *values;       /* owned */
    struct probe_state *state;         /* owned: of the process before the plugin was loaded */
    struct tocsin_host host;           /* the daemon's, with a log that looks for secrets */
    enum probe_check check;            /* what the calls are for now */
    int sentinel_fd;                   /* it is ours, and nobody else has to close it */
    bool is_closed;                    /* and that was told */
    off_t output_seen;                 /* bytes of standard output and standard error */
    const struct probe_config *config; /* of the call under way; whose secrets must not be seen */
};

/* Does what the board's groups ask for, one after the other. given: "key=value", of options. */
void probe_run(struct probe_board *board, const char *file, const char *const *given, size_t count);

/* One call, with memory of its own. */
struct probe_call {
    struct call base; /* first: what the host's log is given */
    struct probe *probe;
    const struct probe_config *config; /* borrowed */
    const char *with;                  /* borrowed: "message `hostile`"; or "" */
    struct tocsin_message message;     /* a copy, which may be changed */
};

/* specimen may be NULL: then there is no message. */
void probe_call_init(struct probe_call *call, struct probe *probe,
    const struct probe_config *config, const struct specimen *specimen);
void probe_call_finish(struct probe_call *call);

/* The plugin's functions, each watched. What it hands over lives until probe_call_finish(). */
bool probe_ask(struct probe_call *call, const char **why); /* its check; true where it has none */
void *probe_open(struct probe_call *call, const char **why);
void probe_render(struct probe_call *call, void *instance, struct tocsin_request *request);
void probe_judge(struct probe_call *call, void *instance, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome);
void probe_deliver(struct probe_call *call, void *instance, int64_t deadline_ms, int stop_fd,
    struct tocsin_outcome *outcome);
void probe_close(struct probe *probe, const struct probe_config *config, void *instance);

/* Opens one with a call of its own; NULL is a finding. */
void *probe_open_instance(struct probe *probe, const struct probe_config *config);

/* Adds a finding about a call: "`render` with message `hostile` " goes before the words. */
void probe_find(const struct probe_call *call, enum probe_check check, const char *function,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether an outcome is one: its result, and its words. The finding goes to `check`. A result that
 * is not TOCSIN_DELIVERED must have a reason. */
bool probe_outcome(const struct probe_call *call, enum probe_check check, const char *function,
    const struct tocsin_outcome *outcome, bool may_repeat);

/* Attempts of a deliver plugin at a port, with the usual deadline. Returns how long it took. */
int64_t probe_attempt(struct probe_call *call, void *instance, struct tocsin_outcome *outcome);

/* Whether a far end got more than so many bytes: it counts in another process, and is waited for.
 */
bool probe_awaits(
    const struct probe *probe, enum probe_peer peer, uint64_t before, int64_t patience_ms);

/* "delivered", "retry", ... */
const char *probe_result_name(uint32_t result);

/* The groups; GROUP_DESCRIBE is probe_run()'s own. */
void probe_instances(struct probe *probe);
void probe_messages(struct probe *probe);
void probe_statuses(struct probe *probe);
void probe_peers(struct probe *probe);
void probe_leftovers(struct probe *probe);

#endif
