/* A URI with a query, in the making. */
#ifndef TOCSIN_CMD_QUERY_H
#define TOCSIN_CMD_QUERY_H

struct buf;

/* Appends a name and its value, percent-encoded; does nothing where the value is NULL. */
void query_add(struct buf *uri, const char *name, const char *value);

/* Appends one segment of a path, percent-encoded. */
void query_segment(struct buf *uri, const char *segment);

#endif
