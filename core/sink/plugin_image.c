#include "sink/plugin_image.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <tocsin/sink.h>

#include "base/error.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

struct looking_for {
    const char *address;
    struct plugin_image *image;
    bool is_found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct looking_for *wanted = arg;
    struct plugin_image image = {0};
    bool is_it = false;

    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum && image.count < LENGTH(image.parts); i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const char *start = (const char *)info->dlpi_addr + header->p_vaddr;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R))
            continue;
        image.parts[image.count++] = (struct plugin_part){start, header->p_memsz};
        is_it |= wanted->address >= start && wanted->address < start + header->p_memsz;
    }
    if (!is_it)
        return 0;
    *wanted->image = image;
    wanted->is_found = true;
    return 1;
}

bool plugin_image_find(struct plugin_image *image, const void *address)
{
    struct looking_for wanted = {.address = address, .image = image};

    *image = (struct plugin_image){0};
    dl_iterate_phdr(look_at, &wanted);
    return wanted.is_found;
}

static const struct plugin_part *part_of(const struct plugin_image *image, const void *address)
{
    const char *at = address;

    for (size_t i = 0; i < image->count; i++)
        if (at >= image->parts[i].start && at < image->parts[i].start + image->parts[i].len)
            return &image->parts[i];
    return NULL;
}

bool plugin_image_holds(const struct plugin_image *image, const void *start, size_t len)
{
    const struct plugin_part *part = part_of(image, start);

    return part && len <= part->len - (size_t)((const char *)start - part->start);
}

bool plugin_image_holds_text(const struct plugin_image *image, const char *text)
{
    const struct plugin_part *part = part_of(image, text);
    size_t most = part ? part->len - (size_t)(text - part->start) : 0;

    return part && strnlen(text, most) < most;
}

static bool is_text(const struct plugin_image *image, const char *text)
{
    return !text || plugin_image_holds_text(image, text);
}

static bool check_row(const struct plugin_image *image, const struct tocsin_option *option,
    size_t index, const char *path, struct error *error)
{
    if (is_text(image, option->name) && is_text(image, option->fallback) &&
        is_text(image, option->choices) && is_text(image, option->help))
        return true;
    return error_set(error,
        "%s: option %zu is none: its texts lie outside of the plugin; is option_count right?", path,
        index + 1);
}

static bool check_table(const struct plugin_image *image, const struct tocsin_sink_plugin *found,
    const char *path, struct error *error)
{
    const char *rows = (const char *)found->options;
    size_t len = (size_t)found->option_stride * found->option_count;

    /* A stride that is too small is told by who reads the table. */
    if (found->option_count == 0 || !rows || found->option_stride < sizeof *found->options)
        return true;
    if ((uintptr_t)rows % _Alignof(struct tocsin_option) != 0 ||
        found->option_stride % _Alignof(struct tocsin_option) != 0)
        return error_set(error, "%s: its option table is not aligned", path);
    if (!plugin_image_holds(image, rows, len))
        return error_set(error,
            "%s: its option table, %u rows of %u bytes, reaches beyond the plugin: let "
            "TOCSIN_OPTIONS() fill it in, from a constant table",
            path, found->option_count, found->option_stride);
    for (size_t i = 0; i < found->option_count; i++)
        if (!check_row(image, (const void *)(rows + i * found->option_stride), i, path, error))
            return false;
    return true;
}

bool plugin_image_check(const struct tocsin_sink_plugin *found, const char *path,
    struct plugin_image *image, struct error *error)
{
    if (!plugin_image_find(image, found) || !plugin_image_holds(image, found, sizeof found->size) ||
        !plugin_image_holds(image, found, found->size))
        return error_set(error, "%s: its descriptor reaches beyond the plugin", path);
    return true;
}

bool plugin_image_check_texts(const struct plugin_image *image,
    const struct tocsin_sink_plugin *copy, const char *path, struct error *error)
{
    if (is_text(image, copy->name) && is_text(image, copy->version) && is_text(image, copy->help) &&
        is_text(image, copy->rate))
        return check_table(image, copy, path, error);
    return error_set(error, "%s: a text of its descriptor lies outside of the plugin", path);
}
