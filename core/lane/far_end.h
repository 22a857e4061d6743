/* Far ends that requests went to, taken apart once. curl takes a URL apart, puts it together and
 * takes it apart again for each request, letter by letter: it is given the far end ready, and the
 * rest of the URL as it is to be sent. */
#ifndef TOCSIN_LANE_FAR_END_H
#define TOCSIN_LANE_FAR_END_H

#include <stddef.h>

struct Curl_URL; /* curl's CURLU */

/* Zeroed: none yet. */
struct far_ends {
    struct far_end *all;
    size_t count;
};

/* The far end of a URL, which lives until far_ends_finish(), and where the path begins. NULL when
 * the URL is one that curl has to look at: its path would not go out as it is written, it names a
 * user, it is none, or there are too many far ends already. */
struct Curl_URL *far_ends_find(struct far_ends *far_ends, const char *url, const char **path);

void far_ends_finish(struct far_ends *far_ends);

#endif
