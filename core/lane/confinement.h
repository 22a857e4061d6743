/* What a child takes away from itself before it does anything for others (lane/child.h). */
#ifndef TOCSIN_LANE_CONFINEMENT_H
#define TOCSIN_LANE_CONFINEMENT_H

#include <stdbool.h>

struct error;

/* Closes every descriptor but the socket and the standard ones; dies with the thread that started
 * it; may gain no privilege; leaves no core; has bounded memory. Signals that are for the daemon
 * (a stop of its service reaches all its processes) do not end it. */
bool confine_process(struct error *error);

#endif
