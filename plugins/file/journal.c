#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <tocsin/sink.h>

enum {
    LOCK_POLL_MS = 10,
    HOST_WRITABLE = 2,
};

void journal_init(struct journal *journal, const char *path, mode_t mode, bool syncs)
{
    *journal = (struct journal){.path = path, .mode = mode, .syncs = syncs, .fd = -1};
}

void journal_finish(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
}

static struct written failed(const char *step)
{
    return (struct written){.step = step, .error = errno};
}

static struct written late(const char *step)
{
    return (struct written){.step = step, .error = ETIMEDOUT};
}

/* Whether the name still leads to the file that is open. */
static bool is_current(const struct journal *journal)
{
    struct stat named, open_one;

    return journal->fd >= 0 && stat(journal->path, &named) == 0 &&
           fstat(journal->fd, &open_one) == 0 && named.st_dev == open_one.st_dev &&
           named.st_ino == open_one.st_ino;
}

/* The name of a new file is not safe before its folder is. */
static int sync_folder(struct tocsin_call *call, const char *path)
{
    char *copy = call->host->format(call, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = folder < 0 ? -1 : fsync(folder);

    if (folder >= 0)
        close(folder);
    return result;
}

/* Not blocking, for a pipe without a reader. */
static int open_file(const struct journal *journal, bool *is_new)
{
    static const int flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(journal->path, flags);

    *is_new = fd < 0 && errno == ENOENT;
    if (*is_new)
        fd = open(journal->path, flags | O_CREAT, journal->mode);
    if (*is_new && fd >= 0)
        fchmod(fd, journal->mode); /* whatever the process's umask says */
    return fd;
}

static struct written make_current(struct journal *journal, struct tocsin_call *call)
{
    bool is_new;

    if (is_current(journal))
        return (struct written){0};
    journal_finish(journal);
    journal->fd = open_file(journal, &is_new);
    if (journal->fd < 0)
        return failed("open");
    if (is_new && journal->syncs && sync_folder(call, journal->path) != 0) {
        struct written written = failed("fsync of its folder");
        journal_finish(journal);
        return written;
    }
    return (struct written){0};
}

/* Some file systems of a network have none. */
static bool has_no_locks(int error)
{
    return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

/* Against another worker of the sink, or another tocsin, that has to take a line back. */
static struct written lock(const struct journal *journal, struct tocsin_call *call)
{
    while (flock(journal->fd, LOCK_EX | LOCK_NB) != 0) {
        if (has_no_locks(errno))
            break;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failed("lock");
        if (call->host->wait(call, -1, 0, LOCK_POLL_MS) < 0)
            return late("lock");
    }
    return (struct written){0};
}

/* Writes what can be written; *done is how much that was. */
static struct written write_all(const struct journal *journal, struct tocsin_call *call,
    const char *bytes, size_t len, size_t *done)
{
    for (*done = 0; *done < len;) {
        ssize_t step = write(journal->fd, bytes + *done, len - *done);
        if (step >= 0)
            *done += (size_t)step;
        else if (errno == EAGAIN && call->host->wait(call, journal->fd, HOST_WRITABLE, -1) <= 0)
            return late("write");
        else if (errno != EAGAIN && errno != EINTR)
            return failed("write");
    }
    return (struct written){0};
}

/* Whether a line stands at the end that was never finished: the machine fell, or the disk was full
 * and stayed it. */
static bool has_torn_end(const struct journal *journal, off_t size)
{
    int fd = open(journal->path, O_RDONLY | O_CLOEXEC);
    char last = '\n';

    if (fd < 0)
        return false;
    ssize_t len = pread(fd, &last, 1, size - 1);
    close(fd);
    return len == 1 && last != '\n';
}

static struct written append_line(
    const struct journal *journal, struct tocsin_call *call, const char *line, size_t len)
{
    struct stat at;
    size_t done = 0;

    if (fstat(journal->fd, &at) != 0)
        return failed("stat");
    bool is_file = S_ISREG(at.st_mode);
    if (is_file && at.st_size > 0 && has_torn_end(journal, at.st_size)) {
        struct written written = write_all(journal, call, "\n", 1, &done);
        if (written.step)
            return written;
        at.st_size += 1;
    }
    struct written written = write_all(journal, call, line, len, &done);
    if (!written.step || done == 0)
        return written;
    /* Half a line: taken back. A pipe has no way back, and what reads it has half a line. */
    written.maybe_there = !is_file || ftruncate(journal->fd, at.st_size) != 0;
    return written;
}

struct written journal_append(
    struct journal *journal, struct tocsin_call *call, const char *line, size_t len)
{
    struct written written = make_current(journal, call);

    if (!written.step)
        written = lock(journal, call);
    if (written.step)
        return written;
    written = append_line(journal, call, line, len);
    flock(journal->fd, LOCK_UN);
    if (!written.step && journal->syncs && fdatasync(journal->fd) != 0 && errno != EINVAL) {
        written = failed("fsync");
        written.maybe_there = true;
        journal_finish(journal); /* what it says after a failed fsync is worth nothing */
    }
    return written;
}
