#include "smtp.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dialogue.h"
#include "email.h"

#if LIBCURL_VERSION_NUM >= 0x080200
#define RCPT_ALLOW_FAILS CURLOPT_MAIL_RCPT_ALLOWFAILS
#else
#define RCPT_ALLOW_FAILS CURLOPT_MAIL_RCPT_ALLLOWFAILS /* sic */
#endif

enum {
    /* Servers hang up on the idle after minutes; Postfix, Exchange and Gmail all wait longer. */
    IDLE_MAX_S = 60,
};

struct smtp {
    const struct email_config *config;
    CURL *curl;  /* NULL: to be made at the next mail */
    char *url;   /* with the EHLO name as its path; curl_free() */
    char *token; /* that the connection logged in with; NULL if none */
    char error[CURL_ERROR_SIZE];

    /* Of the transaction under way. */
    struct tocsin_call *call;
    struct dialogue *dialogue;
    const struct smtp_mail *mail;
    size_t sent;
    bool sent_all;
};

static size_t on_read(char *to, size_t size, size_t count, void *userdata)
{
    struct smtp *smtp = userdata;
    size_t left = smtp->mail->len - smtp->sent, len = size * count;

    if (len > left)
        len = left;
    memcpy(to, smtp->mail->data + smtp->sent, len);
    smtp->sent += len;
    smtp->sent_all = smtp->sent == smtp->mail->len;
    return len;
}

static size_t on_reply_line(char *line, size_t size, size_t count, void *userdata)
{
    struct smtp *smtp = userdata;

    if (!smtp->dialogue)
        return size * count;
    /* Less than all of it makes libcurl break off. */
    return dialogue_reply(smtp->dialogue, line, size * count) ? size * count : 0;
}

/* libcurl reports a command to its debug callback when it has been written, before any reply. */
static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *userdata)
{
    struct smtp *smtp = userdata;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && smtp->dialogue)
        dialogue_command(smtp->dialogue, data, len);
    return 0;
}

/* Called at least once a second, also while libcurl waits for a reply. */
static int on_progress(
    void *userdata, curl_off_t down, curl_off_t downloaded, curl_off_t up, curl_off_t uploaded)
{
    struct smtp *smtp = userdata;

    (void)down, (void)downloaded, (void)up, (void)uploaded;
    return smtp->call && smtp->call->host->wait(smtp->call, -1, 0, 0) < 0;
}

static void set_security(const struct smtp *smtp, CURL *curl)
{
    const struct email_config *config = smtp->config;

    curl_easy_setopt(curl, CURLOPT_USE_SSL,
        (long)(config->tls.index == TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (config->ca && *config->ca) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca);
        /* Else Debian's libcurl would trust the system's authorities as well. */
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (!config->user || !*config->user)
        return;
    /* Left to itself libcurl prefers Kerberos if the user has an @, and fails for want of it. */
    static const char *const mechanisms[] = {[AUTH_AUTO] = "AUTH=PLAIN;AUTH=LOGIN",
        [AUTH_PLAIN] = "AUTH=PLAIN",
        [AUTH_LOGIN] = "AUTH=LOGIN",
        [AUTH_XOAUTH2] = "AUTH=XOAUTH2"};
    curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, mechanisms[config->auth.index]);
    curl_easy_setopt(curl, CURLOPT_SASL_IR, 1L);
    curl_easy_setopt(curl, CURLOPT_USERNAME, config->user);
    if (config->password.value)
        curl_easy_setopt(curl, CURLOPT_PASSWORD, config->password.value);
}

/* Everything that does not change from mail to mail. */
static CURL *connection_create(struct smtp *smtp)
{
    CURL *curl = curl_easy_init();

    if (!curl)
        return NULL;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_URL, smtp->url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, smtp->error);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_reply_line);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
    curl_easy_setopt(curl, RCPT_ALLOW_FAILS, 1L);
    set_security(smtp, curl);
    return curl;
}

/* curl_easy_cleanup() says QUIT and waits for the answer as long as the server likes. With the
 * socket shut there is nothing to wait for: for reading only, so that an idle server still gets
 * its QUIT; both ways (`how`) where it may not even take that. */
static void connection_drop(struct smtp *smtp, int how)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (!smtp->curl)
        return;
    if (curl_easy_getinfo(smtp->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD)
        shutdown(fd, how);
    curl_easy_cleanup(smtp->curl);
    smtp->curl = NULL;
}

static void token_forget(struct smtp *smtp)
{
    if (smtp->token)
        explicit_bzero(smtp->token, strlen(smtp->token));
    free(smtp->token);
    smtp->token = NULL;
}

/* libcurl makes a new connection for another token, and would say goodbye on the old one after the
 * mail, for as long as the server likes. */
static void use_token(struct smtp *smtp, const char *token)
{
    if (!token || (smtp->token && strcmp(smtp->token, token) == 0))
        return;
    connection_drop(smtp, SHUT_RD);
    token_forget(smtp);
    smtp->token = strdup(token);
}

static bool url_create(struct smtp *smtp)
{
    CURLU *url = curl_url();

    if (!url)
        return false;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, smtp->config->url, 0);
    /* libcurl takes the EHLO name from the path, the machine's name if there is none. */
    if (code == CURLUE_OK && smtp->config->helo && *smtp->config->helo)
        code = curl_url_set(url, CURLUPART_PATH, smtp->config->helo, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_URL, &smtp->url, 0);
    curl_url_cleanup(url);
    return code == CURLUE_OK;
}

/* With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us, and OpenSSL writes to dead sockets. The
 * thread is the sink's own. */
static void block_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

struct smtp *smtp_create(const struct email_config *config, const char **why)
{
    struct smtp *smtp = calloc(1, sizeof *smtp);

    if (!smtp) {
        *why = "out of memory";
        return NULL;
    }
    smtp->config = config;
    if (!url_create(smtp)) {
        *why = "libcurl does not take the URL";
        free(smtp);
        return NULL;
    }
    block_sigpipe();
    return smtp;
}

void smtp_destroy(struct smtp *smtp)
{
    if (!smtp)
        return;
    connection_drop(smtp, SHUT_RD);
    token_forget(smtp);
    curl_free(smtp->url);
    free(smtp);
}

static struct curl_slist *recipient_list(const struct recipients *recipients)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < recipients->count; i++) {
        struct curl_slist *longer = curl_slist_append(list, recipients->items[i].address);
        if (!longer) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

static CURLcode perform(struct smtp *smtp, struct curl_slist *list)
{
    int64_t left_ms = smtp->call->host->time_left_ms(smtp->call);
    CURL *curl = smtp->curl ? smtp->curl : connection_create(smtp);

    smtp->curl = curl;
    if (!curl)
        return CURLE_OUT_OF_MEMORY;
    if (left_ms <= 0)
        return CURLE_OPERATION_TIMEDOUT;
    smtp->sent = 0;
    smtp->sent_all = false;
    smtp->error[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(left_ms / 1000 + 1));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, smtp->mail->from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, list);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)smtp->mail->len);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, smtp->mail->token);
    return curl_easy_perform(curl);
}

/* A connection kept from the mail before, on which MAIL got no answer, or the 421 that the server
 * left there when it hung up on us while we were idle (RFC 5321 3.8): no fault of anybody. */
static bool is_stale(const struct dialogue *dialogue, CURLcode code)
{
    return code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT &&
           code != CURLE_ABORTED_BY_CALLBACK && !dialogue->is_new &&
           dialogue->stage == STAGE_MAIL && (dialogue->code == 0 || dialogue->code == 421);
}

static struct smtp_result converse(struct smtp *smtp, struct curl_slist *list)
{
    const struct dialogue fresh = *smtp->dialogue;
    CURLcode code = perform(smtp, list);

    if (is_stale(smtp->dialogue, code)) {
        connection_drop(smtp, SHUT_RDWR);
        *smtp->dialogue = fresh;
        code = perform(smtp, list);
    }
    const char *words = *smtp->error ? smtp->error : curl_easy_strerror(code);
    struct smtp_result result = {.code = code,
        .error = smtp->call->host->format(smtp->call, "%s", words),
        .sent_all = smtp->sent_all};
    /* The list dies with this call, so libcurl must not keep it. */
    if (code != CURLE_OK)
        connection_drop(smtp, SHUT_RDWR);
    else
        curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    return result;
}

struct smtp_result smtp_send(struct smtp *smtp, struct tocsin_call *call,
    const struct smtp_mail *mail, struct dialogue *dialogue)
{
    struct curl_slist *list = recipient_list(dialogue->recipients);

    if (!list)
        return (struct smtp_result){.code = CURLE_OUT_OF_MEMORY, .error = "out of memory"};
    use_token(smtp, mail->token);
    smtp->call = call;
    smtp->mail = mail;
    smtp->dialogue = dialogue;
    struct smtp_result result = converse(smtp, list);
    smtp->call = NULL;
    smtp->mail = NULL;
    smtp->dialogue = NULL;
    curl_slist_free_all(list);
    return result;
}

/* libcurl's connecting includes EHLO, STARTTLS and AUTH. */
struct smtp_result smtp_log_in(
    struct smtp *smtp, struct tocsin_call *call, const char *token, struct dialogue *dialogue)
{
    const struct smtp_mail none = {.from = "", .token = token, .data = ""};

    connection_drop(smtp, SHUT_RD);
    smtp->curl = connection_create(smtp);
    if (smtp->curl)
        curl_easy_setopt(smtp->curl, CURLOPT_CONNECT_ONLY, 1L);
    smtp->call = call;
    smtp->mail = &none;
    smtp->dialogue = dialogue;
    CURLcode code = perform(smtp, NULL);
    const char *words = *smtp->error ? smtp->error : curl_easy_strerror(code);
    struct smtp_result result = {.code = code, .error = call->host->format(call, "%s", words)};
    smtp->dialogue = NULL;
    connection_drop(smtp, SHUT_RDWR);
    smtp->call = NULL;
    smtp->mail = NULL;
    return result;
}
