/* What a plugin says of itself, looked at without running any of its code. */
#ifndef TOCSIN_PROBE_DESCRIBE_H
#define TOCSIN_PROBE_DESCRIBE_H

struct plugin;
struct probe_board;
struct tocsin_sink_plugin;

/* Writes findings, and the description as JSON, to the board. NULL where the host would refuse it;
 * else the caller destroys it. */
struct plugin *probe_describe(
    struct probe_board *board, const struct tocsin_sink_plugin *found, const char *file);

#endif
