/* SPDX-License-Identifier: MIT-0
 *
 * test PLUGIN.so EXPECTED: host.h's message becomes the request that stands in the file. */
#include "host.h"

static const struct tocsin_host host = {
    .size = sizeof host,
    .alloc = host_alloc,
    .format = host_format,
};

int main(int argc, char **argv)
{
    struct tocsin_call call = {sizeof call, &host, &message};
    struct tocsin_request request = {.size = sizeof request};
    const char *why = "no reason", *made;

    if (argc != 3)
        fail("usage", "test PLUGIN.so EXPECTED");
    const struct tocsin_sink_plugin *plugin = load(argv[1]);
    void *config = host_alloc(&call, plugin->config_size);
    set(plugin, config, "url", "https://example.org/in");
    set(plugin, config, "token", "secret-token");
    set(plugin, config, "prefix", "alert");
    void *instance = plugin->open(&call, config, &why);
    if (!instance)
        fail("open", why);
    plugin->render(instance, &call, &request);
    made = host_format(&call, "%s %s\n", request.method ? request.method : "POST", request.url);
    for (size_t i = 0; request.headers && request.headers[i]; i++)
        made = host_format(&call, "%s%s\n", made, request.headers[i]);
    compare(host_format(&call, "%s\n%s\n", made, request.body), argv[2]);
    if (plugin->close)
        plugin->close(instance);
    return 0;
}
