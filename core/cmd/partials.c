#include "cmd/partials.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/template_file.h"
#include "config/problems.h"
#include "message/template.h"

/* What goes through a template to note the partials that it names. */
struct noting {
    struct partials *partials;
    const char *file; /* the template's */
    struct problems *problems;
};

static bool leaves_folder(const char *name)
{
    for (const char *part = name;; part++) {
        size_t len = strcspn(part, "/");
        if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && strncmp(part, "..", 2) == 0))
            return true;
        part += len;
        if (!*part)
            return false;
    }
}

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* NULL where there is no such file; the caller frees it. */
static char *find_file(const char *folder, const char *name)
{
    auto_free char *with = text_format("%s/%s.mustache", folder, name);
    auto_free char *without = text_format("%s/%s", folder, name);

    if (is_file(with))
        return TAKE(with);
    return is_file(without) ? TAKE(without) : NULL;
}

static bool is_noted(const struct partials *partials, const char *name)
{
    for (size_t i = 0; i < partials->count; i++)
        if (strcmp(partials->items[i].name, name) == 0)
            return true;
    return false;
}

static void on_mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    const struct noting *noting = arg;
    struct partials *partials = noting->partials;
    struct place place = {noting->file, line, column};

    if (kind != MENTION_PARTIAL || is_noted(partials, name))
        return;
    partials->items = mem_resize(partials->items, (partials->count + 1) * sizeof *partials->items);
    struct partial *partial = &partials->items[partials->count++];
    *partial = (struct partial){.name = text_copy(name)};
    if (!partials->folder) {
        problem_warn(noting->problems, place,
            "partial \"%s\" is shown as nothing: no folder was given (--partials)", name);
        return;
    }
    if (leaves_folder(name)) {
        problem_add(noting->problems, place,
            "partial \"%s\": a name stays within the folder of the partials, without \".\", "
            "\"..\" and empty parts",
            name);
        return;
    }
    partial->file = find_file(partials->folder, name);
    if (!partial->file)
        problem_warn(noting->problems, place,
            "partial \"%s\" is shown as nothing: there is neither %s/%s.mustache nor %s/%s", name,
            partials->folder, name, partials->folder, name);
}

bool partials_load(struct partials *partials, const struct template *template, const char *file,
    struct problems *problems, struct error *error)
{
    struct noting noting = {partials, file, problems};
    struct template *compiled;

    template_visit(template, on_mention, &noting);
    for (size_t i = 0; i < partials->count; i++) {
        noting.file = partials->items[i].file;
        if (noting.file && !template_file_read(noting.file, &compiled, problems, error))
            return false;
        partials->items[i].template = noting.file ? compiled : NULL;
        if (partials->items[i].template)
            template_visit(partials->items[i].template, on_mention, &noting);
    }
    return true;
}

void partials_finish(struct partials *partials)
{
    for (size_t i = 0; i < partials->count; i++) {
        free(partials->items[i].name);
        free(partials->items[i].file);
        template_destroy(partials->items[i].template);
    }
    free(partials->items);
    *partials = (struct partials){0};
}

const struct template *partials_find(const char *name, void *arg)
{
    const struct partials *partials = arg;

    for (size_t i = 0; i < partials->count; i++)
        if (strcmp(partials->items[i].name, name) == 0)
            return partials->items[i].template;
    return NULL;
}
