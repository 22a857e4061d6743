// SPDX-License-Identifier: MIT-0 (do with it what you like)
//
// A sink for tocsin: posts each message as a small JSON object. tocsin makes the request, judges
// the answer and tries again; what is left to say here is what the request holds.
//
// No exception may leave a function that tocsin calls: each is noexcept.
#include <cstdio>
#include <string>

#include <tocsin/sink.h>

namespace
{

// What a user may write at this sink in tocsin.yaml. tocsin reads and checks it by the table.
struct config {
    tocsin_secret url;
    tocsin_secret token;
    const char *prefix;
};

const tocsin_option options[] = {
    TOCSIN_OPTION(config, url, TOCSIN_REQUIRED | TOCSIN_URL, nullptr, "where to post"),
    TOCSIN_OPTION(config, token, 0, nullptr, "sent as a bearer token"),
    TOCSIN_OPTION(config, prefix, 0, "alert", "the first word of each message"),
};

// An instance without a state of its own: its options are all it needs.
void *open(tocsin_call *, const void *config, const char **) noexcept
{
    return const_cast<void *>(config);
}

// A JSON string. What comes from an alert is foreign text: it must not end the string.
std::string quoted(const std::string &text)
{
    std::string out = "\"";

    for (char c : text) {
        char escape[8] = {c};
        if (c == '"' || c == '\\')
            std::snprintf(escape, sizeof escape, "\\%c", c);
        else if (static_cast<unsigned char>(c) < ' ')
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
        out += escape;
    }
    return out + '"';
}

void render(void *instance, tocsin_call *call, tocsin_request *request) noexcept
{
    const auto *options = static_cast<const config *>(instance);
    const tocsin_host *host = call->host;
    const tocsin_message *message = call->message;
    auto *headers = static_cast<const char **>(host->alloc(call, 2 * sizeof(const char *)));
    std::string title = std::string(options->prefix) + ": " + message->title;
    std::string body = "{\"title\": " + quoted(title) + ", \"text\": " + quoted(message->text) +
                       ", \"link\": " + (message->link ? quoted(message->link) : "null") + "}";

    if (options->token.value)
        headers[0] = host->format(call, "Authorization: Bearer %s", options->token.value);
    request->url = options->url.value;
    request->headers = headers;
    // The string ends with this function; its copy lives until tocsin has sent it.
    request->body = host->format(call, "%s", body.c_str());
}

} // namespace

// In the order of the header.
TOCSIN_EXPORT const tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "sink-template",
    .version = "1.0",
    .help = "posts each message as a small JSON object",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(config, options),
    .open = open,
    .render = render,
};
