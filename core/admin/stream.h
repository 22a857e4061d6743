/* GET /api/v1/stream: server-sent events (WHATWG HTML, "Server-sent events"). What they tell is
 * looked at a few times a second while somebody listens, and costs nothing else: no event on its
 * way knows of them. */
#ifndef TOCSIN_ADMIN_STREAM_H
#define TOCSIN_ADMIN_STREAM_H

struct admin_listener;
struct streams;

struct streams *streams_create(struct admin_listener *admin);

/* Before the server. */
void streams_destroy(struct streams *streams);

#endif
