/* The plugin for Teams with a webhook's URL, and what its cards show. */
#ifndef TOCSIN_TESTS_TEAMS_HOST_H
#define TOCSIN_TESTS_TEAMS_HOST_H

#include <jansson.h>
#include <stddef.h>

struct render_host;
struct tocsin_message;

#define WORKFLOW "0123456789abcdef0123456789abcdef"
#define SIGNATURE "Zm9vYmFyLXNlY3JldC1zaWduYXR1cmU"
#define URL                                                                                        \
    "https://default0123456789abcdef.01.environment.api.powerplatform.com:443/powerautomate/"      \
    "automations/direct/workflows/" WORKFLOW "/triggers/manual/paths/invoke"                       \
    "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" SIGNATURE
#define CARD "attachments.0.content"
#define ELLIPSIS "\xe2\x80\xa6"

enum {
    BUDGET = 20000,
    MEGABYTE = 1000000
};

/* The plugin of $TOCSIN_PLUGIN. */
struct render_host *teams_host_create(const char *url);

/* For cmocka: *state is such a host with URL. */
int teams_set_up(void **state);
int teams_tear_down(void **state);

/* The envelope for a message; one over the budget fails the test. The caller drops it. */
json_t *rendered(struct render_host *host, const struct tocsin_message *message);

/* What a reader sees of the card's body: each run on a line. The caller frees it. */
char *visible_text(const json_t *envelope);

/* The unit as often as it takes to have so many bytes; the caller frees it. */
char *repeated(const char *unit, size_t bytes);

/* What a template that is only {{value}} gives for Teams; the caller frees it. */
char *as_value(const char *value);

#endif
