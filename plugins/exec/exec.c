/* The exec sink: a program in any language. It reads the message as one JSON document from its
 * standard input, and its exit status is the outcome (those of sysexits.h, where they fit). */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/document.h"
#include "../shared/program.h"
#include "../shared/reason.h"
#include "../shared/text.h"

enum {
    MAX_OUTPUT = 4096,
    MAX_SHOWN = 300, /* code points of it in a reason */
    USUAL_INPUT = 8192,
    EXIT_RETRY = 75,    /* EX_TEMPFAIL */
    EXIT_REJECTED = 65, /* EX_DATAERR */
    EXIT_UNUSABLE = 78, /* EX_CONFIG */
};

struct config {
    struct tocsin_list command;
    struct tocsin_map env;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, command, TOCSIN_REQUIRED, NULL,
        "the program with its whole path, and its arguments; there is no shell"),
    TOCSIN_OPTION(struct config, env, TOCSIN_HIDDEN, NULL,
        "its environment, beside PATH, HOME and LANG; nothing of the daemon's is passed on"),
};

static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;
    const char *fault = program_fault(&config->command, &config->env);

    if (fault)
        *why = call->host->format(call, "command: %s", fault);
    return !fault;
}

static void *open_sink(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call;
    (void)why;
    return (void *)config;
}

/* The last line that is not empty: where programs say what went wrong. */
static const char *last_line(struct tocsin_call *call, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    const char *line = memrchr(text, '\n', len);
    line = line ? line + 1 : text;
    return text_cut(call,
        call->host->format(call, "%.*s", (int)(len - (size_t)(line - text)), line), MAX_SHOWN,
        SIZE_MAX);
}

static const char *first_line(struct tocsin_call *call, const char *text)
{
    return text_cut(call, call->host->format(call, "%.*s", (int)strcspn(text, "\r\n"), text),
        MAX_SHOWN, SIZE_MAX);
}

/* What it complained of, else what it said. */
static const char *words_of(struct tocsin_call *call, const struct program_result *result)
{
    const char *words = last_line(call, *result->complaint ? result->complaint : result->output);

    return *words ? call->host->format(call, ": %s", words) : "";
}

static void on_exit_status(
    struct tocsin_call *call, const struct program_result *result, struct tocsin_outcome *outcome)
{
    switch (result->status) {
    case 0:
        outcome->result = TOCSIN_DELIVERED;
        outcome->receipt = first_line(call, result->output);
        return;
    case EXIT_REJECTED:
        outcome->result = TOCSIN_REJECTED;
        break;
    case EXIT_UNUSABLE:
        outcome->result = TOCSIN_UNUSABLE;
        break;
    default:
        outcome->result = TOCSIN_RETRY;
    }
    /* 75 says that nothing was done; of any other status nobody knows. */
    outcome->maybe_sent = outcome->result == TOCSIN_RETRY && result->status != EXIT_RETRY;
    outcome->reason =
        call->host->format(call, "exit status %d%s", result->status, words_of(call, result));
}

static void judge(struct tocsin_call *call, const struct config *config,
    const struct program_result *result, struct tocsin_outcome *outcome)
{
    char text[128];

    switch (result->end) {
    case PROGRAM_EXITED:
        on_exit_status(call, result, outcome);
        return;
    case PROGRAM_NOT_STARTED:
        /* Too many processes, or no memory, passes; the rest must be mended. */
        outcome->result = result->error == EAGAIN || result->error == ENOMEM ||
                                  result->error == EMFILE || result->error == ENFILE
                              ? TOCSIN_RETRY
                              : TOCSIN_UNUSABLE;
        outcome->reason = call->host->format(call, "%s could not be started: %s",
            config->command.items[0], strerror_r(result->error, text, sizeof text));
        return;
    case PROGRAM_KILLED:
        outcome->reason = call->host->format(
            call, "it was ended by signal %d%s", result->status, words_of(call, result));
        break;
    case PROGRAM_LATE:
        outcome->reason =
            call->host->format(call, "it was ended at its deadline%s", words_of(call, result));
    }
    outcome->result = TOCSIN_RETRY;
    outcome->maybe_sent = 1;
}

/* With a line's end, for programs that read lines. */
static const char *input_create(struct tocsin_call *call, size_t *len)
{
    auto_json json_t *document = document_create(call);
    struct tocsin_request written = {.size = sizeof written};

    json_send(call, document, USUAL_INPUT, &written);
    char *input = call->host->format(call, "%s\n", written.body);
    *len = (size_t)written.body_len + 1;
    return input;
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    const struct config *config = instance;
    struct program program = {
        .command = &config->command, .environment = &config->env, .max_output = MAX_OUTPUT};

    program.input = input_create(call, &program.input_len);
    const struct program_result result = program_run(call, &program);
    judge(call, config, &result, outcome);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "exec",
    .version = "1.0",
    .help = "runs a program of yours, with the message as JSON on its standard input",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct config, options),
    .concurrency = 2,
    .check = check,
    .open = open_sink,
    .deliver = deliver,
};
