/* The child's side of a plugin in a child (sink/isolated.h): loads it, tells what it is, and
 * answers what the daemon asks until that closes the socket. The host functions work here as they
 * do in the daemon; but log lines and the event's text come and go over the socket. */
#ifndef TOCSIN_SINK_SINK_HOST_H
#define TOCSIN_SINK_SINK_HOST_H

#include <stdbool.h>

/* path is the plugin's file. False: what the daemon said cannot be understood. */
bool sink_host_serve(const char *path, int socket);

/* For who cannot even begin: tells the daemon why. */
void sink_host_refuse(int socket, const char *why);

#endif
