#include "lane/confinement.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "lane/child.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SHADOW_MEMORY 1
#endif
#endif
#ifndef HAS_SHADOW_MEMORY
#define HAS_SHADOW_MEMORY 0
#endif

/* Memory that a process may write: a plugin that leaks meets its end long before the machine does.
 */
static const rlim_t most_data = (rlim_t)2 << 30;

static void on_signal(int number)
{
    (void)number;
}

/* Caught, not ignored: a program that the plugin starts must not inherit that. */
static void set_signals(void)
{
    const struct sigaction nothing = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigaction(SIGTERM, &nothing, NULL);
    sigaction(SIGINT, &nothing, NULL);
    sigaction(SIGHUP, &nothing, NULL);
    /* As in the daemon: a plugin finds the same in both. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static bool limit(int resource, rlim_t most, struct error *error)
{
    struct rlimit limits;

    if (getrlimit(resource, &limits) == 0) {
        limits.rlim_max = limits.rlim_max < most ? limits.rlim_max : most;
        limits.rlim_cur = limits.rlim_cur < limits.rlim_max ? limits.rlim_cur : limits.rlim_max;
        if (setrlimit(resource, &limits) == 0)
            return true;
    }
    return error_set(error, "limit the resources of a plugin's process: %s", strerror(errno));
}

bool confine_process(struct error *error)
{
    if (close_range(CHILD_SOCKET + 1, UINT_MAX, 0) < 0)
        return error_set(error, "close what a plugin's process must not have: %s", strerror(errno));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set(error, "confine a plugin's process: %s", strerror(errno));
    set_signals();
    return limit(RLIMIT_CORE, 0, error) &&
           (HAS_SHADOW_MEMORY || limit(RLIMIT_DATA, most_data, error));
}
