#include "base/log_quota.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
    second_ms = 1000,
};

struct log_quota {
    const struct logger *logger;
    const char *what;
    enum log_level level;
    unsigned per_second, used;
    uint64_t left_out;
    int64_t since_ms;   /* monotonic; when the second began */
    struct event *tell; /* pending while something was left out */
};

static void on_tell(evutil_socket_t fd, short kind, void *arg)
{
    struct log_quota *quota = arg;

    (void)fd, (void)kind;
    log_write(quota->logger, quota->level, "%" PRIu64 " more %s", quota->left_out, quota->what);
    quota->left_out = 0;
}

struct log_quota *log_quota_create(struct event_base *base, const struct logger *logger,
    enum log_level level, unsigned per_second, const char *what)
{
    struct log_quota *quota = mem_alloc(sizeof *quota);

    *quota = (struct log_quota){
        .logger = logger, .what = what, .level = level, .per_second = per_second};
    quota->tell = evtimer_new(base, on_tell, quota);
    if (!quota->tell)
        mem_exhausted();
    return quota;
}

void log_quota_destroy(struct log_quota *quota)
{
    if (!quota)
        return;
    event_free(quota->tell);
    free(quota);
}

static void leave_out(struct log_quota *quota)
{
    const struct timeval second = clock_timeval(second_ms);

    if (quota->left_out++ == 0)
        evtimer_add(quota->tell, &second);
}

bool log_quota_admits(struct log_quota *quota)
{
    if (!log_wants(quota->logger, quota->level))
        return false;
    if (log_wants(quota->logger, LOG_LEVEL_DEBUG))
        return true;
    int64_t now_ms = clock_mono_ms();
    if (now_ms - quota->since_ms >= second_ms) {
        quota->since_ms = now_ms;
        quota->used = 0;
    }
    if (quota->used < quota->per_second) {
        quota->used++;
        return true;
    }
    leave_out(quota);
    return false;
}
