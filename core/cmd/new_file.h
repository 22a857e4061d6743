/* Files that a command writes for people to go on with. */
#ifndef TOCSIN_CMD_NEW_FILE_H
#define TOCSIN_CMD_NEW_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

/* Writes a text to FOLDER/NAME, to the disk, and says so on standard output. Never over a file that
 * is there. */
bool new_file_write(
    const char *folder, const char *name, const char *text, mode_t mode, struct error *error);

#endif
