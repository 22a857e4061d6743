/* Logs go through an object: a logger carries the fields of what it belongs to (sink=..., hook=...)
 * and a parent with the fields around it, so that no message types a name. One call is one line and
 * one write to standard error, as base/log_line.h composes it.
 *
 * A logger may be used from any thread. Once made it is read-only, but for the root's threshold and
 * format, which may change at any time. */
#ifndef TOCSIN_BASE_LOG_H
#define TOCSIN_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

struct secrets;

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_format {
    LOG_FORMAT_KEYVALUE, /* time=... level=warn sink=soc-teams msg="..." */
    LOG_FORMAT_JSON,     /* {"time":"...","level":"warn","sink":"soc-teams","msg":"..."} */
};

struct logger {
    const struct logger *parent;   /* borrowed; NULL for the root */
    const char *key, *value;       /* borrowed; the root has none */
    atomic_int threshold;          /* the root's counts: what is less urgent is not written */
    atomic_int format;             /* the root's counts */
    bool is_journal;               /* the root's counts: who reads it notes the time itself */
    const struct secrets *secrets; /* the root's counts: what must not be shown */
};

void log_write(const struct logger *logger, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a line of that level is written: for who would have to make it first. */
bool log_wants(const struct logger *logger, enum log_level level);

#define log_error(logger, ...) log_write((logger), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(logger, ...) log_write((logger), LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(logger, ...) log_write((logger), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(logger, ...) log_write((logger), LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A child with one more field. Key and value are borrowed and must outlive it. */
struct logger logger_with(const struct logger *parent, const char *key, const char *value);

/* Whether standard error goes to systemd's journal: $JOURNAL_STREAM names its device and inode
 * (systemd.exec(5)). */
bool log_is_journal(void);

#endif
