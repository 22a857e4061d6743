#include "base/system.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build_config.h"

int system_watch_process(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool system_close_from(int first)
{
    return syscall(SYS_close_range, (unsigned)first, UINT_MAX, 0) == 0;
}

#if HAVE_SIGDESCR_NP
const char *system_signal_words(int number)
{
    const char *words = sigdescr_np(number);

    return words ? words : "unknown";
}

const char *system_signal_name(int number)
{
    const char *name = sigabbrev_np(number);

    return name ? name : "RT";
}
#else
/* musl's is a table, and allocates nothing. */
const char *system_signal_words(int number)
{
    return strsignal(number);
}

const char *system_signal_name(int number)
{
    return strsignal(number);
}
#endif
