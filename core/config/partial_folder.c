#include "config/partial_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/filename.h"
#include "config/problems.h"
#include "config/yaml.h"

enum {
    most_files = 1000,
    most_bytes = 4 << 20, /* of all files, as of a YAML file */
};

/* A folder that is read. */
struct reading {
    const char *folder;
    struct yaml *map; /* what becomes of it */
    struct problems *problems;
    struct buf sources; /* as in struct yaml */
};

static const char suffix[] = ".mustache";

/* How much of a file's name is the partial's; 0: it is none. */
static size_t name_length(const char *file)
{
    size_t len = strlen(file), tail = sizeof suffix - 1;

    if (file[0] == '.')
        return 0;
    if (len > tail && strcmp(file + len - tail, suffix) == 0)
        return len - tail;
    return strpbrk(file, ".~") ? 0 : len;
}

static int is_partial(const struct dirent *entry)
{
    return name_length(entry->d_name) > 0;
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

/* Reads past the limit by no more than a block. */
static bool read_file(int fd, struct buf *text, struct error *error)
{
    char block[16 << 10];
    ssize_t got;

    while ((got = read(fd, block, sizeof block)) > 0 && text->len <= most_bytes)
        buf_append(text, block, (size_t)got);
    if (got < 0)
        return error_set(error, "cannot be read: %s", strerror(errno));
    if (memchr(buf_text(text), '\0', text->len))
        return error_set(error, "is no partial: it holds the character \\0");
    if (!utf8_is_valid(buf_text(text), text->len))
        return error_set(error, "is no partial: it is not UTF-8");
    return true;
}

static struct yaml *scalar_create(const char *text, size_t len, struct place place)
{
    struct yaml *node = mem_alloc(sizeof *node);

    node->kind = YAML_SCALAR;
    node->quoted = true;
    node->text = text_copy_n(text, len);
    node->place = place;
    return node;
}

/* The key owns the file's name, which is in the value's place too. */
static void add_partial(
    struct yaml *map, const char *path, const char *name, const struct buf *text)
{
    char *file = text_copy(path);
    struct place place = {file, 1, 1};
    struct yaml *key = scalar_create(name, name_length(name), place);
    struct yaml *value = scalar_create(buf_text(text), text->len, place);

    key->file = file;
    value->text_line = value->text_column = 1;
    map->entries[map->count++] = (struct yaml_entry){key, value};
}

/* NAME.mustache goes before NAME. */
static bool is_covered(const char *path)
{
    auto_free char *with = text_format("%s%s", path, suffix);

    return access(with, F_OK) == 0;
}

/* Returns the bytes that were read. */
static size_t read_partial(struct reading *reading, const char *name)
{
    auto_free char *path = text_format("%s/%s", reading->folder, name);
    auto_error struct error error = {0};
    auto_buf struct buf text = {0};
    /* Without waiting, since it may be a pipe. */
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;

    buf_printf(&reading->sources, "%s\n", path);
    if (is_covered(path) || (fd >= 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)))
        return 0;
    if (fd < 0)
        error_set(&error, "cannot be read: %s", strerror(errno));
    else if (read_file(fd, &text, &error))
        add_partial(reading->map, path, name, &text);
    if (error.text)
        problem_add(reading->problems, (struct place){.file = path}, "%s", error_text(&error));
    return text.len;
}

static void read_partials(struct reading *reading, struct dirent **files, size_t count)
{
    struct yaml *map = reading->map;
    size_t bytes = 0;

    map->entries = mem_alloc((count + 1) * sizeof *map->entries);
    for (size_t i = 0; i < count && bytes <= most_bytes; i++)
        bytes += read_partial(reading, files[i]->d_name);
    if (bytes > most_bytes)
        problem_add(reading->problems, map->place, "the partials in %s are over 4 MiB together",
            reading->folder);
}

static void read_folder(struct reading *reading)
{
    struct dirent **files = NULL;
    int count = scandir(reading->folder, &files, is_partial, by_name);
    struct place place = reading->map->place;

    buf_printf(&reading->sources, "%s\n", reading->folder);
    if (count < 0)
        problem_add(reading->problems, place, "partials: %s cannot be read: %s", reading->folder,
            strerror(errno));
    else if (count > most_files)
        problem_add(reading->problems, place, "partials: %s holds more than 1,000 of them",
            reading->folder);
    else
        read_partials(reading, files, (size_t)count);
    reading->map->is_faulty = count < 0 || count > most_files;
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

/* "/etc/tocsin/templates" of "templates/". */
static char *folder_named(const struct yaml *node)
{
    char *folder = filename_absolute(node->text, node->place.file);
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        folder[--len] = '\0';
    return folder;
}

void partial_folder_read(struct yaml *document, struct problems *problems)
{
    struct yaml *node = yaml_get(document, "partials");

    if (!node || node->kind != YAML_SCALAR || node->is_faulty || !*node->text)
        return;
    auto_free char *folder = folder_named(node);
    struct reading reading = {.folder = folder, .map = node, .problems = problems};
    free(node->text);
    node->text = NULL;
    node->kind = YAML_MAP;
    read_folder(&reading);
    node->sources = buf_take(&reading.sources);
}
