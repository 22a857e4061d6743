/* SPDX-License-Identifier: MIT-0
 *
 * test PLUGIN.so EXPECTED: host.h's message is sent to a far end that answers "ok"; what it
 * received and what the plugin said of it stand in the file. */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

/* The far end. */
static int listener;
static char received[4096];

static const char *begin_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (const struct sockaddr *)&address, len) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) < 0)
        fail("listen", "no port of this machine");
    return host_format(NULL, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
}

static void answer(void)
{
    int fd = accept(listener, NULL, NULL);
    size_t len = 0;

    while (len < sizeof received - 1 && !memchr(received, '\n', len)) {
        ssize_t got = read(fd, received + len, sizeof received - 1 - len);
        if (got <= 0)
            fail("far end", "the line has no end");
        len += (size_t)got;
    }
    if (write(fd, "ok\n", 3) != 3)
        fail("far end", "cannot answer");
    close(fd);
}

/* The plugin waits for an answer: the far end's turn. */
static int host_wait(struct tocsin_call *call, int fd, int events, int64_t timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = events & 2 ? POLLOUT : POLLIN};

    (void)call, (void)timeout_ms;
    if (events & 1 && !*received)
        answer();
    return poll(&wanted, 1, 5000) == 1 ? 1 : -1;
}

static const struct tocsin_host host = {
    .size = sizeof host,
    .alloc = host_alloc,
    .format = host_format,
    .wait = host_wait,
};

int main(int argc, char **argv)
{
    static const char *const results[] = {"none", "delivered", "retry", "rejected", "unusable"};
    struct tocsin_call call = {sizeof call, &host, &message};
    struct tocsin_outcome outcome = {.size = sizeof outcome};
    const char *why = "no reason";

    if (argc != 3)
        fail("usage", "test PLUGIN.so EXPECTED");
    const struct tocsin_sink_plugin *plugin = load(argv[1]);
    void *config = host_alloc(&call, plugin->config_size);
    set(plugin, config, "url", begin_listening());
    if (plugin->check && !plugin->check(&call, config, &why))
        fail("check", why);
    void *instance = plugin->open(&call, config, &why);
    if (!instance)
        fail("open", why);
    plugin->deliver(instance, &call, &outcome);
    if (plugin->close)
        plugin->close(instance);
    compare(host_format(&call, "%s%s %s\n", received,
                outcome.result <= TOCSIN_UNUSABLE ? results[outcome.result] : "unknown",
                outcome.reason ? outcome.reason : ""),
        argv[2]);
    return 0;
}
