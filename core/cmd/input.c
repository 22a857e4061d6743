#include "cmd/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/story.h"

enum {
    longest_file = 16 << 20,
};

bool input_read(const char *path, struct buf *out, struct error *error)
{
    auto_fclose FILE *file = NULL;
    bool is_stdin = strcmp(path, "-") == 0;
    char block[65536];
    size_t len;

    if (!is_stdin)
        file = fopen(path, "re");
    if (!is_stdin && !file)
        return error_set(error, "read %s: %s", path, strerror(errno));
    FILE *from = is_stdin ? stdin : file;
    while ((len = fread(block, 1, sizeof block, from)) > 0) {
        buf_append(out, block, len);
        if (out->len > longest_file)
            return error_set(error, "read %s: it is over 16 MiB", path);
    }
    return !ferror(from) || error_set(error, "read %s: %s", path, strerror(errno));
}

struct story *input_story(const struct buf *bytes, const char *what, const struct config *config,
    const char *hook, int64_t at_ms, struct error *error)
{
    struct event *event = event_parse(buf_text(bytes), bytes->len, error);

    if (!event) {
        error_wrap(error, "%s is no event", what);
        return NULL;
    }
    if (!hook)
        hook = config->hook_count == 1 ? config->hooks[0].name : "explain";
    return story_create(event, hook, buf_text(bytes), bytes->len, at_ms);
}
