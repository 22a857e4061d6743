#include "lane/far_end.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/locator.h"

enum {
    far_ends_kept = 64,
};

struct far_end {
    char *text; /* "https://api.sekoia.io" */
    size_t len;
    CURLU *url;
};

/* Whether curl would neither escape nor cut it. */
static bool is_plain(const char *path)
{
    while (*path > ' ' && *path <= '~' && *path != '#')
        path++;
    return !*path;
}

static CURLU *far_end_add(struct far_ends *far_ends, const char *text, size_t len)
{
    char *copy = text_copy_n(text, len);
    CURLU *url = curl_url();

    if (!url)
        mem_exhausted();
    if (curl_url_set(url, CURLUPART_URL, copy, 0) != CURLUE_OK) {
        curl_url_cleanup(url);
        free(copy);
        return NULL;
    }
    far_ends->all = mem_resize(far_ends->all, (far_ends->count + 1) * sizeof *far_ends->all);
    far_ends->all[far_ends->count++] = (struct far_end){copy, len, url};
    return url;
}

struct Curl_URL *far_ends_find(struct far_ends *far_ends, const char *url, const char **path)
{
    struct locator locator;

    for (size_t i = 0; i < far_ends->count; i++) {
        const struct far_end *far_end = &far_ends->all[i];
        if (strncmp(url, far_end->text, far_end->len) == 0 && url[far_end->len] == '/') {
            *path = url + far_end->len;
            return is_plain(*path) ? far_end->url : NULL;
        }
    }
    if (far_ends->count == far_ends_kept || locator_split(url, &locator) || locator.user.len ||
        *locator.path != '/' || !is_plain(locator.path))
        return NULL;
    *path = locator.path;
    return far_end_add(far_ends, url, (size_t)(locator.path - url));
}

void far_ends_finish(struct far_ends *far_ends)
{
    for (size_t i = 0; i < far_ends->count; i++) {
        free(far_ends->all[i].text);
        curl_url_cleanup(far_ends->all[i].url);
    }
    free(far_ends->all);
    *far_ends = (struct far_ends){0};
}
