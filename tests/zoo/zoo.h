/* What the members of the zoo have in common: each is a plugin with one fault. The first line of a
 * member names the check of `tocsin plugin check` that has to catch it, or `accepted`. */
#ifndef TOCSIN_TESTS_ZOO_H
#define TOCSIN_TESTS_ZOO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>
#include <unistd.h>

struct config {
    struct tocsin_secret url;
    const char *word;
};

__attribute__((unused)) static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
    TOCSIN_OPTION(struct config, word, 0, "alert", "the first word of each message"),
};

__attribute__((unused)) static void *tame_open(
    struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

/* A request as it should be: constant, so that no text can break it. */
__attribute__((unused)) static void tame_render(
    void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;

    (void)call;
    request->url = config->url.value;
    request->body = "{}";
}

#define ZOO_SHAPELESS(...)                                                                         \
    TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {TOCSIN_SINK_V1,            \
        .name = "zoo", .version = "1.0", .help = "misbehaves in one way",                          \
        TOCSIN_OPTIONS(struct config, options), .open = tame_open, __VA_ARGS__}

#define ZOO_RENDER(...) ZOO_SHAPELESS(.render = tame_render, __VA_ARGS__)

#endif
