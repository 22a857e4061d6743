/* What the commands do and take, for people. */
#ifndef TOCSIN_CMD_HELP_H
#define TOCSIN_CMD_HELP_H

#include <stdio.h>

struct command;

/* All of them, a line or two each. */
void help_print(FILE *out);
void help_print_command(const struct command *command);

/* Says that there is no such command, and which is nearest; returns EXIT_USAGE. */
int help_refuse(const char *word);

#endif
