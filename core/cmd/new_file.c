#include "cmd/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"

bool new_file_write(
    const char *folder, const char *name, const char *text, mode_t mode, struct error *error)
{
    auto_free char *path = text_format("%s/%s", folder, name);
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    size_t len = strlen(text);

    if (fd < 0)
        return error_set(error, "write %s: %s", path, strerror(errno));
    if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0)
        return error_set(error, "write %s: %s", path, strerror(errno));
    printf("wrote %s\n", path);
    return true;
}
