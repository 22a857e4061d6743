/* SPDX-License-Identifier: MIT-0
 *
 * As much of tocsin as a test needs: it loads the plugin, hands it options and a message, and
 * compares what came of it with a file. The whole of tocsin is tried by `tocsin plugin check`. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/sink.h>

/* With all that breaks carelessly written JSON, and lines. */
static const struct tocsin_message message = {
    .size = sizeof message,
    .attempt = 1,
    .level = TOCSIN_URGENT,
    .urgency = 85,
    .delivery = "3f9a1c-d42",
    .event = "3f9a1c-e17",
    .sink = "mine",
    .rule = "urgent alerts",
    .type = "alert",
    .action = "created",
    .hook = "soc",
    .thread = "",
    .title = "\"Brute force\" from C:\\temp",
    .text = "line one\nline \"two\"",
    .text_plain = "line one\nline \"two\"",
    .link = "https://app.example.org/alerts/ALx1",
    .fact_stride = sizeof(struct tocsin_fact),
};

static inline void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* Zeroed, never freed: a test is one call. */
static inline void *host_alloc(struct tocsin_call *call, size_t size)
{
    static _Alignas(max_align_t) char pool[1 << 24];
    static size_t used;
    size_t begin = used;

    (void)call;
    used += (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (used > sizeof pool)
        fail("alloc", "more than this test has");
    return pool + begin;
}

static inline char *host_format(struct tocsin_call *call, const char *format, ...)
{
    enum {
        ROOM = 16384
    };
    char *text = host_alloc(call, ROOM);
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, ROOM, format, args) >= ROOM)
        fail("format", "longer than this test has room for");
    va_end(args);
    return text;
}

/* A relative name is one in this folder: dlopen() would look for it in the system's. */
static inline const struct tocsin_sink_plugin *load(const char *file)
{
    char path[4096];

    snprintf(path, sizeof path, "%s%s", strchr(file, '/') ? "" : "./", file);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail("load", dlerror());
    const struct tocsin_sink_plugin *plugin = dlsym(object, "tocsin_sink_plugin");
    if (!plugin)
        fail("load", "no symbol tocsin_sink_plugin");
    return plugin;
}

/* Sets a text or secret of the plugin's config, as tocsin does from tocsin.yaml. */
static inline void set(
    const struct tocsin_sink_plugin *plugin, void *config, const char *name, const char *value)
{
    const char *row = (const char *)plugin->options;

    for (uint32_t i = 0; i < plugin->option_count; i++, row += plugin->option_stride) {
        const struct tocsin_option *option = (const void *)row;
        if (strcmp(option->name, name) != 0)
            continue;
        if (option->type != TOCSIN_TEXT && option->type != TOCSIN_SECRET)
            fail(name, "neither a text nor a secret");
        memcpy((char *)config + option->offset, &value, sizeof value);
        return;
    }
    fail(name, "no such option");
}

static inline void compare(const char *made, const char *file)
{
    char expected[65536] = "";
    FILE *in = fopen(file, "r");

    if (!in)
        fail(file, "cannot be read");
    expected[fread(expected, 1, sizeof expected - 1, in)] = '\0';
    fclose(in);
    if (strcmp(made, expected) == 0)
        return;
    fprintf(stderr, "--- expected (%s)\n%s--- made\n%s", file, expected, made);
    exit(1);
}
