/* The e-mail sink: alerts as mail, over SMTP (RFC 5321), with libcurl on a worker of its own. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "credentials.h"
#include "dialogue.h"
#include "email.h"
#include "letter.h"
#include "recipient.h"
#include "smtp.h"
#include "text.h"
#include "token.h"
#include "verdict.h"

enum {
    RECIPIENTS_MAX = 100, /* what every server takes in one transaction: RFC 5321 4.5.3.1.8 */
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct email_config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "the mail server: smtp://host:587, or smtps://host:465 for TLS from the first byte"),
    TOCSIN_WORDS(struct email_config, tls, 0, "required", "required none",
        "whether smtp:// must go over to TLS by STARTTLS; none sends mail readable on the way"),
    TOCSIN_OPTION(struct email_config, ca, TOCSIN_PATH, NULL,
        "PEM file of the authorities to trust instead of the system's"),
    TOCSIN_OPTION(struct email_config, helo, 0, NULL,
        "the name to greet the server with; the machine's own by default"),
    TOCSIN_OPTION(struct email_config, user, 0, NULL, "the account to log in with"),
    TOCSIN_OPTION(struct email_config, password, 0, NULL, "the account's password"),
    TOCSIN_OPTION(struct email_config, token_file, TOCSIN_PATH, NULL,
        "file whose first line is the OAuth access token for auth: xoauth2, read for each mail"),
    TOCSIN_OPTION(struct email_config, token_command, 0, NULL,
        "instead of token_file: a program, by its absolute path, and its arguments, run without a "
        "shell; the first line that it prints is the token, kept until the server refuses it"),
    TOCSIN_WORDS(struct email_config, auth, 0, "auto", "auto plain login xoauth2",
        "how to log in; auto is PLAIN, or LOGIN if the server has no PLAIN"),
    TOCSIN_OPTION(struct email_config, from, TOCSIN_REQUIRED, NULL,
        "the sender: soc@example.org or \"SOC <soc@example.org>\""),
    TOCSIN_OPTION(struct email_config, to, TOCSIN_REQUIRED, NULL, "the recipients, at most 100"),
    TOCSIN_WORDS(struct email_config, form, 0, "enriched", "simple enriched",
        "simple is a few lines of text; enriched is text and HTML with all facts"),
    TOCSIN_OPTION(struct email_config, subject_prefix, 0, NULL,
        "stands before the subject; in [brackets], so that mail programs still see one thread"),
};

static bool is_set(const char *value)
{
    return value && *value;
}

/* What check needs of the URL. */
struct server {
    bool is_smtps, is_loopback;
};

static bool is_loopback(const char *host)
{
    struct in_addr address;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    bool found = curl_url_get(url, part, &value, 0) == CURLUE_OK && *value &&
                 (part != CURLUPART_PATH || strcmp(value, "/") != 0);

    curl_free(value);
    return found;
}

static const char *read_server(CURLU *url, struct server *server)
{
    char *scheme = NULL, *host = NULL;
    const char *fault = NULL;

    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK || !*host) {
        fault = "url: no host in it; write smtp://host:587";
    } else {
        server->is_smtps = strcmp(scheme, "smtps") == 0;
        server->is_loopback = is_loopback(host);
        if (!server->is_smtps && strcmp(scheme, "smtp") != 0)
            fault = "url: only smtp:// and smtps:// are mail servers";
    }
    curl_free(scheme);
    curl_free(host);
    return fault;
}

/* No fault repeats the URL: a password in it is one of the faults. */
static const char *url_fault(const struct email_config *config, struct server *server)
{
    CURLU *url = curl_url();
    const char *fault = NULL;

    if (!url || curl_url_set(url, CURLUPART_URL, config->url, 0) != CURLUE_OK)
        fault = "url: not a URL that libcurl understands; write smtp://host:587";
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        fault = "url: no user or password may stand in it; use the options user and password";
    else if (has_part(url, CURLUPART_PATH))
        fault = "url: nothing may follow host and port; the name in EHLO is the option helo";
    else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
        fault = "url: nothing may follow host and port";
    else
        fault = read_server(url, server);
    curl_url_cleanup(url);
    return fault;
}

static const char *token_fault(const struct email_config *config)
{
    if (config->token_command.count == 0)
        return NULL;
    if (is_set(config->token_file))
        return "token_command: only one of token_file and token_command can give the token";
    if (*config->token_command.items[0] != '/')
        return "token_command: the program must be an absolute path, such as /usr/local/bin/token";
    return NULL;
}

static const char *login_fault(const struct email_config *config, const struct server *server)
{
    bool has_password = is_set(config->password.value), has_token = token_is_wanted(config);
    bool is_clear = config->tls.index == TLS_NONE && !server->is_smtps;

    if (server->is_smtps && config->tls.index == TLS_NONE)
        return "tls: none contradicts smtps://, which is TLS from the first byte";
    if (!is_set(config->user)) {
        if (has_password || has_token)
            return "user: missing, though there is a password or a token";
        return config->auth.index != AUTH_AUTO ? "user: missing, though auth is set" : NULL;
    }
    if (config->auth.index == AUTH_XOAUTH2 && (!has_token || has_password))
        return "auth: xoauth2 takes a token_file or token_command, and no password";
    if (config->auth.index != AUTH_XOAUTH2 && (!has_password || has_token))
        return "user: needs a password (or auth: xoauth2 with a token_file or token_command)";
    if (is_clear && !server->is_loopback)
        return "tls: none would send the password in clear; only a server on loopback may get it";
    return NULL;
}

static const char *helo_fault(const struct email_config *config)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz.-[]:";

    if (config->helo && config->helo[strspn(config->helo, allowed)] != '\0')
        return "helo: only a host name or an address in [brackets] can greet a server";
    return NULL;
}

static bool addresses_check(
    struct tocsin_call *call, const struct email_config *config, const char **why)
{
    struct address ignored;

    if (!address_parse(call, config->from, &ignored, why)) {
        *why = call->host->format(call, "from: %s", *why);
        return false;
    }
    for (size_t i = 0; i < config->to.count; i++) {
        if (!address_parse(call, config->to.items[i], &ignored, why)) {
            *why = call->host->format(call, "to: %s", *why);
            return false;
        }
    }
    if (config->to.count > RECIPIENTS_MAX)
        *why = "to: more than 100 recipients; give them a list address at the mail server";
    return config->to.count <= RECIPIENTS_MAX;
}

static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct email_config *config = settings;
    struct server server = {0};
    const char *fault = url_fault(config, &server);

    if (!fault)
        fault = login_fault(config, &server);
    if (!fault)
        fault = token_fault(config);
    if (!fault)
        fault = helo_fault(config);
    if (fault) {
        *why = fault;
        return false;
    }
    return addresses_check(call, config, why);
}

/* A worker's own. */
struct instance {
    const struct email_config *config;
    struct smtp *smtp;
    struct token_source tokens;
};

static void close_sink(void *instance)
{
    struct instance *sink = instance;

    smtp_destroy(sink->smtp);
    token_source_finish(&sink->tokens);
    free(sink);
}

static void *open_sink(struct tocsin_call *call, const void *config, const char **why)
{
    struct instance *sink = calloc(1, sizeof *sink);

    (void)call;
    if (!sink) {
        *why = "out of memory";
        return NULL;
    }
    sink->config = sink->tokens.config = config;
    sink->smtp = smtp_create(config, why);
    if (!sink->smtp) {
        free(sink);
        return NULL;
    }
    return sink;
}

/* check has accepted them all. */
static struct address read_address(struct tocsin_call *call, const char *written)
{
    struct address address = {.name = "", .bare = "", .domain = ""};
    const char *why;

    address_parse(call, written, &address, &why);
    return address;
}

/* The addresses of one mail, the call's. */
struct envelope {
    struct address from;
    struct address *to;
    struct recipients recipients;
};

static struct envelope envelope_create(struct tocsin_call *call, const struct email_config *config)
{
    size_t count = config->to.count;
    struct envelope envelope = {.from = read_address(call, config->from),
        .to = call->host->alloc(call, count * sizeof *envelope.to)};
    const char **bare = call->host->alloc(call, count * sizeof *bare);

    for (size_t i = 0; i < count; i++) {
        envelope.to[i] = read_address(call, config->to.items[i]);
        bare[i] = envelope.to[i].bare;
    }
    envelope.recipients = recipients_create(call, bare, count, call->message->resume);
    /* An operator who replaced every recipient before anybody had the mail means the new ones. */
    if (envelope.recipients.count == 0 && !envelope.recipients.some_have_it)
        envelope.recipients = recipients_create(call, bare, count, NULL);
    return envelope;
}

/* A 334 is the refusal of XOAUTH2 in words for machines, after which libcurl gives up. */
static bool is_login_refused(const struct dialogue *dialogue, const struct smtp_result *result)
{
    return dialogue->stage == STAGE_AUTH && dialogue->code / 100 != 4 &&
           result->code == CURLE_LOGIN_DENIED;
}

static struct dialogue dialogue_with(const struct email_config *config, struct tocsin_call *call,
    struct recipients *recipients, const char *token)
{
    return (struct dialogue){.call = call,
        .recipients = recipients,
        .secrets = credentials_secrets(call, config, token),
        .needs_starttls =
            config->tls.index == TLS_REQUIRED && strncasecmp(config->url, "smtps", 5) != 0,
        .needs_auth = is_set(config->user),
        .reply = "",
        .reading = {.call = call}};
}

/* False if the server did not let us in: it then says nothing about the mail. */
static bool send_mail(const struct instance *sink, struct tocsin_call *call,
    struct envelope *envelope, const char *token, struct tocsin_outcome *outcome)
{
    const struct email_config *config = sink->config;
    const struct letter letter = {.config = config,
        .from = &envelope->from,
        .to = envelope->to,
        .to_count = config->to.count};
    struct text data = {.call = call};
    struct dialogue dialogue = dialogue_with(config, call, &envelope->recipients, token);

    letter_write(&data, &letter);
    const struct smtp_mail mail = {
        .from = envelope->from.bare, .token = token, .data = data.data, .len = data.len};
    struct smtp_result result = smtp_send(sink->smtp, call, &mail, &dialogue);
    verdict(&dialogue, &result, config->url, outcome);
    return !is_login_refused(&dialogue, &result);
}

/* A token that was kept from an earlier mail may have run out since: then another one, once. */
static void send_by_token(struct instance *sink, struct tocsin_call *call,
    struct envelope *envelope, struct tocsin_outcome *outcome)
{
    const struct tocsin_outcome fresh = *outcome;
    const char *token;

    for (bool was_kept = true; was_kept;) {
        *outcome = fresh;
        was_kept = sink->tokens.kept != NULL;
        if (!token_get(&sink->tokens, call, &token, outcome)) {
            outcome->resume = call->message->resume;
            return;
        }
        if (send_mail(sink, call, envelope, token, outcome))
            return;
        token_source_finish(&sink->tokens);
    }
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    struct instance *sink = instance;
    struct envelope envelope = envelope_create(call, sink->config);

    if (envelope.recipients.count == 0) {
        outcome->result = TOCSIN_DELIVERED;
        outcome->reason = "the recipients still owed have left the configuration";
        return;
    }
    if (token_is_wanted(sink->config))
        send_by_token(sink, call, &envelope, outcome);
    else
        send_mail(sink, call, &envelope, NULL, outcome);
}

/* Up to the login. */
static void probe(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    struct instance *sink = instance;
    const struct email_config *config = sink->config;
    struct envelope envelope = envelope_create(call, config);
    const char *token = NULL;

    token_source_finish(&sink->tokens);
    if (token_is_wanted(config) && !token_get(&sink->tokens, call, &token, outcome))
        return;
    struct dialogue dialogue = dialogue_with(config, call, &envelope.recipients, token);
    struct smtp_result result = smtp_log_in(sink->smtp, call, token, &dialogue);
    bool is_encrypted = dialogue.is_encrypted || strncasecmp(config->url, "smtps", 5) == 0;
    if (result.code != CURLE_OK) {
        verdict(&dialogue, &result, config->url, outcome);
        return;
    }
    outcome->result = TOCSIN_DELIVERED;
    outcome->reason = call->host->format(call, "%s%s", is_encrypted ? "encrypted" : "not encrypted",
        is_set(config->user) ? ", logged in" : ", no login configured");
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "email",
    .version = "1.0",
    .help = "mail over SMTP, as text and HTML",
    .flavour = TOCSIN_HTML,
    TOCSIN_OPTIONS(struct email_config, options),
    .concurrency = 2, /* servers dislike more from one client */
    .check = check,
    .open = open_sink,
    .deliver = deliver,
    .close = close_sink,
    .probe = probe,
};
