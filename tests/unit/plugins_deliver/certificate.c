#include "certificate.h"

#include "../cmocka_setup.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *certificate_sign(EVP_PKEY *key, const char *names, long until)
{
    X509 *certificate = X509_new();

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static SSL_CTX *context_create(EVP_PKEY *key, X509 *certificate, FILE *pem)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    assert_true(PEM_write_X509(pem, certificate));
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    return context;
}

SSL_CTX *certificate_create(FILE *pem)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    assert_non_null(key);
    SSL_CTX *context =
        context_create(key, certificate_sign(key, "DNS:localhost,IP:127.0.0.1", 3600), pem);
    EVP_PKEY_free(key);
    return context;
}

SSL_CTX *certificate_create_as(FILE *pem, const char *names, long until)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    assert_non_null(key);
    SSL_CTX *context = context_create(key, certificate_sign(key, names, until), pem);
    assert_true(PEM_write_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL));
    EVP_PKEY_free(key);
    return context;
}
