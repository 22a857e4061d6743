/* Feeds a harness with the files of folders, each once: what fuzzing found stays found, without
 * libFuzzer and with any compiler. `+5000` is so many inputs that are made up, the same at each
 * run: for a harness to which any bytes say something. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "harness.h"

static bool read_file(const char *path, struct buf *bytes)
{
    auto_fclose FILE *file = fopen(path, "rbe");
    char chunk[4096];
    size_t got = file ? fread(chunk, 1, sizeof chunk, file) : 0;

    for (; got > 0; got = fread(chunk, 1, sizeof chunk, file))
        buf_append(bytes, chunk, got);
    return file && !ferror(file);
}

/* Says the name first: it is the last word of a harness that fails. The copy is as long as the
 * input, so that a sanitizer sees who reads past its end. */
static bool feed(const char *path)
{
    auto_buf struct buf bytes = {0};

    fprintf(stderr, "%s\n", path);
    if (!read_file(path, &bytes)) {
        perror(path);
        return false;
    }
    auto_free uint8_t *input = mem_copy(bytes.data, bytes.len);
    LLVMFuzzerTestOneInput(input, bytes.len);
    return true;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Returns how many files there were, -1 where one could not be read. */
static int feed_all(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_input, alphasort);
    int fed = count;

    if (count < 0) {
        perror(folder);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        auto_free char *path = text_format("%s/%s", folder, entries[i]->d_name);
        if (fed >= 0 && !feed(path))
            fed = -1;
        free(entries[i]);
    }
    free(entries);
    return fed;
}

/* Marsaglia's xorshift. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static int feed_made_up(int count)
{
    uint32_t state = 2463534242;
    uint8_t input[256];

    for (int i = 0; i < count; i++) {
        size_t len = next_random(&state) % sizeof input;
        for (size_t j = 0; j < len; j++)
            input[j] = (uint8_t)(next_random(&state) >> 16);
        auto_free uint8_t *copy = mem_copy(input, len);
        LLVMFuzzerTestOneInput(copy, len);
    }
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int fed = argv[i][0] == '+' ? feed_made_up(atoi(argv[i] + 1)) : feed_all(argv[i]);
        if (fed < 0)
            return 1;
        total += fed;
    }
    if (total == 0) {
        fputs("no inputs: name a folder that holds some\n", stderr);
        return 1;
    }
    printf("%d inputs\n", total);
    return 0;
}
