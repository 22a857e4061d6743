#include "config/filename.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

/* "conf/" of "conf/tocsin.yaml", "" of "tocsin.yaml". */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    return text_copy_n(file, slash ? (size_t)(slash - file) + 1 : 0);
}

static char *join(const char *folder, const char *name)
{
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    return text_format("%s%s", folder, name);
}

char *filename_absolute(const char *name, const char *beside)
{
    if (name[0] == '/')
        return text_copy(name);
    auto_free char *folder = folder_of(beside ? beside : "");
    auto_free char *joined = join(folder, name);
    if (joined[0] == '/')
        return TAKE(joined);
    auto_free char *here = getcwd(NULL, 0);
    auto_free char *root = text_format("%s/", here ? here : "");
    return join(root, joined);
}

char *filename_literal(const char *folder)
{
    struct buf literal = {0};

    for (; *folder; folder++) {
        if (strchr("*?[\\", *folder))
            buf_putc(&literal, '\\');
        buf_putc(&literal, *folder);
    }
    return buf_take(&literal);
}
