/* Characters that would begin another line, or drive a terminal. */
#ifndef TOCSIN_PLUGINS_CONTROL_H
#define TOCSIN_PLUGINS_CONTROL_H

#include <stddef.h>

/* The bytes of the control that the text begins with, 0 where it begins with none: C0, DEL, C1, and
 * the two separators that some readers show as a line's end. */
size_t control_length(const char *text);

#endif
