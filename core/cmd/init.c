/* Writes a first configuration: tocsin.yaml with a fresh hook path, and rules.yaml. */
#include <errno.h>
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
#include "cmd/first_files.h" /* conf/tocsin.yaml and conf/rules.yaml, as they stand in the tree */
#include "cmd/hook_path.h"
#include "cmd/new_file.h"

/* What stands in the files of the tree, and what it becomes in those that are written. */
static const char path_mark[] = "/hooks/${HOOK_ID}";
static const char schema_mark[] = "$schema=";

/* The text with something else in the place of a mark; where the mark stands nowhere, the text. */
static char *with(const char *text, const char *mark, const char *instead)
{
    auto_buf struct buf out = {0};
    const char *at = strstr(text, mark);

    if (!at)
        return text_copy(text);
    buf_append(&out, text, (size_t)(at - text));
    buf_puts(&out, instead);
    buf_puts(&out, at + strlen(mark));
    return buf_take(&out);
}

/* Editors find the schema where it was installed. */
static char *with_schema(const char *text)
{
    return with(text, schema_mark, "$schema=" TOCSIN_DATA_DIR "/");
}

int cmd_init(const struct command *command, int argc, char **argv)
{
    const char *folder = ".";
    auto_error struct error error = {0};

    if (arguments_read(command, argc, argv, NULL, 0, &folder, 1) < 0)
        return EXIT_USAGE;
    auto_free char *path = hook_path_new();
    if (!path) {
        fprintf(stderr, "tocsin: no randomness for a hook's path: %s\n", strerror(errno));
        return EXIT_UNDONE;
    }
    auto_free char *first = with_schema(first_tocsin_yaml);
    auto_free char *config = with(first, path_mark, path);
    auto_free char *rules = with_schema(first_rules_yaml);
    if ((mkdir(folder, 0700) < 0 && errno != EEXIST &&
            !error_set(&error, "make %s: %s", folder, strerror(errno))) ||
        !new_file_write(folder, "tocsin.yaml", config, 0600, &error) ||
        !new_file_write(folder, "rules.yaml", rules, 0600, &error)) {
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    printf("the hook's secret path is in tocsin.yaml; see it with: tocsin hooks -c %s/tocsin.yaml\n"
           "next: set a sink's URL and the API key, then: tocsin check -c %s/tocsin.yaml\n",
        folder, folder);
    return EXIT_FINE;
}
