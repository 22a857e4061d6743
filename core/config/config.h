/* tocsin.yaml as a struct. Sinks stay YAML here: their options are their plugin's to read
 * (sink/sink.h); rules likewise (rule/ruleset.h). */
#ifndef TOCSIN_CONFIG_CONFIG_H
#define TOCSIN_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/secret.h"
#include "config/problems.h"

struct networks;
struct yaml;

/* An address to listen on: "127.0.0.1:8080", "[::]:8443"; port 0 lets the system choose. */
struct config_address {
    char *host; /* without brackets */
    int port;
    bool is_loopback;
};

/* PEM files, absolute; cert NULL: no TLS. */
struct config_tls {
    char *cert, *key;
    char *client_ca; /* NULL: senders need no certificate */
    struct place cert_place, key_place, client_ca_place;
};

enum config_auth_kind {
    CONFIG_AUTH_NONE,
    CONFIG_AUTH_BEARER,
    CONFIG_AUTH_BASIC,
    CONFIG_AUTH_HMAC_SHA256,
};

/* What a sender has to show: hook/credentials.h. */
struct config_auth {
    enum config_auth_kind kind;
    struct secret *secrets; /* any of them will do: tokens, USER:PASSWORD in base64, keys */
    size_t secret_count;
    char *header, *prefix; /* of a signature; NULL for the other kinds */
    int64_t tolerance_ms;  /* 0: the signature has no time */
};

struct config_hook {
    char *name;
    char *path;                 /* "/hooks/...": a secret; begins with a slash */
    uint64_t max_body;          /* bytes; 256k unless set */
    int64_t alarm_if_silent_ms; /* 0: it may be silent for ever */
    struct config_auth auth;
    struct networks *allow; /* of senders; empty: all may come */
    double rate;            /* posts a second; 0: no limit */
    struct place place;
};

/* A look-up for events of one type. */
struct config_lookup {
    char *type; /* the event type it serves: "alert" */
    char *as;   /* the name it is attached under: "alert" */
    char *get;  /* a URL with {{path}} parts, each percent-encoded as one segment or query value */
    char *pick; /* a dotted path into the answer, NULL for the whole of it */
    struct secret bearer;
    int64_t deadline_ms; /* for all tries together */
    int64_t timeout_ms;  /* for one try */
    struct place place;
};

struct config_sink {
    char *name;
    char *plugin;            /* a name, or a path when it has a slash (made absolute) */
    const struct yaml *node; /* its whole map, borrowed from the document */
    struct place place;
};

struct config_levels {
    int urgent, high, medium, low;
};

struct config {
    char *file; /* absolute path of tocsin.yaml */
    struct config_address listen, admin;
    struct config_tls listen_tls;
    struct networks *trusted_proxies; /* whose X-Forwarded-For is believed at `listen` */
    struct secret admin_token;        /* required off loopback */
    char *public_url;                 /* NULL when not set; no trailing slash */
    char *ledger_path;                /* absolute */
    int64_t keep_ms, keep_dead_ms;
    uint64_t max_size; /* of the ledger, bytes; 0: nothing bounds it */
    char **rules;      /* rules files, absolute, globs expanded and sorted by name */
    size_t rules_count;
    char **plugin_path; /* absolute folders */
    size_t plugin_path_count;
    int64_t dedupe_ms, drain_ms;
    bool watch; /* reload when one of its files changes: config/sources.h */
    enum log_level log_level;
    enum log_format log_format;
    struct config_levels levels;
    char *app_url; /* the web application, for links; NULL without a sekoia block */
    char *api_url; /* no trailing slash, no trailing /api doubling; NULL likewise */
    struct config_hook *hooks;
    size_t hook_count;
    struct config_lookup *lookups;
    size_t lookup_count;
    struct config_sink *sinks;
    size_t sink_count;
    char **alarms; /* the sinks that hear of tocsin's own troubles; each is in sinks */
    size_t alarm_count;
    const struct yaml *sink_defaults; /* borrowed from the document; NULL when not set */
    struct secrets *secrets;          /* all secrets of this configuration, sinks' too once read */
    struct yaml *document;            /* owned */
};

/* Loads and checks the file; all faults are in problems, each with its place, in order. NULL when
 * there is nothing to go on with (no file, no map). With faults the rest is there all the same, so
 * that sinks and rules can be checked too: whoever wants to serve asks problems->error_count. What
 * is faulty itself may be missing then: a listener's host, the ledger's path, a hook, a look-up, a
 * sink, a rules file. default_plugin_path is the folder that the installation used. */
struct config *config_load(
    const char *file, const char *default_plugin_path, struct problems *problems);
void config_destroy(struct config *config);

/* The map whose keys are the names of the sinks, or hooks, as they are written, so that one with a
 * fault of its own is not unknown too; from under a misspelt `sinks` likewise. NULL where they
 * cannot be known: what stands there is no map. */
const struct yaml *config_hook_names(const struct config *config);
const struct yaml *config_sink_names(const struct config *config);

/* Whether the `sinks` block has that name; says otherwise, at the node, which one is nearest. */
bool sink_name_check(const struct config *config, const char *name, const struct yaml *node,
    const char *subject, struct problems *problems);

#endif
