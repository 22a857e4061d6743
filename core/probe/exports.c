#include "probe/exports.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"

/* The file's bytes. Every offset in it is somebody else's word. */
struct image {
    const char *bytes;
    size_t len;
};

/* A section's table of equal rows, and the texts that they name. */
struct table {
    const char *rows;
    size_t count;
    const char *texts;
    size_t texts_len;
};

static const void *part(const struct image *image, uint64_t offset, uint64_t len)
{
    return offset <= image->len && len <= image->len - offset ? image->bytes + offset : NULL;
}

static bool is_shared_object(const struct image *image)
{
    const ElfW(Ehdr) *header = part(image, 0, sizeof *header);
    const int one = 1;
    unsigned char order = *(const char *)&one ? ELFDATA2LSB : ELFDATA2MSB;

    return header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
           header->e_ident[EI_DATA] == order && header->e_type == ET_DYN;
}

static bool section_at(const struct image *image, size_t index, ElfW(Shdr) * section)
{
    const ElfW(Ehdr) *header = (const void *)image->bytes;
    const void *row =
        header->e_shentsize == sizeof *section && index < header->e_shnum
            ? part(image, header->e_shoff + (uint64_t)index * sizeof *section, sizeof *section)
            : NULL;

    if (row)
        memcpy(section, row, sizeof *section);
    return row != NULL;
}

/* The first section of a type whose rows have that size. */
static bool table_find(
    const struct image *image, uint32_t type, size_t row_size, struct table *table)
{
    ElfW(Shdr) section, texts;

    for (size_t i = 0; section_at(image, i, &section); i++) {
        if (section.sh_type != type)
            continue;
        if (!section_at(image, section.sh_link, &texts))
            return false;
        table->rows = part(image, section.sh_offset, section.sh_size);
        table->count = section.sh_size / row_size;
        table->texts = part(image, texts.sh_offset, texts.sh_size);
        table->texts_len = texts.sh_size;
        return table->rows && table->texts;
    }
    return false;
}

/* NULL for an offset at which no whole text stands. */
static const char *text_at(const struct table *table, uint64_t offset)
{
    if (offset >= table->texts_len)
        return NULL;
    size_t most = table->texts_len - offset;
    return strnlen(table->texts + offset, most) < most ? table->texts + offset : NULL;
}

static void add(char ***names, size_t *count, const char *name)
{
    *names = mem_resize(*names, (*count + 1) * sizeof **names);
    (*names)[(*count)++] = text_copy(name);
}

/* A version's own name stands among the symbols as an absolute one, and is none. */
static bool is_exported(const ElfW(Sym) * symbol)
{
    unsigned bind = symbol->st_info >> 4, seen = symbol->st_other & 3;

    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && bind != STB_LOCAL &&
           (seen == STV_DEFAULT || seen == STV_PROTECTED);
}

static bool read_symbols(struct exports *exports, const struct image *image)
{
    struct table table;

    if (!table_find(image, SHT_DYNSYM, sizeof(ElfW(Sym)), &table))
        return false;
    for (size_t i = 1; i < table.count; i++) {
        ElfW(Sym) symbol;
        memcpy(&symbol, table.rows + i * sizeof symbol, sizeof symbol);
        const char *name = text_at(&table, symbol.st_name);
        if (!is_exported(&symbol) || !name)
            continue;
        add(&exports->names, &exports->count, name);
        if (strcmp(name, "tocsin_sink_plugin") == 0)
            exports->descriptor_size = symbol.st_size;
    }
    return true;
}

static void read_needs(struct exports *exports, const struct image *image)
{
    struct table table;

    if (!table_find(image, SHT_DYNAMIC, sizeof(ElfW(Dyn)), &table))
        return;
    for (size_t i = 0; i < table.count; i++) {
        ElfW(Dyn) entry;
        memcpy(&entry, table.rows + i * sizeof entry, sizeof entry);
        const char *name = text_at(&table, entry.d_un.d_val);
        if (entry.d_tag == DT_NULL)
            return;
        if (entry.d_tag == DT_NEEDED && name)
            add(&exports->needs, &exports->need_count, name);
    }
}

static enum exports_end read_image(
    struct exports *exports, const struct image *image, const char *path, struct error *error)
{
    exports->bytes = image->len;
    if (!is_shared_object(image)) {
        error_set(error, "%s is no shared object of this machine", path);
        return EXPORTS_NO_OBJECT;
    }
    if (!read_symbols(exports, image)) {
        error_set(error, "%s is damaged, or has no table of symbols", path);
        return EXPORTS_NO_OBJECT;
    }
    read_needs(exports, image);
    return EXPORTS_READ;
}

enum exports_end exports_read(struct exports *exports, const char *path, struct error *error)
{
    struct stat status;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    *exports = (struct exports){0};
    if (fd < 0 || fstat(fd, &status) < 0) {
        error_set(error, "read %s: %s", path, strerror(errno));
        return EXPORTS_NO_FILE;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(error, "read %s: it is no file", path);
        return EXPORTS_NO_FILE;
    }
    if (status.st_size == 0) {
        error_set(error, "%s is empty", path);
        return EXPORTS_NO_OBJECT;
    }
    struct image image = {.len = (size_t)status.st_size};
    void *mapped = mmap(NULL, image.len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) {
        error_set(error, "read %s: %s", path, strerror(errno));
        return EXPORTS_NO_FILE;
    }
    image.bytes = mapped;
    enum exports_end end = read_image(exports, &image, path, error);
    munmap(mapped, image.len);
    return end;
}

void exports_finish(struct exports *exports)
{
    for (size_t i = 0; i < exports->count; i++)
        free(exports->names[i]);
    for (size_t i = 0; i < exports->need_count; i++)
        free(exports->needs[i]);
    free(exports->names);
    free(exports->needs);
    *exports = (struct exports){0};
}
