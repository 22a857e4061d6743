#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"

/* The folder is not made: where it is missing a path is misspelt, or a disk not mounted. */
static bool blame_open(const char *path, int reason, struct error *error)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder =
        slash ? text_copy_n(path, slash == path ? 1 : (size_t)(slash - path)) : text_copy(".");
    struct stat status;

    if (reason == ENOENT && stat(folder, &status) < 0)
        return error_set(error, "the folder %s does not exist", folder);
    return error_set(error, "lock it (%s): %s", path, strerror(reason));
}

static bool blame_holder(int fd, struct error *error)
{
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char pid[32] = "";

    if (fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK && holder.l_pid > 0)
        return error_set(
            error, "another tocsin is running on it (process %ld)", (long)holder.l_pid);
    /* In another process namespace the kernel does not tell; the holder wrote it. */
    ssize_t len = pread(fd, pid, sizeof pid - 1, 0);
    pid[len > 0 ? strcspn(pid, "\n") : 0] = '\0';
    return error_set(error, "another tocsin is running on it (process %s)", *pid ? pid : "unknown");
}

static bool write_holder(int fd, struct error *error)
{
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len)
        return error_set(error, "write the lock: %s", strerror(errno));
    return true;
}

static bool hold(int fd, struct error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_SETLK, &whole) == 0)
        return write_holder(fd, error);
    if (errno == EACCES || errno == EAGAIN)
        return blame_holder(fd, error);
    return error_set(error, "lock it: %s", strerror(errno));
}

int lock_take(const char *path, struct error *error)
{
    auto_free char *name = text_format("%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        blame_open(name, errno, error);
    } else if (!hold(fd, error)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        error_wrap(error, "open the ledger %s", path);
    return fd;
}

void lock_release(int fd)
{
    if (fd < 0)
        return;
    /* Nobody reads the text of a lock that is not held; failing to cut it harms nobody. */
    if (ftruncate(fd, 0) < 0)
        errno = 0;
    close(fd);
}
