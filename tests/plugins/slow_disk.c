/* For LD_PRELOAD: a disk that hangs for as long as the file $SLOW_DISK stands, and for half a
 * minute at most: neither fsync() nor fdatasync() returns meanwhile. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    look_us = 10000,
    most_looks = 3000,
};

static void hang(void)
{
    const char *file = getenv("SLOW_DISK");

    for (int i = 0; file && i < most_looks && access(file, F_OK) == 0; i++)
        usleep(look_us);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    hang();
    return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    hang();
    return (int)syscall(SYS_fdatasync, fd);
}
