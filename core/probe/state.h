/* What a plugin shares with the host, and has to leave as it was: descriptors, threads, processes,
 * and what a process has but once. */
#ifndef TOCSIN_PROBE_STATE_H
#define TOCSIN_PROBE_STATE_H

#include <stddef.h>

struct probe_board;
struct probe_state;

/* As it is now. */
struct probe_state *probe_state_create(void);
void probe_state_destroy(struct probe_state *state);

/* Adds a finding for each thing that is different now; ending threads and processes get a moment.
 */
void probe_state_compare(const struct probe_state *before, struct probe_board *board);

/* Bytes that are in use on the heap; 0 where nobody counts them. */
size_t probe_heap_in_use(void);

#endif
