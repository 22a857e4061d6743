#include "hook/tls.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/problems.h"

enum {
    warned_days = 14, /* before the certificate ends; who renews by itself has done so by then */
};

/* Of TLS 1.2; those of 1.3 are all good. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls {
    SSL_CTX *context;
    char *description;
    char *name;
};

/* What OpenSSL said last, in its words; its errors are forgotten. */
static const char *take_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return reason ? reason : "of an unknown cause";
}

static bool complain(struct problems *problems, struct place place, const char *key,
    const char *file, const char *what)
{
    problem_add(problems, place, "listen tls: \"%s\": %s %s", key, file, what);
    return false;
}

/* OpenSSL's own words for a missing file are hard to read. */
static bool check_readable(
    struct problems *problems, struct place place, const char *key, const char *file)
{
    auto_fclose FILE *opened = fopen(file, "re");
    char byte;

    if (opened && fread(&byte, 1, 1, opened) == 1)
        return true;
    auto_free char *why = text_format(
        "cannot be read: %s", opened && !ferror(opened) ? "it is empty" : strerror(errno));
    return complain(problems, place, key, file, why);
}

/* Nobody is there to type it. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *was_asked)
{
    (void)buffer, (void)size, (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

static bool load_cert(SSL_CTX *context, const struct config_tls *config, struct problems *problems)
{
    if (!check_readable(problems, config->cert_place, "cert", config->cert))
        return false;
    if (SSL_CTX_use_certificate_chain_file(context, config->cert) == 1)
        return true;
    auto_free char *why =
        text_format("holds no certificate in PEM that can be used: %s", take_reason());
    return complain(problems, config->cert_place, "cert", config->cert, why);
}

static bool load_key(SSL_CTX *context, const struct config_tls *config, struct problems *problems)
{
    bool was_asked = false;

    if (!check_readable(problems, config->key_place, "key", config->key))
        return false;
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &was_asked);
    bool is_loaded = SSL_CTX_use_PrivateKey_file(context, config->key, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    if (was_asked) {
        ERR_clear_error();
        return complain(problems, config->key_place, "key", config->key,
            "is locked by a passphrase, which nobody is there to type: openssl pkey -in IT -out "
            "UNLOCKED");
    }
    bool is_another = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                      ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    if (!is_loaded && !is_another) {
        auto_free char *why =
            text_format("holds no private key in PEM that can be used: %s", take_reason());
        return complain(problems, config->key_place, "key", config->key, why);
    }
    if (is_loaded && SSL_CTX_check_private_key(context) == 1)
        return true;
    ERR_clear_error();
    auto_free char *why = text_format("is not the key of the certificate in %s", config->cert);
    return complain(problems, config->key_place, "key", config->key, why);
}

/* Who shows no certificate of theirs is not let in. */
static bool load_client_ca(
    SSL_CTX *context, const struct config_tls *config, struct problems *problems)
{
    if (!config->client_ca)
        return true;
    if (!check_readable(problems, config->client_ca_place, "client_ca", config->client_ca))
        return false;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->client_ca);
    if (!names || SSL_CTX_load_verify_locations(context, config->client_ca, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        auto_free char *why =
            text_format("holds no certificates in PEM that can be used: %s", take_reason());
        return complain(problems, config->client_ca_place, "client_ca", config->client_ca, why);
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";

    (void)ssl, (void)arg;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof ours - 1, in,
            in_len) == OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static const char *why_it_failed(int reason)
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
        return "plain-http";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return "client-certificate";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "not-trusted";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return "versions";
    default:
        return "other";
    }
}

static void name_peer(int fd, char *name, socklen_t size)
{
    struct sockaddr_storage any = {0};
    socklen_t len = sizeof any;

    if (fd < 0 || getpeername(fd, (struct sockaddr *)&any, &len) < 0 ||
        getnameinfo((struct sockaddr *)&any, len, name, size, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(name, size, "an address that cannot be told");
}

/* Of all that is told, the end of a handshake; who leaves in the middle of it made no mistake. */
static void on_info(const SSL *ssl, int where, int result)
{
    char from[NI_MAXHOST];

    if (!(where & SSL_CB_EXIT) || !(where & SSL_ST_ACCEPT) || result > 0 || !ERR_peek_error())
        return;
    int reason = ERR_GET_REASON(ERR_peek_error());
    const struct tls_ear *ear = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (!ear || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return;
    const char *detail = ERR_reason_error_string(ERR_peek_error());
    name_peer(SSL_get_fd(ssl), from, sizeof from);
    ear->on_failure(why_it_failed(reason), detail ? detail : "of an unknown cause", from, ear->arg);
}

static SSL_CTX *make_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS) != 1 ||
        SSL_CTX_set_session_id_context(context, (const unsigned char *)"tocsin", 6) != 1)
        mem_exhausted();
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_info_callback(context, on_info);
    return context;
}

static char *print_date(const ASN1_TIME *time)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return text_copy("a day that cannot be told");
    return text_format("%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static void warn_of_time(
    const X509 *cert, const struct config_tls *config, struct problems *problems)
{
    int days = 0, seconds = 0;
    auto_free char *first = print_date(X509_get0_notBefore(cert));
    auto_free char *last = print_date(X509_get0_notAfter(cert));

    if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
        problem_warn(problems, config->cert_place,
            "listen tls: \"cert\": the certificate in %s is not valid before %s", config->cert,
            first);
    else if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) != 1)
        return;
    else if (days < 0 || seconds < 0)
        problem_warn(problems, config->cert_place,
            "listen tls: \"cert\": the certificate in %s has ended on %s", config->cert, last);
    else if (days < warned_days)
        problem_warn(problems, config->cert_place,
            "listen tls: \"cert\": the certificate in %s ends on %s", config->cert, last);
}

/* The first name of a host in it; not one for many. */
static char *find_name(const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    char *found = NULL;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        const char *text = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
        size_t len = (size_t)ASN1_STRING_length(name->d.dNSName);
        if (strnlen(text, len) == len && !memchr(text, '*', len))
            found = text_copy_n(text, len);
    }
    GENERAL_NAMES_free(names);
    return found;
}

static char *describe(const X509 *cert)
{
    auto_free char *last = print_date(X509_get0_notAfter(cert));
    BIO *memory = BIO_new(BIO_s_mem());
    char *subject = NULL;

    if (!memory || X509_NAME_print_ex(memory, X509_get_subject_name(cert), 0, XN_FLAG_ONELINE) < 0)
        mem_exhausted();
    long len = BIO_get_mem_data(memory, &subject);
    char *description = text_format("%.*s, until %s", (int)len, len > 0 ? subject : "", last);
    BIO_free(memory);
    return description;
}

struct tls *tls_load(const struct config_tls *config, struct problems *problems)
{
    SSL_CTX *context = make_context();

    ERR_clear_error();
    bool has_cert = load_cert(context, config, problems);
    bool has_key = has_cert && load_key(context, config, problems);
    bool has_ca = load_client_ca(context, config, problems);
    if (!has_cert || !has_key || !has_ca) {
        SSL_CTX_free(context);
        return NULL;
    }
    struct tls *tls = mem_alloc(sizeof *tls);
    const X509 *cert = SSL_CTX_get0_certificate(context);
    tls->context = context;
    tls->name = find_name(cert);
    tls->description = describe(cert);
    warn_of_time(cert, config, problems);
    return tls;
}

void tls_destroy(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls->description);
    free(tls->name);
    free(tls);
}

void tls_listen_to(struct tls *tls, const struct tls_ear *ear)
{
    SSL_CTX_set_app_data(tls->context, (void *)(uintptr_t)ear);
}

const char *tls_describe(const struct tls *tls)
{
    return tls->description;
}

const char *tls_name(const struct tls *tls)
{
    return tls->name;
}

bool tls_is_same(const struct tls *one, const struct tls *other)
{
    return one && other &&
           X509_cmp(SSL_CTX_get0_certificate(one->context),
               SSL_CTX_get0_certificate(other->context)) == 0;
}

struct bufferevent *tls_stream_new(const struct tls *tls, struct event_base *base)
{
    SSL *ssl = SSL_new(tls->context);
    struct bufferevent *stream = ssl ? bufferevent_openssl_socket_new(base, -1, ssl,
                                           BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE)
                                     : NULL;

    if (!stream)
        mem_exhausted();
    /* Many leave without a word of farewell; where a body ends, HTTP says. */
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    return stream;
}

bool tls_is_shaking_hands(struct bufferevent *stream)
{
    const SSL *ssl = bufferevent_openssl_get_ssl(stream);

    return ssl && !SSL_is_init_finished(ssl);
}
