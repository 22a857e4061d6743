/* What the host adds to a plugin's request. */
#ifndef TOCSIN_SINK_REQUEST_H
#define TOCSIN_SINK_REQUEST_H

/* The Content-Type of a request whose headers (NULL at the end, or NULL) name none: JSON. NULL
 * where they name one. */
const char *request_missing_type(const char *const *headers);

#endif
