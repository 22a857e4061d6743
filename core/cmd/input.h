/* A file that a command was given by name. */
#ifndef TOCSIN_CMD_INPUT_H
#define TOCSIN_CMD_INPUT_H

#include <stdbool.h>

struct buf;
struct error;

/* Appends the whole of the file, at most 16 MiB; "-" is standard input. False with the reason,
 * which names the file. */
bool input_read(const char *path, struct buf *out, struct error *error);

#endif
