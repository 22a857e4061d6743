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

enum {
    usual_line = 200,
};

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

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != 0x7f && byte != '"' && byte != '\\';
}

static void put_escaped(struct buf *line, unsigned char byte)
{
    if (byte == '"' || byte == '\\')
        buf_printf(line, "\\%c", byte);
    else if (byte == '\n')
        buf_puts(line, "\\n");
    else
        buf_printf(line, "\\x%02x", byte);
}

/* Quotes, back-slashes and controls are escaped: what an attacker put into an alert cannot begin a
 * second log line. */
static void put_quoted(struct buf *line, const char *text)
{
    buf_putc(line, '"');
    while (*text) {
        size_t len = 0;
        while (is_plain((unsigned char)text[len]))
            len++;
        buf_append(line, text, len);
        text += len;
        if (*text)
            put_escaped(line, (unsigned char)*text++);
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
    buf_putc(line, ' ');
    buf_puts(line, logger->key);
    buf_putc(line, '=');
    if (*logger->value && is_bare(logger->value))
        buf_puts(line, logger->value);
    else
        put_quoted(line, logger->value);
}

bool log_wants(const struct logger *logger, enum log_level level)
{
    return level <= logger_root(logger)->threshold;
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
    buf_reserve(&line, usual_line);
    buf_puts(&line, "time=");
    buf_puts(&line, now);
    buf_puts(&line, " level=");
    buf_puts(&line, level_names[level]);
    put_fields(&line, logger);
    buf_puts(&line, " msg=");
    put_quoted(&line, text);
    buf_putc(&line, '\n');
    /* A log that cannot be written must not stop the work; there is nowhere left to say so. */
    if (write(STDERR_FILENO, line.data, line.len) < 0)
        return;
}
