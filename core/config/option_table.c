/* Whether a table that somebody else wrote can be trusted with our reader. */
#include "config/options.h"

#include <stdalign.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/option_value.h"
#include "config/problems.h"
#include "config/yaml.h"

enum {
    known_flags = TOCSIN_REQUIRED | TOCSIN_URL | TOCSIN_PATH | TOCSIN_HIDDEN,
};

static bool is_name(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* The alignment of a member: no type of the interface needs more than a pointer's or an int64's. */
static size_t alignment_of(uint32_t type)
{
    size_t size = option_value_size(type);

    return size < alignof(int64_t) ? size : alignof(int64_t);
}

static const char *member_fault(const struct tocsin_option *option, size_t config_size)
{
    size_t size = option_value_size(option->type);

    if (size == 0)
        return "its type is not known";
    if (size > config_size || option->offset > config_size - size)
        return "its member lies outside of the config struct";
    if (option->offset % alignment_of(option->type) != 0)
        return "its member is not aligned";
    return NULL;
}

static const char *flags_fault(const struct tocsin_option *option)
{
    bool holds_texts = option->type == TOCSIN_LIST || option->type == TOCSIN_MAP;
    bool holds_text = option->type == TOCSIN_TEXT || option->type == TOCSIN_SECRET || holds_texts;

    if (option->flags & ~(uint32_t)known_flags)
        return "it has an unknown flag";
    if ((option->flags & (TOCSIN_URL | TOCSIN_PATH)) && !holds_text)
        return "only texts are URLs or paths";
    if ((option->flags & TOCSIN_URL) && (option->flags & TOCSIN_PATH))
        return "it is both a URL and a path";
    if ((option->flags & TOCSIN_HIDDEN) && !holds_texts)
        return "only lists and maps are hidden; a text is made a secret";
    if ((option->flags & TOCSIN_REQUIRED) && option->fallback)
        return "it is required and has a fallback";
    return NULL;
}

static const char *words_fault(const struct tocsin_option *option)
{
    bool has_words = option->choices && option->choices[strspn(option->choices, " ")];

    if (!option->help || !option->help[0])
        return "its help is missing";
    if (option->type == TOCSIN_CHOICE && !has_words)
        return "its choices are missing";
    if (option->type != TOCSIN_CHOICE && option->choices)
        return "it has choices but is no choice";
    return NULL;
}

/* The reader itself is asked; what it says of the fallback is handed on. */
static char *fallback_fault(const struct tocsin_option *option)
{
    auto_problems struct problems problems = {0};
    const struct option_context context = {.problems = &problems};
    const struct yaml like = {.kind = YAML_NULL, .place = {.file = "fallback"}};
    auto_free void *member = mem_alloc(option_value_size(option->type));
    bool ok = option_value_fall_back(option, &like, &context, member);

    option_value_finish(option, member);
    if (ok && problems.error_count == 0)
        return NULL;
    return text_format("its fallback is wrong: %s",
        problems.count > 0 ? problems.items[0].text : "it cannot be read");
}

static const char *name_fault(const struct option_table *table, size_t index,
    const char *const *reserved, size_t reserved_count)
{
    const char *name = option_at(table, index)->name;

    if (!is_name(name))
        return "names are lower-case letters, digits and _, and begin with a letter";
    for (size_t i = 0; i < reserved_count; i++)
        if (strcmp(reserved[i], name) == 0)
            return "this name belongs to the host";
    for (size_t i = 0; i < index; i++)
        if (strcmp(option_at(table, i)->name, name) == 0)
            return "it stands in the table twice";
    return NULL;
}

static char *option_fault(const struct option_table *table, size_t index, size_t config_size,
    const char *const *reserved, size_t reserved_count)
{
    const struct tocsin_option *option = option_at(table, index);

    if (!option->name)
        return text_format("option %zu has no name", index + 1);
    const char *fault = name_fault(table, index, reserved, reserved_count);
    if (!fault)
        fault = member_fault(option, config_size);
    if (!fault)
        fault = flags_fault(option);
    if (!fault)
        fault = words_fault(option);
    auto_free char *fallback = fault ? NULL : fallback_fault(option);
    if (!fault && !fallback)
        return NULL;
    return text_format("option \"%s\": %s", option->name, fault ? fault : fallback);
}

char *options_fault(const struct option_table *table, size_t config_size,
    const char *const *reserved, size_t reserved_count)
{
    if (table->count > 0 && !table->options)
        return text_copy("the option table is missing");
    if (table->count > 0 && (table->stride < sizeof(struct tocsin_option) ||
                                table->stride % alignof(struct tocsin_option) != 0))
        return text_format("the stride of the option table is %zu bytes, but an option has %zu",
            table->stride, sizeof(struct tocsin_option));
    for (size_t i = 0; i < table->count; i++) {
        char *fault = option_fault(table, i, config_size, reserved, reserved_count);
        if (fault)
            return fault;
    }
    return NULL;
}
