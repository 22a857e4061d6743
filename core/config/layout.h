/* Where the text of a scalar stands in its file, so that what is wrong inside of a template can be
 * named by the file's line. */
#ifndef TOCSIN_CONFIG_LAYOUT_H
#define TOCSIN_CONFIG_LAYOUT_H

#include <yaml.h>

struct source;
struct yaml;

/* Sets the node's text_line and text_column where the file has the text as it is: in one line,
 * plain or quoted, or as a literal block (|). Leaves them 0 where it is folded or written with
 * escapes. */
void layout_find(struct source *source, const yaml_node_t *from, struct yaml *node);

#endif
