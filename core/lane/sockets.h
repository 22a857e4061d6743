/* The sockets of the way out, watched by the loop: opened, watched and closed here, so that a
 * connection that rests between two requests stays registered with the kernel and costs no system
 * call when it is wanted again. Belongs to the loop's thread. */
#ifndef TOCSIN_LANE_SOCKETS_H
#define TOCSIN_LANE_SOCKETS_H

struct event_base;
struct sockets;

/* A socket is ready for what was wanted of it: EV_READ, EV_WRITE or both. */
typedef void (*socket_ready)(int fd, short kinds, void *arg);

struct sockets *sockets_create(struct event_base *base, socket_ready ready, void *arg);

/* Watches nothing any more; descriptors that are still open stay so. */
void sockets_destroy(struct sockets *sockets);

/* Like socket(). */
int sockets_open(struct sockets *sockets, int family, int type, int protocol);

/* EV_READ, EV_WRITE, both, or 0: nobody waits for it now. A descriptor that was opened elsewhere is
 * known only while it is wanted, because its owner may close it at any time after. */
void sockets_want(struct sockets *sockets, int fd, short kinds);

/* Closes what sockets_open() gave. Like close(). */
int sockets_close(struct sockets *sockets, int fd);

#endif
