#include "webhook.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "../shared/message.h"

struct host {
    const char *name;
    size_t len;
};

/* Between the user and the port; the dot that may end a name says nothing. */
static struct host host_of(const char *url)
{
    const char *authority = strstr(url, "://") + strlen("://");
    const char *user_end = memrchr(authority, '@', strcspn(authority, "/?#\\"));
    const char *name = user_end ? user_end + 1 : authority;
    size_t len = strcspn(name, ":/?#\\");

    while (len > 0 && name[len - 1] == '.')
        len--;
    return (struct host){name, len};
}

/* The domain itself or a name in it. */
static bool is_in(const struct host *host, const char *domain)
{
    size_t len = strlen(domain);

    if (host->len < len || strncasecmp(host->name + host->len - len, domain, len) != 0)
        return false;
    return host->len == len || host->name[host->len - len - 1] == '.';
}

static bool is_in_any(const struct host *host, const char *const *domains)
{
    for (; *domains; domains++)
        if (is_in(host, *domains))
            return true;
    return false;
}

static bool has_signature(const char *url)
{
    const char *query = strchr(url, '?');

    while (query && strncasecmp(query + 1, "sig=", strlen("sig=")) != 0)
        query = strchr(query + 1, '&');
    return query && query[1 + strlen("sig=")] != '\0' && query[1 + strlen("sig=")] != '&';
}

const char *webhook_fault(const char *url)
{
    static const char *const connectors[] = {
        "webhook.office.com", "outlook.office.com", "outlook.office365.com", NULL};
    static const char *const workflows[] = {
        "environment.api.powerplatform.com", "logic.azure.com", NULL};

    if (!is_http_url(url))
        return "must begin with https:// or http://";
    struct host host = host_of(url);
    if (is_in_any(&host, connectors))
        return "this is an Office 365 connector, and Microsoft retired those in May 2026; make a "
               "webhook with the Workflows app of Teams and copy its URL";
    if (is_in_any(&host, workflows) && !has_signature(url))
        return "there is no sig= in it, so the workflow would answer 401: copy the URL whole, in "
               "quotes where a shell reads it, and set \"Who can trigger the flow\" to Anyone";
    return NULL;
}
