#include "config/expand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"

enum {
    longest_file = 65536,
    deepest = 100, /* the loader stops earlier */
};

/* One pass over a document. */
struct expansion {
    expand_lookup lookup;
    struct problems *problems;
};

static bool read_value_file(const char *path, struct buf *out, struct error *error)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    char block[4096];
    ssize_t len;

    if (fd < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    while ((len = read(fd, block, sizeof block)) > 0) {
        buf_append(out, block, (size_t)len);
        if (out->len > longest_file)
            return error_set(error, "%s is over 64 KiB", path);
    }
    if (len < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    if (memchr(buf_text(out), '\0', out->len))
        return error_set(error, "%s holds a NUL byte", path);
    return true;
}

static void cut_newline(struct buf *text)
{
    if (text->len && text->data[text->len - 1] == '\n')
        text->data[--text->len] = '\0';
}

static bool append_file(const char *path, struct buf *out, struct error *error)
{
    auto_buf struct buf content = {0};

    if (!read_value_file(path, &content, error))
        return false;
    cut_newline(&content);
    buf_puts(out, buf_text(&content));
    return true;
}

/* Relative to the folder of the file that names it. */
static char *beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (*path == '/' || !slash)
        return text_copy(path);
    return text_format("%.*s/%s", (int)(slash - file), file, path);
}

static bool append_credential(
    const struct expansion *expansion, const char *name, struct buf *out, struct error *error)
{
    const char *folder = expansion->lookup("CREDENTIALS_DIRECTORY");

    if (!*name || strchr(name, '/'))
        return error_set(error, "${cred:%s} names no credential", name);
    if (!folder)
        return error_set(error,
            "${cred:%s}: there are no credentials here ($CREDENTIALS_DIRECTORY is not set); start "
            "it by systemd with LoadCredential=",
            name);
    auto_free char *path = text_format("%s/%s", folder, name);
    return append_file(path, out, error);
}

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_letter = (name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= 'a' && name[i] <= 'z') ||
                         name[i] == '_';
        if (!is_letter && (i == 0 || name[i] < '0' || name[i] > '9'))
            return false;
    }
    return len > 0;
}

static bool append_variable(
    const struct expansion *expansion, const char *form, struct buf *out, struct error *error)
{
    const char *fallback = strstr(form, ":-");
    size_t len = fallback ? (size_t)(fallback - form) : strlen(form);
    auto_free char *name = text_copy_n(form, len);

    if (!is_name(form, len))
        return error_set(error,
            "${%s} is not known: write ${NAME}, ${NAME:-default}, ${file:PATH} or ${cred:NAME}, "
            "and "
            "$${ for a literal ${",
            form);
    const char *value = expansion->lookup(name);
    if (fallback && (!value || !*value))
        value = fallback + 2;
    if (!value)
        return error_set(error, "${%s} is not set in the environment", name);
    buf_puts(out, value);
    return true;
}

static bool append_form(const struct expansion *expansion, const struct yaml *node,
    const char *form, struct buf *out, struct error *error)
{
    if (strncmp(form, "file:", 5) == 0) {
        auto_free char *path = beside(node->place.file, form + 5);
        return append_file(path, out, error);
    }
    if (strncmp(form, "cred:", 5) == 0)
        return append_credential(expansion, form + 5, out, error);
    return append_variable(expansion, form, out, error);
}

/* Appends up to and with the next ${...}; *text moves past it. *replaced tells of a replacement. */
static bool expand_next(const struct expansion *expansion, const struct yaml *node,
    const char **text, struct buf *out, bool *replaced, struct error *error)
{
    const char *mark = strstr(*text, "${");

    if (!mark) {
        buf_puts(out, *text);
        *text += strlen(*text);
        return true;
    }
    bool is_literal = mark > *text && mark[-1] == '$';
    buf_append(out, *text, (size_t)(mark - *text) - is_literal);
    if (is_literal) {
        buf_puts(out, "${");
        *text = mark + 2;
        return true;
    }
    const char *end = strchr(mark, '}');
    if (!end)
        return error_set(error, "\"${\" is not closed with \"}\"; write $${ for a literal ${");
    auto_free char *form = text_copy_n(mark + 2, (size_t)(end - mark - 2));
    *text = end + 1;
    *replaced = true;
    return append_form(expansion, node, form, out, error);
}

static bool expand_scalar(const struct expansion *expansion, struct yaml *node)
{
    auto_error struct error error = {0};
    auto_buf struct buf out = {0};
    const char *text = node->text;
    bool replaced = false;

    if (!strstr(text, "${") || node->written)
        return true;
    while (*text)
        if (!expand_next(expansion, node, &text, &out, &replaced, &error)) {
            problem_add(expansion->problems, node->place, "%s", error_text(&error));
            node->is_faulty = true;
            return false;
        }
    if (replaced)
        node->written = TAKE(node->text);
    free(node->text);
    node->text = buf_take(&out);
    return true;
}

static bool expand_node(const struct expansion *expansion, struct yaml *node, int depth)
{
    bool ok = true;

    if (depth > deepest)
        return true;
    if (node->kind == YAML_SCALAR)
        return expand_scalar(expansion, node);
    for (size_t i = 0; i < node->count; i++) {
        struct yaml *child = node->kind == YAML_LIST ? node->items[i] : node->entries[i].value;
        bool is_expanded = expand_node(expansion, child, depth + 1);
        ok = ok && is_expanded;
    }
    return ok;
}

bool expand_values(struct yaml *node, expand_lookup lookup, struct problems *problems)
{
    const struct expansion expansion = {lookup, problems};

    return expand_node(&expansion, node, 0);
}
