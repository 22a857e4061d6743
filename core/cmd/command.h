/* The commands. Each file has one; command_table.c has the table. Exit status: 0 fine, 1 the answer
 * is no, 2 bad usage, 3 it could not be done. */
#ifndef TOCSIN_CMD_COMMAND_H
#define TOCSIN_CMD_COMMAND_H

enum exit_status {
    EXIT_FINE = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNDONE = 3,
};

enum {
    COMMAND_MOST_EXAMPLES = 4,
};

/* What an option's value, or an operand, is completed by: words, divided by blanks, or one of
 * these. NULL: by nothing. */
#define WORDS_FILE "@file"
#define WORDS_FOLDER "@folder"
#define WORDS_SINK "@sink"     /* of the configuration */
#define WORDS_HOOK "@hook"     /* likewise */
#define WORDS_PLUGIN "@plugin" /* of the plugin path */

struct command_option {
    const char *name;  /* "--sink" */
    const char *value; /* "SINK"; NULL: it takes none */
    const char *words;
    const char *help; /* one sentence, without an end */
};

struct command_example {
    const char *line; /* without the program's name */
    const char *what;
};

/* From this one table come the usage, the help, the manual and the completions. */
struct command {
    const char *name;                     /* with what it is a part of in front: "plugin doc" */
    const char *arguments;                /* for the usage: "[-c FILE]" */
    const char *help;                     /* one line; NULL: it is no command for people */
    const char *details;                  /* more of it, or NULL */
    const struct command_option *options; /* all that it takes, {0} at the end; or NULL */
    const char *operands;                 /* what they are completed by, or NULL */
    struct command_example examples[COMMAND_MOST_EXAMPLES];
    int (*run)(const struct command *command, int argc, char **argv);
    const struct command *parts; /* instead of run: commands of its own, {0} at the end */
};

/* In command_table.c: all that are for people, {0} at the end. */
extern const struct command commands[];

/* Of which nothing stands in the help: "sink-host", and what completions ask for. */
extern const struct command inner_commands[];

/* `tocsin plugin ...` */
extern const struct command plugin_commands[];

/* The command, or the part of one, that argv begins with, and how many words name it; NULL where it
 * is none. */
const struct command *command_find(int argc, char **argv, int *words);
const struct command *command_find_part(const struct command *command, const char *word);

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
int cmd_names(const struct command *command, int argc, char **argv);
int cmd_help(const struct command *command, int argc, char **argv);
int cmd_plugin_doc(const struct command *command, int argc, char **argv);

#endif
