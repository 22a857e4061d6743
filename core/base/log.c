#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/timestamp.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

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

/* Quotes, back-slashes and controls are escaped: what an attacker put into an alert cannot begin a
 * second log line. */
static void put_quoted(struct buf *line, const char *text)
{
    buf_putc(line, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            buf_printf(line, "\\%c", byte);
        else if (byte == '\n')
            buf_puts(line, "\\n");
        else if (byte < 0x20 || byte == 0x7f)
            buf_printf(line, "\\x%02x", byte);
        else
            buf_putc(line, (char)byte);
    }
    buf_putc(line, '"');
}

static bool is_bare(const char *value)
{
    for (; *value; value++)
        if (*value <= ' ' || *value == '"' || *value == '=' || *value == '\\' || *value == 0x7f)
            return false;
    return true;
}

static void put_fields(struct buf *line, const struct logger *logger)
{
    if (logger->parent)
        put_fields(line, logger->parent);
    if (!logger->key)
        return;
    buf_printf(line, " %s=", logger->key);
    if (*logger->value && is_bare(logger->value))
        buf_puts(line, logger->value);
    else
        put_quoted(line, logger->value);
}

void log_write(const struct logger *logger, enum log_level level, const char *format, ...)
{
    const struct logger *root = logger_root(logger);
    char now[TIMESTAMP_SIZE];
    va_list args;

    if (level > root->threshold)
        return;
    va_start(args, format);
    auto_free char *raw = text_vformat(format, args);
    va_end(args);
    auto_free char *text = secrets_redact(root->secrets, raw);

    auto_buf struct buf line = {0};
    timestamp_format(clock_wall_ms(), now);
    buf_printf(&line, "time=%s level=%s", now, level_names[level]);
    put_fields(&line, logger);
    buf_puts(&line, " msg=");
    put_quoted(&line, text);
    buf_putc(&line, '\n');
    /* A log that cannot be written must not stop the work; there is nowhere left to say so. */
    if (write(STDERR_FILENO, line.data, line.len) < 0)
        return;
}
