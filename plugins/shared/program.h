/* Runs another program for a plugin that may block: no shell, an environment of its own, a deadline
 * for it and all that it began, and no more of its output than asked for. */
#ifndef TOCSIN_PLUGINS_PROGRAM_H
#define TOCSIN_PLUGINS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct tocsin_call;
struct tocsin_list;
struct tocsin_map;

struct program {
    const struct tocsin_list *command;    /* the program and its arguments */
    const struct tocsin_map *environment; /* beside PATH, HOME and LANG, and in their place */
    const char *input;                    /* for its standard input; it need not read it */
    size_t input_len;
    size_t max_output; /* of standard output and standard error each, the beginning is kept */
};

enum program_end {
    PROGRAM_EXITED,     /* with a status */
    PROGRAM_KILLED,     /* by a signal that was not ours */
    PROGRAM_LATE,       /* it was ended at the deadline, or since the daemon stops */
    PROGRAM_NOT_STARTED /* error says why */
};

/* Texts live in the call's memory; they are what the program wrote, whatever that is. */
struct program_result {
    enum program_end end;
    int status;                     /* the exit status, or the signal */
    int error;                      /* an errno */
    const char *output, *complaint; /* standard output, standard error */
};

/* What is wrong with a command or an environment from the configuration, NULL if nothing. */
const char *program_fault(const struct tocsin_list *command, const struct tocsin_map *environment);

/* Runs it to its end or to the call's deadline. Then the whole process group gets SIGTERM, and
 * SIGKILL a second later. */
struct program_result program_run(struct tocsin_call *call, const struct program *program);

#endif
