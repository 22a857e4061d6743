/* What goes over the socket between tocsin and a child: a kind and its bytes, length first. Both
 * ends are this program, so that there is no version to tell. */
#ifndef TOCSIN_LANE_FRAME_H
#define TOCSIN_LANE_FRAME_H

#include <stdint.h>

#include "base/buf.h"

enum {
    FRAME_MOST = 64 << 20, /* bytes of one: more is none */
};

enum frame_fate {
    FRAME_HERE,    /* or sent */
    FRAME_NOT_YET, /* it has not come by then; or not gone */
    FRAME_CLOSED,  /* the other side is gone */
    FRAME_BROKEN,  /* what came is none */
};

/* Begins one in an empty buffer; what is appended is its bytes. */
void frame_begin(struct buf *buf, uint8_t kind);

/* Sends it, all of it by the monotonic time (negative: however long it takes). */
enum frame_fate frame_send(int fd, struct buf *buf, int64_t until_ms);

/* The bytes that came so far. */
struct frame_inbox {
    struct buf bytes;
    size_t taken; /* of the frame that was given out last */
};

/* The next frame, if the bytes hold a whole one; data lives until the next call of either. */
enum frame_fate frame_next(
    struct frame_inbox *inbox, uint8_t *kind, const char **data, size_t *len);

/* Reads what there is, without waiting. */
enum frame_fate frame_read(struct frame_inbox *inbox, int fd);

void frame_inbox_finish(struct frame_inbox *inbox);

#endif
