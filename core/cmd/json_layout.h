/* JSON set out for people: what fits into a line stands in one. */
#ifndef TOCSIN_CMD_JSON_LAYOUT_H
#define TOCSIN_CMD_JSON_LAYOUT_H

#include <jansson.h>

struct buf;

/* Appends the value in lines, without one's end at the last. What is nested too deeply for anybody
 * to read stands in one line however long. */
void json_layout(const json_t *value, struct buf *out);

#endif
