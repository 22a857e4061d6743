#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log_line.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/timestamp.h"

enum {
    usual_line = 200,
};

struct logger logger_with(const struct logger *parent, const char *key, const char *value)
{
    return (struct logger){.parent = parent, .key = key, .value = value};
}

static const struct logger *logger_root(const struct logger *logger)
{
    while (logger->parent)
        logger = logger->parent;
    return logger;
}

bool log_wants(const struct logger *logger, enum log_level level)
{
    const struct logger *root = logger_root(logger);

    return (int)level <= atomic_load_explicit(&root->threshold, memory_order_relaxed);
}

void log_write(const struct logger *logger, enum log_level level, const char *format, ...)
{
    const struct logger *root = logger_root(logger);
    char now[TIMESTAMP_SIZE];
    va_list args;

    if (!log_wants(root, level))
        return;
    va_start(args, format);
    auto_free char *raw = text_vformat(format, args);
    va_end(args);
    auto_free char *text = secrets_redact(root->secrets, raw);

    auto_buf struct buf line = {0};
    buf_reserve(&line, usual_line);
    if (!root->is_journal)
        timestamp_format(clock_wall_ms(), now);
    log_line_append(&line, logger, level, root->is_journal ? NULL : now, text);
    /* A log that cannot be written must not stop the work; there is nowhere left to say so. */
    if (write(STDERR_FILENO, line.data, line.len) < 0)
        return;
}

bool log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;

    if (!stream || fstat(STDERR_FILENO, &status) < 0)
        return false;
    auto_free char *ours = text_format(
        "%llu:%llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
    return strcmp(stream, ours) == 0;
}
