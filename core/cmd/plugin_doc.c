/* A plugin's options as Markdown that reads well in a terminal too: docs/plugins/ is printed by it
 * (tests/integration/plugin_pages.py). All of it is what the plugin's own table says. */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "config/options.h"
#include "event/line.h"
#include "sink/plugin.h"
#include "sink/policy.h"

/* Whether Markdown would take the byte for more than itself: between letters an underscore is one,
 * and some are only at the beginning. */
static bool is_markup(const struct buf *line, size_t at)
{
    const char *text = line->data;
    bool is_in_word =
        at > 0 && isalnum((unsigned char)text[at - 1]) && isalnum((unsigned char)text[at + 1]);

    return strchr("\\`*[]<>", text[at]) || (text[at] == '_' && !is_in_word) ||
           (at == 0 && strchr("#-+=~", text[at]));
}

/* One line, whatever a plugin says, in which nothing is markup. */
static void put_text(const char *text)
{
    auto_buf struct buf line = {0};

    one_line_append(&line, text, strlen(text));
    for (size_t i = 0; i < line.len; i++) {
        if (is_markup(&line, i))
            putchar('\\');
        putchar(line.data[i]);
    }
}

/* As it is, between more backticks than it has in a row. */
static void put_code(const char *text)
{
    auto_buf struct buf line = {0};
    size_t longest = 0;

    one_line_append(&line, text, strlen(text));
    for (const char *at = buf_text(&line); (at = strchr(at, '`'));) {
        size_t run = strspn(at, "`");
        longest = run > longest ? run : longest;
        at += run;
    }
    auto_buf struct buf fence = {0};
    for (size_t i = 0; i <= longest; i++)
        buf_putc(&fence, '`');
    const char *blank = longest > 0 ? " " : "";
    printf("%s%s%s%s%s", buf_text(&fence), blank, buf_text(&line), blank, buf_text(&fence));
}

static void print_choices(const char *words)
{
    auto_free char *copy = text_copy(words);
    char *rest = NULL;
    const char *before = "one of ";

    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        fputs(before, stdout);
        put_code(word);
        before = " ";
    }
}

/* "URL", "list of files". */
static void print_kind(const struct tocsin_option *option)
{
    bool is_many = option->type == TOCSIN_LIST || option->type == TOCSIN_MAP;
    bool is_secret = option->type == TOCSIN_SECRET || option->flags & TOCSIN_HIDDEN;
    const char *kind = option->flags & TOCSIN_URL    ? "URL"
                       : option->flags & TOCSIN_PATH ? "file"
                                                     : "text";

    if (is_many)
        printf("%s of %ss", option_type_name(option->type), kind);
    else
        fputs(kind, stdout);
    if (is_secret)
        fputs(", secret", stdout);
}

static void print_type(const struct tocsin_option *option)
{
    switch (option->type) {
    case TOCSIN_CHOICE:
        print_choices(option->choices);
        break;
    case TOCSIN_BOOL:
        fputs("`true` or `false`", stdout);
        break;
    case TOCSIN_INT:
        fputs("number", stdout);
        break;
    case TOCSIN_DURATION:
    case TOCSIN_SIZE:
        fputs(option_type_name(option->type), stdout);
        break;
    default:
        print_kind(option);
    }
}

/* fallback: what holds where the option is not written; may be another than the table's. */
static void print_option(
    const char *indent, const struct tocsin_option *option, const char *fallback)
{
    printf("%s- ", indent);
    put_code(option->name);
    fputs(" (", stdout);
    print_type(option);
    if (option->flags & TOCSIN_REQUIRED)
        fputs("; required", stdout);
    if (fallback) {
        fputs("; default ", stdout);
        put_code(*fallback ? fallback : "\"\"");
    }
    fputs("): ", stdout);
    put_text(option->help);
    putchar('\n');
}

static void print_own_options(const struct plugin *plugin)
{
    if (plugin->options.count == 0)
        puts("\nIt has no options of its own.");
    else
        puts("\n## Options\n");
    for (size_t i = 0; i < plugin->options.count; i++) {
        const struct tocsin_option *option = option_at(&plugin->options, i);
        print_option("", option, option->fallback);
    }
}

/* What a plugin may say of the host's options. The caller frees. */
static char *own_default(const struct plugin *plugin, const struct tocsin_option *option)
{
    if (strcmp(option->name, "concurrency") == 0)
        return text_format("%zu", policy_default_concurrency(plugin));
    if (strcmp(option->name, "rate") == 0)
        return text_copy(plugin->descriptor.rate ? plugin->descriptor.rate : "off");
    return text_copy(option->fallback);
}

static void print_group(const struct plugin *plugin, const struct policy_group *group)
{
    if (group->name)
        printf("- `%s` (map): %s\n", group->name, group->help);
    for (size_t i = 0; i < group->options.count; i++) {
        const struct tocsin_option *option = option_at(&group->options, i);
        auto_free char *fallback = own_default(plugin, option);
        print_option(group->name ? "  " : "", option, fallback);
    }
}

static void print_host_options(const struct plugin *plugin)
{
    size_t count;
    const struct policy_group *groups = policy_groups(&count);

    puts("\n## Options of every sink\n");
    for (size_t i = 0; i < count; i++)
        if (!groups[i].is_for_requests || plugin_has_requests(plugin))
            print_group(plugin, &groups[i]);
}

static const char *way_out(const struct plugin *plugin)
{
    if (plugin->is_inbox)
        return "It is built in, and what it is told is kept in the ledger";
    return plugin_blocks(plugin) ? "It makes its own connections" : "tocsin makes its requests";
}

static void print_nature(const struct plugin *plugin)
{
    static const char *const flavours[] = {
        [TOCSIN_PLAIN] = "plain text",
        [TOCSIN_MARKDOWN] = "Markdown",
        [TOCSIN_TEAMS] = "the Markdown of Teams",
        [TOCSIN_MRKDWN] = "the mrkdwn of Slack",
        [TOCSIN_HTML] = "HTML",
    };
    const struct tocsin_sink_plugin *found = &plugin->descriptor;

    fputs("Version ", stdout);
    put_text(found->version);
    printf(". %s. Texts are %s", way_out(plugin), flavours[found->flavour]);
    if (found->max_text > 0)
        printf(", of which it shows %" PRIu32 " characters", found->max_text);
    puts(".");
}

static void print_doc(const struct plugin *plugin)
{
    fputs("# ", stdout);
    put_text(plugin->descriptor.name);
    fputs("\n\n", stdout);
    put_text(plugin->descriptor.help);
    fputs("\n\n", stdout);
    print_nature(plugin);
    print_own_options(plugin);
    print_host_options(plugin);
}

int cmd_plugin_doc(const struct command *command, int argc, char **argv)
{
    const char *name, *folder = TOCSIN_PLUGIN_DIR;
    const struct argument options[] = {{"--plugin-path", &folder, NULL}};
    auto_error struct error error = {0};

    int count = arguments_read(command, argc, argv, options, 1, &name, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "which plugin? Name it, or its file");
    char *folders[] = {(char *)folder};
    struct plugin *plugin = plugin_load(name, folders, 1, &error);
    if (!plugin) {
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    print_doc(plugin);
    plugin_destroy(plugin);
    return EXIT_FINE;
}
