#include "sink/plugin_folder.h"

#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/filename.h"

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* FOLDER/NAME.so to NAME. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;

    return text_copy_n(file, strlen(file) - strlen(".so"));
}

/* Whether the file stands in a folder of its name. */
static bool is_nested(const char *path, const char *name)
{
    auto_free char *end = text_format("/%s/%s.so", name, name);
    size_t len = strlen(path), tail = strlen(end);

    return len >= tail && strcmp(path + len - tail, end) == 0;
}

static void add(char ***names, size_t *count, char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*names)[i], name) == 0) {
            free(name);
            return;
        }
    }
    *names = mem_resize(*names, (*count + 1) * sizeof **names);
    (*names)[(*count)++] = name;
}

static void add_found(
    char ***names, size_t *count, const char *folder, const char *pattern, bool wants_nested)
{
    auto_free char *literal = filename_literal(folder);
    auto_free char *whole = text_format("%s%s", literal, pattern);
    glob_t found = {0};
    int status = glob(whole, 0, NULL, &found);

    if (status == GLOB_NOSPACE)
        mem_exhausted();
    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
        char *name = name_of(found.gl_pathv[i]);
        if (!wants_nested || is_nested(found.gl_pathv[i], name))
            add(names, count, name);
        else
            free(name);
    }
    globfree(&found);
}

char **plugin_folders_list(char *const *folders, size_t folder_count, size_t *count)
{
    char **names = NULL;

    *count = 0;
    for (size_t i = 0; i < folder_count; i++) {
        add_found(&names, count, folders[i], "/*.so", false);
        add_found(&names, count, folders[i], "/*/*.so", true);
    }
    if (*count > 0)
        qsort(names, *count, sizeof *names, compare_names);
    return names;
}
