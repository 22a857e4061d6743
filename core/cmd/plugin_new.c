/* Begins a plugin: the project that stands in subprojects/sink-template, by another name. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/new_file.h"
#include "cmd/template_files.h" /* subprojects/sink-template, as it stands in the tree */
#include "sink/plugin.h"
#include "sink/plugin_folder.h"

/* What a project is made for. */
enum {
    FOR_RENDER = 1,
    FOR_DELIVER = 2,
    FOR_C = 4,
    FOR_CPP = 8,
    ANY_RENDER = FOR_RENDER | FOR_C | FOR_CPP,
    ANY_DELIVER = FOR_DELIVER | FOR_C | FOR_CPP,
    ANY_CPP = FOR_CPP | FOR_RENDER | FOR_DELIVER,
    ANY = FOR_RENDER | FOR_DELIVER | FOR_C | FOR_CPP,
};

enum {
    longest_name = 64,
};

/* A file, for the projects whose shape and language are both among `whom`. */
struct file {
    const char *name, *text;
    unsigned whom;
};

static const struct file files[] = {
    {".gitignore", template_gitignore, ANY},
    {"README.md", template_readme, ANY},
    {"meson.build", template_meson_build, ANY},
    {"sink-template.map", template_map, ANY},
    {"sink-template.c", template_render_c, FOR_RENDER | FOR_C},
    {"sink-template.c", template_deliver_c, FOR_DELIVER | FOR_C},
    {"sink-template.cpp", template_render_cpp, FOR_RENDER | FOR_CPP},
    {"sink-template.cpp", template_deliver_cpp, FOR_DELIVER | FOR_CPP},
    {"test/host.h", template_host_h, ANY},
    {"test/test.c", template_test_render, ANY_RENDER},
    {"test/test.c", template_test_deliver, ANY_DELIVER},
    {"test/expected.txt", template_expected_render, ANY_RENDER},
    {"test/expected.txt", template_expected_deliver, ANY_DELIVER},
};

/* What stands in the files of the tree, and what it becomes, in this order. From these two on a
 * file tells of the tree itself. */
static const char *const ends[] = {
    "\n# What stands below is left out by `tocsin plugin new`",
    "\n## In tocsin's own tree",
};
static const struct edit {
    const char *what, *instead;
    unsigned whom;
} edits[] = {
    {"not meson.is_subproject()", "true", ANY},
    {"test/test_render.c", "test/test.c", ANY},
    {"test/expected_render.txt", "test/expected.txt", ANY},
    {"https://example.org/in", "tcp://192.0.2.1:7000", ANY_DELIVER},
    {"'sink-template', 'c',", "'sink-template', 'c', 'cpp',", ANY_CPP},
    {"'c_std=gnu11'", "'c_std=gnu11', 'cpp_std=c++20'", ANY_CPP},
    {"  gnu_symbol_visibility:",
        "  # A designated initialiser leaves out what is zero.\n"
        "  cpp_args: '-Wno-missing-field-initializers',\n"
        "  gnu_symbol_visibility:",
        ANY_CPP},
    {"cc -shared", "c++ -std=c++20 -shared", ANY_CPP},
    {"sink-template.c'", "sink-template.cpp'", ANY_CPP},
    {"sink-template.c`", "sink-template.cpp`", ANY_CPP},
    {"sink-template.c ", "sink-template.cpp ", ANY_CPP},
};

/* The text with something else in the place of what, wherever that stands. The caller frees. */
static char *replaced(const char *text, const char *what, const char *instead)
{
    auto_buf struct buf out = {0};

    for (const char *found; (found = strstr(text, what)); text = found + strlen(what)) {
        buf_append(&out, text, (size_t)(found - text));
        buf_puts(&out, instead);
    }
    buf_puts(&out, text);
    return buf_take(&out);
}

static void replace(char **text, const char *what, const char *instead)
{
    char *old = *text;

    *text = replaced(old, what, instead);
    free(old);
}

static bool is_for(unsigned whom, unsigned project)
{
    return (whom & project) == project;
}

/* The caller frees. */
static char *adapted(const char *text, const char *name, unsigned project)
{
    char *copy = text_copy(text);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *end = strstr(copy, ends[i]);
        if (end)
            *end = '\0';
    }
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (is_for(edits[i].whom, project))
            replace(&copy, edits[i].what, edits[i].instead);
    replace(&copy, "sink-template", name);
    return copy;
}

static bool write_files(const char *folder, const char *name, unsigned project, struct error *error)
{
    bool is_written = true;

    for (size_t i = 0; is_written && i < sizeof files / sizeof *files; i++) {
        if (!is_for(files[i].whom, project))
            continue;
        auto_free char *file = replaced(files[i].name, "sink-template", name);
        auto_free char *text = adapted(files[i].text, name, project);
        is_written = new_file_write(folder, file, text, 0666, error);
    }
    return is_written;
}

/* The folder is new: nothing of anybody's is written over. */
static bool make_folders(const char *folder, struct error *error)
{
    auto_free char *tests = text_format("%s/test", folder);

    if (mkdir(folder, 0777) == 0 && mkdir(tests, 0777) == 0)
        return true;
    if (errno == EEXIST)
        return error_set(error, "%s is there already: name another folder behind the name", folder);
    return error_set(error, "make %s: %s", folder, strerror(errno));
}

/* Words that meson keeps for itself: no plugin's file can be built by their name. */
static bool is_kept_by_meson(const char *name)
{
    static const char *const words[] = {"all", "benchmark", "clean", "clean-ctlist", "clean-gcda",
        "clean-gcno", "coverage", "coverage-html", "coverage-text", "coverage-xml", "dist",
        "distcheck", "install", "phony", "reconfigure", "scan-build", "test", "uninstall"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return strncmp(name, "meson-", strlen("meson-")) == 0;
}

static bool is_installed(const char *name)
{
    char folder[] = TOCSIN_PLUGIN_DIR, *folders[] = {folder};
    size_t count;
    bool is_there = false;
    auto_free char **names = plugin_folders_list(folders, 1, &count);

    for (size_t i = 0; i < count; i++) {
        is_there = is_there || strcmp(names[i], name) == 0;
        free(names[i]);
    }
    return is_there;
}

/* What is wrong with a name; NULL when nothing is. */
static const char *name_fault(const char *name)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    if (name[0] < 'a' || name[0] > 'z' || name[strspn(name, alphabet)])
        return "a plugin's name has small letters, digits, - and _, and begins with a letter";
    if (strlen(name) > longest_name)
        return "a plugin's name has at most 64 characters";
    if (is_kept_by_meson(name))
        return "meson, by which it is built, keeps that name for itself";
    if (strcmp(name, PLUGIN_INBOX) == 0)
        return "there is a plugin of that name, built in";
    if (is_installed(name))
        return "there is a plugin of that name in " TOCSIN_PLUGIN_DIR;
    return NULL;
}

/* Adds the bit of a word to the project; false after telling that it is none of the two. */
static bool add_choice(const struct command *command, const char *option, const char *word,
    const char *const words[2], const unsigned bits[2], unsigned *project)
{
    for (int i = 0; i < 2; i++) {
        if (strcmp(words[i], word) == 0) {
            *project |= bits[i];
            return true;
        }
    }
    command_usage(command, "%s must be %s or %s, not \"%s\"", option, words[0], words[1], word);
    return false;
}

/* 0 after telling what is wrong. */
static unsigned read_project(const struct command *command, const char *shape, const char *language)
{
    static const char *const shapes[] = {"render", "deliver"}, *const languages[] = {"c", "c++"};
    static const unsigned shape_bits[] = {FOR_RENDER, FOR_DELIVER};
    static const unsigned language_bits[] = {FOR_C, FOR_CPP};
    unsigned project = 0;

    if (!add_choice(command, "--shape", shape, shapes, shape_bits, &project) ||
        !add_choice(command, "--language", language, languages, language_bits, &project))
        return 0;
    return project;
}

int cmd_plugin_new(const struct command *command, int argc, char **argv)
{
    const char *rest[2], *shape = "render", *language = "c";
    const struct argument options[] = {{"--shape", &shape, NULL}, {"--language", &language, NULL}};
    auto_error struct error error = {0};

    int count = arguments_read(command, argc, argv, options, 2, rest, 2);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "which name shall it have?");
    const char *name = rest[0], *folder = count == 2 ? rest[1] : name, *fault = name_fault(name);
    unsigned project = read_project(command, shape, language);
    if (!project)
        return EXIT_USAGE;
    if (fault)
        return command_usage(command, "\"%s\": %s", name, fault);
    if (!make_folders(folder, &error) || !write_files(folder, name, project, &error)) {
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    printf("next: cd %s && meson setup build && meson compile -C build && meson test -C build\n",
        folder);
    return EXIT_FINE;
}
