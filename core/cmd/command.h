/* The commands. Each file has one; main.c has the table. Exit status: 0 fine, 1 the answer is no, 2
 * bad usage, 3 it could not be done. */
#ifndef TOCSIN_CMD_COMMAND_H
#define TOCSIN_CMD_COMMAND_H

enum exit_status {
    EXIT_FINE = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNDONE = 3,
};

struct command {
    const char *name;      /* with what it is a part of in front: "plugin doc" */
    const char *arguments; /* for the help: "[-c FILE]" */
    const char *help;      /* one line; NULL: it is no command for people */
    const char *example;   /* without the program's name */
    int (*run)(const struct command *command, int argc, char **argv);
    const struct command *parts; /* instead of run: commands of its own, {0} at the end */
};

/* `tocsin plugin ...` */
extern const struct command plugin_commands[];

/* Says what is wrong with the arguments and how the command is used; returns EXIT_USAGE. */
int command_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int cmd_serve(const struct command *command, int argc, char **argv);
int cmd_check(const struct command *command, int argc, char **argv);
int cmd_explain(const struct command *command, int argc, char **argv);
int cmd_test(const struct command *command, int argc, char **argv);
int cmd_what_if(const struct command *command, int argc, char **argv);
int cmd_init(const struct command *command, int argc, char **argv);
int cmd_hooks(const struct command *command, int argc, char **argv);
int cmd_status(const struct command *command, int argc, char **argv);
int cmd_dead(const struct command *command, int argc, char **argv);
int cmd_inbox(const struct command *command, int argc, char **argv);
int cmd_events(const struct command *command, int argc, char **argv);
int cmd_retry(const struct command *command, int argc, char **argv);
int cmd_skip(const struct command *command, int argc, char **argv);
int cmd_replay(const struct command *command, int argc, char **argv);
int cmd_pause(const struct command *command, int argc, char **argv);
int cmd_reload(const struct command *command, int argc, char **argv);
int cmd_drill(const struct command *command, int argc, char **argv);
int cmd_resume(const struct command *command, int argc, char **argv);
int cmd_render(const struct command *command, int argc, char **argv);
int cmd_schema(const struct command *command, int argc, char **argv);
int cmd_sink_host(const struct command *command, int argc, char **argv);
int cmd_plugin_check(const struct command *command, int argc, char **argv);
int cmd_plugin_probe(const struct command *command, int argc, char **argv);
int cmd_plugin_new(const struct command *command, int argc, char **argv);
int cmd_plugin_list(const struct command *command, int argc, char **argv);
int cmd_plugin_render(const struct command *command, int argc, char **argv);
int cmd_plugin_doc(const struct command *command, int argc, char **argv);

#endif
