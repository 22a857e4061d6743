/* A host for one render plugin, small enough to be trusted: it loads the module, fills the config
 * from pairs, and calls what a real host would call, with the same promises about memory. */
#ifndef TOCSIN_TESTS_RENDER_HOST_H
#define TOCSIN_TESTS_RENDER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/sink.h>

struct render_host;

/* What the host gives for the event of any message. */
#define RENDER_HOST_EVENT                                                                          \
    "{\"id\":\"k7-e1\",\"hook\":\"soc\",\"type\":\"alert\",\"action\":\"created\","                \
    "\"body\":{},\"objects\":{\"alert\":{\"short_id\":\"ALxyz\"}}}"

/* Loads the module at path and fills its config: fallbacks first, then "name=value" pairs up to a
 * NULL; a list gets one value more with each pair, a map by "name=key: value". Anything that a real
 * host would refuse at load fails the test. */
struct render_host *render_host_create(const char *path, const char *const *pairs);
void render_host_destroy(struct render_host *host);

const struct tocsin_sink_plugin *render_host_plugin(const struct render_host *host);

/* What the plugin's check says against the config, NULL when it has nothing against it. */
const char *render_host_check(struct render_host *host);

/* What the real host signs with; NULL in a build without OpenSSL. */
typedef void (*render_host_hmac_fn)(
    const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32]);
render_host_hmac_fn render_host_hmac(const struct render_host *host);

/* From now on it is one that was built without OpenSSL. */
void render_host_lose_hmac(struct render_host *host);

/* The request for a message, or its refusal; the result lives until the next call for this host. */
const struct tocsin_request *render_host_render(
    struct render_host *host, const struct tocsin_message *message);

/* The outcome of an answer to that message, beginning with the default verdict of DESIGN's table.
 * Headers are "Name: value" up to a NULL; NULL is none. Lives until the next call. */
const struct tocsin_outcome *render_host_judge(struct render_host *host,
    const struct tocsin_message *message, uint32_t status, const char *const *headers,
    const char *body);

/* An urgent alert with a text of two paragraphs, three facts and a link. */
struct tocsin_message message_example(void);

/* What this host escapes: `*` and its kin get a backslash in Markdown, U+200B behind in Teams' own
 * flavour, so that a test can see what was escaped and what was not. The caller frees it. */
char *escape_like_host(uint32_t flavour, const char *text);

#endif
