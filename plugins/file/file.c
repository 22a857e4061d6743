/* The file sink: one line of JSON an event, for whatever reads files. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/document.h"
#include "../shared/text.h"
#include "journal.h"

enum {
    USUAL_LINE = 8192,
};

struct config {
    const char *path;
    bool fsync;
    const char *mode;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, path, TOCSIN_REQUIRED | TOCSIN_PATH, NULL,
        "the file to append to; made if it is not there, opened anew if it was renamed"),
    TOCSIN_OPTION(struct config, fsync, 0, "false",
        "whether a line is on the disk, and not only the kernel's, before it counts as delivered"),
    TOCSIN_OPTION(
        struct config, mode, 0, "0640", "the permissions of a file that is made, in octal"),
};

/* 01000 where it is none. */
static mode_t mode_parse(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > 4 || strspn(text, "01234567") != len)
        return 01000;
    unsigned long mode = strtoul(text, NULL, 8);
    return mode <= 0777 ? (mode_t)mode : 01000;
}

static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;

    (void)call;
    if (config->path[strlen(config->path) - 1] == '/')
        *why = "path: a folder; name the file in it";
    else if (mode_parse(config->mode) > 0777)
        *why = "mode: no permissions in octal, such as 0640";
    else if (!(mode_parse(config->mode) & 0200))
        *why = "mode: tocsin itself could not append to the file; its first digit must be 2, 3, 6 "
               "or 7";
    else
        return true;
    return false;
}

static void *open_sink(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;
    struct journal *journal = malloc(sizeof *journal);

    (void)call;
    if (!journal)
        *why = "out of memory";
    else
        journal_init(journal, config->path, mode_parse(config->mode), config->fsync);
    return journal;
}

static void close_sink(void *instance)
{
    journal_finish(instance);
    free(instance);
}

/* The document on one line, with its end; *len counts both. */
static const char *line_create(struct tocsin_call *call, size_t *len)
{
    auto_json json_t *document = document_create(call);
    size_t room = USUAL_LINE;
    char *line = call->host->alloc(call, room);

    *len = json_dumpb(document, line, room - 1, JSON_COMPACT);
    if (*len > room - 1) {
        line = call->host->alloc(call, *len + 1);
        json_dumpb(document, line, *len, JSON_COMPACT);
    }
    line[(*len)++] = '\n';
    return line;
}

/* Whether somebody has to mend something before any line can be written. */
static bool is_lasting(int error)
{
    static const int lasting[] = {
        EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, EROFS, ELOOP, ENAMETOOLONG, ENXIO, ENODEV};

    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
        if (error == lasting[i])
            return true;
    return false;
}

static const char *hint(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return " (its folder must be there)";
    case ENXIO:
        return " (nobody reads this pipe)";
    case EROFS:
        return " (under systemd: ReadWritePaths=)";
    default:
        return "";
    }
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    struct journal *journal = instance;
    char text[128];
    size_t len;
    const char *line = line_create(call, &len);
    struct written written = journal_append(journal, call, line, len);

    if (!written.step) {
        outcome->result = TOCSIN_DELIVERED;
        return;
    }
    outcome->result = is_lasting(written.error) ? TOCSIN_UNUSABLE : TOCSIN_RETRY;
    outcome->maybe_sent = written.maybe_there;
    outcome->reason = call->host->format(call, "%s: %s: %s%s", journal->path, written.step,
        strerror_r(written.error, text, sizeof text), hint(written.error));
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "file",
    .version = "1.0",
    .help = "a line of JSON an event, appended to a file",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct config, options),
    .concurrency = 1, /* more would only wait for each other */
    .check = check,
    .open = open_sink,
    .deliver = deliver,
    .close = close_sink,
};
