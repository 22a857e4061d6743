#include "store/thread.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"

bool thread_start(
    pthread_t *thread, const char *name, void *(*run)(void *), void *arg, struct error *error)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code)
        return error_set(error, "start the thread %s: %s", name, strerror(code));
    pthread_setname_np(*thread, name);
    return true;
}
