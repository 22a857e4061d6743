/* A template in a file of its own. */
#ifndef TOCSIN_CMD_TEMPLATE_FILE_H
#define TOCSIN_CMD_TEMPLATE_FILE_H

#include <stdbool.h>

struct error;
struct problems;
struct template;

/* Reads and compiles it ("-": standard input). False with the reason when the file cannot be read;
 * *template is NULL where it is faulty, and each fault is in problems. */
bool template_file_read(
    const char *file, struct template **template, struct problems *problems, struct error *error);

#endif
