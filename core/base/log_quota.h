/* How much of what happens all the time is logged: so many in a second and no more. What is left
 * out is counted, and told in one line at the second's end. For one thread, the loop's. */
#ifndef TOCSIN_BASE_LOG_QUOTA_H
#define TOCSIN_BASE_LOG_QUOTA_H

#include <stdbool.h>

#include "base/log.h"

struct event_base;
struct log_quota;

/* what: the end of the sentence "4210 more ...". logger and what are borrowed. */
struct log_quota *log_quota_create(struct event_base *base, const struct logger *logger,
    enum log_level level, unsigned per_second, const char *what);
void log_quota_destroy(struct log_quota *quota);

/* Whether the next one may be logged: it must be, then. Always where debug lines are written: who
 * asks for them wants everything. Never where lines of its level are not. */
bool log_quota_admits(struct log_quota *quota);

#endif
