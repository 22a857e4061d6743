#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "email.h"
#include "../shared/program.h"

enum {
    /* Those of Microsoft have 2000 characters and grow with the account's roles. */
    TOKEN_MAX = 12000,
    OUTPUT_MAX = 64000,
};

bool token_is_wanted(const struct email_config *config)
{
    return (config->token_file && *config->token_file) || config->token_command.count > 0;
}

/* The first line of text, without blanks around it. NULL if that is no token: "" for none at all,
 * and what is more than one word, too long, or not visible ASCII (RFC 6750 2.1 allows less). */
static const char *first_line(struct tocsin_call *call, const char *text, size_t len)
{
    size_t end = 0, start = 0;

    while (end < len && text[end] != '\n')
        end++;
    while (start < end && strchr(" \t\r", text[start]))
        start++;
    while (end > start && strchr(" \t\r", text[end - 1]))
        end--;
    if (end - start == 0 || end - start > TOKEN_MAX)
        return NULL;
    for (size_t i = start; i < end; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f)
            return NULL;
    return call->host->format(call, "%.*s", (int)(end - start), text + start);
}

static bool fail(struct tocsin_outcome *outcome, uint32_t result, const char *reason)
{
    outcome->result = result;
    outcome->reason = reason;
    return false;
}

/* Without O_NONBLOCK a FIFO that nobody fills would hold the worker for ever. */
static ssize_t read_beginning(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -1;
    ssize_t len = read(fd, bytes, size);
    int error = errno;
    close(fd);
    errno = error;
    return len;
}

static bool from_file(
    struct tocsin_call *call, const char *path, const char **token, struct tocsin_outcome *outcome)
{
    char bytes[TOKEN_MAX + 2];
    ssize_t len = read_beginning(path, bytes, sizeof bytes);

    if (len < 0)
        return fail(outcome, TOCSIN_UNUSABLE,
            call->host->format(call, "cannot read token_file %s: %s", path, strerror(errno)));
    *token = first_line(call, bytes, (size_t)len);
    explicit_bzero(bytes, sizeof bytes);
    if (!*token)
        return fail(outcome, TOCSIN_UNUSABLE,
            call->host->format(call, "token_file %s: its first line is no token", path));
    return true;
}

/* Whoever gives out tokens may be away for a while, so most failures pass by themselves. */
static bool judge_run(struct tocsin_call *call, const char *program,
    const struct program_result *run, struct tocsin_outcome *outcome)
{
    switch (run->end) {
    case PROGRAM_NOT_STARTED:
        return fail(outcome, TOCSIN_UNUSABLE,
            call->host->format(
                call, "cannot run token_command %s: %s", program, strerror(run->error)));
    case PROGRAM_LATE:
        return fail(outcome, TOCSIN_RETRY,
            call->host->format(
                call, "token_command %s was not done before the deadline, and ended", program));
    case PROGRAM_KILLED:
        return fail(outcome, TOCSIN_RETRY,
            call->host->format(call, "token_command %s died of signal %d (%s)", program,
                run->status, strsignal(run->status)));
    default:
        if (run->status == 0)
            return true;
        return fail(outcome, TOCSIN_RETRY,
            call->host->format(
                call, "token_command %s failed with exit status %d", program, run->status));
    }
}

static bool from_command(struct tocsin_call *call, const struct tocsin_list *words,
    const char **token, struct tocsin_outcome *outcome)
{
    static const struct tocsin_map nothing = {0};
    const char *program = words->items[0];
    const struct program ask = {
        .command = words, .environment = &nothing, .max_output = OUTPUT_MAX};
    const struct program_result run = program_run(call, &ask);

    if (!judge_run(call, program, &run, outcome))
        return false;
    *token = first_line(call, run.output, strlen(run.output));
    if (!*token)
        return fail(outcome, TOCSIN_UNUSABLE,
            call->host->format(
                call, "token_command %s: the first line that it prints is no token", program));
    return true;
}

bool token_get(struct token_source *source, struct tocsin_call *call, const char **token,
    struct tocsin_outcome *outcome)
{
    const struct email_config *config = source->config;

    if (config->token_command.count == 0)
        return from_file(call, config->token_file, token, outcome);
    if (source->kept) {
        *token = call->host->format(call, "%s", source->kept);
        return true;
    }
    if (!from_command(call, &config->token_command, token, outcome))
        return false;
    source->kept = strdup(*token);
    return true;
}

void token_source_finish(struct token_source *source)
{
    if (source->kept)
        explicit_bzero(source->kept, strlen(source->kept));
    free(source->kept);
    source->kept = NULL;
}
