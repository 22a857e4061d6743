#include "lane/confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/system.h"
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

/* Never more than it is already: nobody may raise it. */
static struct rlimit lowered(struct rlimit limits, rlim_t most)
{
    rlim_t max = limits.rlim_max < most ? limits.rlim_max : most;

    return (struct rlimit){limits.rlim_cur < max ? limits.rlim_cur : max, max};
}

static bool limit_resources(struct error *error)
{
    const struct rlimit no_core = {0, 0};
    struct rlimit data;

    if (setrlimit(RLIMIT_CORE, &no_core) == 0 && getrlimit(RLIMIT_DATA, &data) == 0) {
        data = HAS_SHADOW_MEMORY ? data : lowered(data, most_data);
        if (setrlimit(RLIMIT_DATA, &data) == 0)
            return true;
    }
    return error_set(error, "limit the resources of a plugin's process: %s", strerror(errno));
}

bool confine_process(struct error *error)
{
    if (!system_close_from(CHILD_SOCKET + 1))
        return error_set(error, "close what a plugin's process must not have: %s", strerror(errno));
    /* What the plugin starts has nothing to say to the daemon. */
    if (fcntl(CHILD_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
        return error_set(error, "keep the way to tocsin: %s", strerror(errno));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set(error, "confine a plugin's process: %s", strerror(errno));
    set_signals();
    return limit_resources(error);
}
