/* What Linux has and not every C library knows by the same name. */
#ifndef TOCSIN_BASE_SYSTEM_H
#define TOCSIN_BASE_SYSTEM_H

#include <stdbool.h>
#include <sys/types.h>

/* A descriptor that is readable once the process has ended (pidfd_open(2)); negative, with errno,
 * where there is none. The caller closes it. */
int system_watch_process(pid_t pid);

/* Closes all descriptors from this one on. False with errno. */
bool system_close_from(int first);

/* "Segmentation fault". From a signal's handler too. */
const char *system_signal_words(int number);

/* "SEGV"; "RT" for those without a name. */
const char *system_signal_name(int number);

#endif
