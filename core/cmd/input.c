#include "cmd/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

enum {
    longest_file = 16 << 20,
};

bool input_read(const char *path, struct buf *out, struct error *error)
{
    auto_fclose FILE *opened = NULL;
    bool is_stdin = strcmp(path, "-") == 0;
    char block[65536];
    size_t len;

    if (!is_stdin)
        opened = fopen(path, "re");
    FILE *file = is_stdin ? stdin : opened;
    if (!file)
        return error_set(error, "read %s: %s", path, strerror(errno));
    while ((len = fread(block, 1, sizeof block, file)) > 0) {
        buf_append(out, block, len);
        if (out->len > longest_file)
            return error_set(error, "read %s: it is over 16 MiB", path);
    }
    return !ferror(file) || error_set(error, "read %s: %s", path, strerror(errno));
}
