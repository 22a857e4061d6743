#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <tocsin/sink.h>
#include <unistd.h>

enum {
    READS_MAX = 64,        /* of what a far end says before it is let talk on */
    VERDICT_MAX_MS = 2000, /* on our certificate */
};

struct tls {
    SSL *ssl;
    int fd;
    bool is_asked;  /* the far end wants our certificate */
    bool is_broken; /* nothing more may be written, a goodbye neither */
};

/* The terminal is no place to ask a daemon's passphrase at. */
static int on_passphrase(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer, (void)size, (void)is_writing, (void)context;
    return 0;
}

static const char *unreadable(
    struct tocsin_call *call, const char *option, const char *path, const char *otherwise)
{
    if (access(path, R_OK) != 0)
        return call->host->format(call, "%s: cannot read %s: %s", option, path, strerror(errno));
    return call->host->format(call, "%s: %s %s", option, path, otherwise);
}

static const char *load_authorities(struct tocsin_call *call, SSL_CTX *context, const char *ca)
{
    if (!ca || !*ca) {
        SSL_CTX_set_default_verify_paths(context);
        return NULL;
    }
    if (SSL_CTX_load_verify_locations(context, ca, NULL) == 1)
        return NULL;
    return unreadable(call, "ca", ca, "holds no certificate in PEM");
}

static const char *load_own(
    struct tocsin_call *call, SSL_CTX *context, const struct tls_settings *settings)
{
    if (!settings->cert || !*settings->cert)
        return NULL;
    if (SSL_CTX_use_certificate_chain_file(context, settings->cert) != 1)
        return unreadable(call, "cert", settings->cert, "holds no certificate in PEM");
    SSL_CTX_set_default_passwd_cb(context, on_passphrase);
    if (SSL_CTX_use_PrivateKey_file(context, settings->key, SSL_FILETYPE_PEM) == 1)
        return NULL;
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
        return unreadable(call, "key", settings->key, "is not the key of the certificate in cert");
    return unreadable(
        call, "key", settings->key, "holds no private key in PEM, or one with a passphrase");
}

static int on_asked(SSL *ssl, void *tls)
{
    (void)ssl;
    ((struct tls *)tls)->is_asked = true;
    return 1;
}

/* NULL with *fault set. */
static SSL_CTX *context_create(
    struct tocsin_call *call, const struct tls_settings *settings, const char **fault)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    ERR_clear_error();
    if (!context) {
        *fault = "OpenSSL cannot be used";
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    *fault = load_authorities(call, context, settings->ca);
    if (!*fault)
        *fault = load_own(call, context, settings);
    ERR_clear_error();
    if (!*fault)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

const char *tls_fault(struct tocsin_call *call, const struct tls_settings *settings)
{
    const char *fault = NULL;

    SSL_CTX_free(context_create(call, settings, &fault));
    return fault;
}

/* SNI is for names (RFC 6066 3); what the certificate must say depends on which one it is. */
static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static struct tls *tls_create(SSL_CTX *context, const char *host, int fd)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (!tls)
        return NULL;
    tls->fd = fd;
    tls->ssl = SSL_new(context);
    if (!tls->ssl || SSL_set_fd(tls->ssl, fd) != 1 || !expect_host(tls->ssl, host)) {
        SSL_free(tls->ssl);
        free(tls);
        return NULL;
    }
    SSL_set_cert_cb(tls->ssl, on_asked, tls);
    return tls;
}

/* Whether the far end only went away, or said that it had a trouble of its own. */
static bool is_passing(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
#endif
    case SSL_R_TLSV1_ALERT_INTERNAL_ERROR:
    case SSL_R_TLSV1_ALERT_USER_CANCELLED:
        return true;
    default:
        return false;
    }
}

static struct sent on_protocol_error(struct tls *tls, struct tocsin_call *call, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    long verdict = SSL_get_verify_result(tls->ssl);
    const char *words = ERR_reason_error_string(error);

    if (verdict != X509_V_OK)
        words = call->host->format(call, "the far end's certificate does not hold: %s",
            X509_verify_cert_error_string(verdict));
    struct sent sent = sent_refused(call, what, EPROTO, words ? words : "failed");
    sent.is_lasting = verdict != X509_V_OK || !is_passing(error);
    return sent;
}

/* After a call to OpenSSL that did not succeed: waits until it can be made again, or says why it
 * cannot. */
static struct sent await(struct tls *tls, struct tocsin_call *call, int result, const char *what)
{
    int saved = errno, error = SSL_get_error(tls->ssl, result);
    bool wants_read = error == SSL_ERROR_WANT_READ;

    if (wants_read || error == SSL_ERROR_WANT_WRITE) {
        if (call->host->wait(call, tls->fd, wants_read ? 1 : 2, -1) > 0)
            return (struct sent){0};
        return sent_late(call, what, ETIMEDOUT);
    }
    tls->is_broken = true;
    if (error == SSL_ERROR_SSL)
        return on_protocol_error(tls, call, what);
    if (error == SSL_ERROR_SYSCALL && saved != 0)
        return sent_failed(call, what, saved);
    return sent_refused(call, what, ECONNRESET, "the far end closed the connection");
}

/* In TLS 1.3 our side of the handshake is over before the far end has looked at our certificate, or
 * missed it: a message sent at once would be lost with the connection. What comes next, a ticket or
 * an alert, tells. A far end that sends neither costs a little time. */
static struct sent await_verdict(struct tls *tls, struct tocsin_call *call)
{
    static const char what[] = "TLS handshake";
    char ignored;

    if (!tls->is_asked || SSL_version(tls->ssl) < TLS1_3_VERSION ||
        call->host->wait(call, tls->fd, 1, VERDICT_MAX_MS) == 0)
        return (struct sent){0};
    ERR_clear_error();
    errno = 0;
    int len = SSL_read(tls->ssl, &ignored, 1);
    if (len > 0 || SSL_get_error(tls->ssl, len) == SSL_ERROR_WANT_READ)
        return (struct sent){0};
    return await(tls, call, len, what);
}

static struct sent shake_hands(struct tls *tls, struct tocsin_call *call)
{
    struct sent sent = {0};

    for (;;) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_connect(tls->ssl);
        if (result == 1)
            return await_verdict(tls, call);
        sent = await(tls, call, result, "TLS handshake");
        if (sent.error)
            return sent;
    }
}

struct tls *tls_open(struct tocsin_call *call, const struct tls_settings *settings,
    const char *host, int fd, struct sent *sent)
{
    const char *fault = NULL;
    SSL_CTX *context = context_create(call, settings, &fault);

    if (!context) {
        *sent = sent_refused(call, "TLS", EINVAL, fault);
        sent->is_lasting = true;
        return NULL;
    }
    struct tls *tls = tls_create(context, host, fd);
    SSL_CTX_free(context);
    *sent = tls ? shake_hands(tls, call) : sent_refused(call, "TLS", EINVAL, "cannot be set up");
    if (!sent->error)
        return tls;
    if (tls)
        tls->is_broken = true;
    tls_close(tls);
    return NULL;
}

bool tls_is_closed(struct tls *tls)
{
    char ignored[512];
    int len = 1;

    ERR_clear_error();
    for (int reads = 0; len > 0 && reads < READS_MAX; reads++)
        len = SSL_read(tls->ssl, ignored, sizeof ignored);
    if (len > 0)
        return false;
    switch (SSL_get_error(tls->ssl, len)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return false;
    case SSL_ERROR_ZERO_RETURN:
        return true;
    default:
        tls->is_broken = true;
        return true;
    }
}

void tls_close(struct tls *tls)
{
    if (!tls)
        return;
    /* What was not read would make the system break the connection off, and with it what is still
     * on its way to the far end. */
    if (!tls->is_broken)
        tls_is_closed(tls);
    if (!tls->is_broken)
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
    SSL_free(tls->ssl);
    free(tls);
}

struct sent tls_send(struct tls *tls, struct tocsin_call *call, const char *bytes, size_t len)
{
    uint64_t before = BIO_number_written(SSL_get_wbio(tls->ssl));
    size_t at = 0, step;
    struct sent sent = {0};

    while (at < len && !sent.error) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(tls->ssl, bytes + at, len - at, &step);
        if (result == 1)
            at += step;
        else
            sent = await(tls, call, result, "write");
    }
    /* Of a record that went out in part the far end can read nothing, but of the one before it. */
    sent.len = sent.error ? (size_t)(BIO_number_written(SSL_get_wbio(tls->ssl)) - before) : len;
    if (sent.error)
        tls->is_broken = true;
    return sent;
}
