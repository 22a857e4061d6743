#include "config/expand.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/filename.h"
#include "config/yaml.h"

enum {
    max_file = 1 << 20, /* a secret or a certificate, no database */
};

/* One value on its way. */
struct expansion {
    const struct yaml *node;
    expand_lookup lookup;
    struct problems *problems;
    struct buf text;    /* with everything replaced: may be secret */
    struct buf sources; /* the files that were read */
    struct buf written; /* the same for messages: names instead of what they stand for */
    bool is_replaced, is_faulty;
};

__attribute__((format(printf, 2, 3))) static void refuse(
    struct expansion *expansion, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = text_vformat(format, args);
    va_end(args);
    problem_add(expansion->problems, expansion->node->place, "%s", text);
    expansion->is_faulty = true;
}

/* Why the file cannot be a value; NULL once its text is in the buffer. */
static const char *read_text_file(const char *path, struct buf *text)
{
    auto_fclose FILE *file = fopen(path, "re");
    char chunk[4096];
    size_t got = 1;

    if (!file)
        return strerror(errno);
    while (got > 0 && text->len <= max_file) {
        got = fread(chunk, 1, sizeof chunk, file);
        buf_append(text, chunk, got);
    }
    explicit_bzero(chunk, sizeof chunk);
    if (ferror(file))
        return strerror(errno);
    if (text->len > max_file)
        return "it is larger than 1 MiB";
    if (memchr(text->data, '\0', text->len) || !utf8_is_valid(text->data, text->len))
        return "it is no UTF-8 text";
    return NULL;
}

/* `name` is how the reference names it, for errors. */
static void append_file(struct expansion *expansion, const char *name, const char *path)
{
    auto_buf struct buf text = {0};
    const char *why = read_text_file(path, &text);

    buf_printf(&expansion->sources, "%s\n", path);
    if (why) {
        refuse(expansion, "${%s}: %s cannot be read: %s", name, path, why);
    } else {
        size_t len = text.len - (text.len > 0 && text.data[text.len - 1] == '\n');
        buf_append(&expansion->text, text.data, len);
    }
    if (text.data)
        explicit_bzero(text.data, text.len);
}

static void replace_file(struct expansion *expansion, const char *name)
{
    auto_free char *path = filename_absolute(name + strlen("file:"), expansion->node->place.file);

    append_file(expansion, name, path);
}

static void replace_credential(struct expansion *expansion, const char *name)
{
    const char *folder = expansion->lookup("CREDENTIALS_DIRECTORY");
    const char *credential = name + strlen("cred:");

    if (!*credential || strchr(credential, '/') || credential[0] == '.') {
        refuse(expansion, "${%s}: a credential's name is a plain file name", name);
        return;
    }
    if (!folder || !*folder) {
        refuse(expansion,
            "${%s}: there are no credentials here: CREDENTIALS_DIRECTORY is not set; systemd sets "
            "it "
            "where the unit has LoadCredential=",
            name);
        return;
    }
    auto_free char *path = text_format("%s/%s", folder, credential);
    append_file(expansion, name, path);
}

static void replace_variable(struct expansion *expansion, const char *name, const char *fallback)
{
    const char *value = expansion->lookup(name);

    if (fallback && (!value || !*value))
        value = fallback;
    if (value && !utf8_is_valid(value, strlen(value)))
        refuse(expansion, "${%s} is no UTF-8 text", name);
    else if (value)
        buf_puts(&expansion->text, value);
    else
        refuse(expansion,
            "${%s} is not set in the environment; set it, or give a default: ${%s:-...}", name,
            name);
}

static bool is_variable_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

/* What stands between ${ and }. A default may be a secret, so it is never shown. */
static void replace(struct expansion *expansion, char *inside)
{
    bool is_file = strncmp(inside, "file:", 5) == 0 && inside[5];
    bool is_credential = strncmp(inside, "cred:", 5) == 0;
    char *fallback = is_file || is_credential ? NULL : strstr(inside, ":-");

    if (fallback) {
        *fallback = '\0';
        fallback += 2;
    }
    expansion->is_replaced = true;
    buf_printf(&expansion->written, "${%s}", inside);
    if (is_file)
        replace_file(expansion, inside);
    else if (is_credential)
        replace_credential(expansion, inside);
    else if (is_variable_name(inside))
        replace_variable(expansion, inside, fallback);
    else
        refuse(expansion,
            "what is in ${...} is none of ${NAME}, ${NAME:-default}, ${file:PATH} and "
            "${cred:NAME}; a literal ${ is written $${");
}

/* Takes the next piece of the text: a reference, a literal ${, or a byte. */
static const char *step(struct expansion *expansion, const char *at)
{
    if (strncmp(at, "$${", 3) == 0) {
        buf_puts(&expansion->text, "${");
        buf_puts(&expansion->written, "$${");
        return at + 3;
    }
    if (strncmp(at, "${", 2) != 0) {
        buf_putc(&expansion->text, *at);
        buf_putc(&expansion->written, *at);
        return at + 1;
    }
    const char *end = strchr(at, '}');
    if (!end) {
        refuse(expansion, "${ without its }; a literal ${ is written $${");
        return at + strlen(at);
    }
    auto_free char *inside = text_copy_n(at + 2, (size_t)(end - at) - 2);
    replace(expansion, inside);
    return end + 1;
}

static bool expand_scalar(struct yaml *node, expand_lookup lookup, struct problems *problems)
{
    struct expansion expansion = {.node = node, .lookup = lookup, .problems = problems};

    if (!strstr(node->text, "${"))
        return true;
    for (const char *at = node->text; *at;)
        at = step(&expansion, at);
    free(node->text);
    node->text = buf_take(&expansion.text);
    node->is_faulty = node->is_faulty || expansion.is_faulty;
    if (expansion.is_replaced)
        node->written = buf_take(&expansion.written);
    if (expansion.sources.len > 0)
        node->sources = buf_take(&expansion.sources);
    buf_finish(&expansion.written);
    return !expansion.is_faulty;
}

/* As deep as yaml_load.c let it become. */
bool expand_values(struct yaml *node, expand_lookup lookup, struct problems *problems)
{
    bool ok = true;

    if (node->kind == YAML_SCALAR)
        return expand_scalar(node, lookup, problems);
    for (size_t i = 0; i < node->count; i++) {
        struct yaml *value = node->kind == YAML_MAP ? node->entries[i].value : node->items[i];
        ok = expand_values(value, lookup, problems) && ok;
    }
    return ok;
}
