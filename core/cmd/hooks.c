#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/hook_path.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "config/problems.h"
#include "hook/tls.h"

enum {
    https_port = 443,
};

static int print_new_path(void)
{
    auto_free char *path = hook_path_new();

    if (!path) {
        fprintf(stderr, "tocsin: no randomness for a hook's path: %s\n", strerror(errno));
        return EXIT_UNDONE;
    }
    puts(path);
    return EXIT_FINE;
}

static bool is_any_address(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* Of a listener with TLS and a port of its own: by the name that its certificate is for, since by
 * another one no sender would trust it. NULL where there is none to tell. */
static char *own_url(const struct config *config)
{
    auto_problems struct problems problems = {0};
    const struct config_address *listen = &config->listen;
    struct tls *tls = config->listen_tls.cert && listen->port > 0
                          ? tls_load(&config->listen_tls, &problems)
                          : NULL;
    const char *host = tls && tls_name(tls) ? tls_name(tls) : listen->host;
    auto_free char *port =
        listen->port == https_port ? text_copy("") : text_format(":%d", listen->port);
    char *url = tls && !is_any_address(host)
                    ? text_format(strchr(host, ':') ? "https://[%s]%s" : "https://%s%s", host, port)
                    : NULL;

    tls_destroy(tls);
    return url;
}

/* This is the one command that shows the secret paths: they are what it is asked for, and they go
 * to standard output only. */
static void print_hooks(const struct config *config)
{
    auto_free char *own = config->public_url ? NULL : own_url(config);
    const char *base = config->public_url ? config->public_url : own ? own : "";

    for (size_t i = 0; i < config->hook_count; i++)
        printf("%s\t%s%s\n", config->hooks[i].name, base, config->hooks[i].path);
    if (own)
        fprintf(stderr, "%s is a guess: set `public_url` in %s if senders call another name\n", own,
            config->file);
    else if (!config->public_url)
        fprintf(stderr, "set `public_url` in %s to have whole URLs here\n", config->file);
}

int cmd_hooks(const struct command *command, int argc, char **argv)
{
    const char *given = NULL, *word = NULL;
    const struct argument options[] = {{"-c", &given, NULL}};
    struct setup setup;

    int count = arguments_read(command, argc, argv, options, 1, &word, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 1 && strcmp(word, "new") != 0)
        return command_usage(command, "\"%s\" is not `new`", word);
    if (count == 1)
        return print_new_path();
    bool ok = setup_load(&setup, arguments_config(given));
    if (!ok)
        setup_print_problems(&setup);
    else
        print_hooks(setup.config);
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
