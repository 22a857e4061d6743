/* Far ends on loopback that misbehave, each in its way, on a thread of their own: for plugins that
 * talk by themselves. */
#ifndef TOCSIN_CMD_PLUGIN_CHECK_PEERS_H
#define TOCSIN_CMD_PLUGIN_CHECK_PEERS_H

struct error;
struct peers;
struct probe_board;

/* Their ports, and the bytes that they get, go to the board, which is borrowed. NULL with the
 * reason. */
struct peers *peers_start(struct probe_board *board, struct error *error);
void peers_stop(struct peers *peers);

#endif
