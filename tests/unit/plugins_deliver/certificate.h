/* A self-signed certificate for localhost and 127.0.0.1, made anew for each test. */
#ifndef TOCSIN_TESTS_CERTIFICATE_H
#define TOCSIN_TESTS_CERTIFICATE_H

#include <openssl/ssl.h>

/* Writes the certificate as PEM to the open file as well; the caller frees the context. */
SSL_CTX *certificate_create(FILE *pem);

/* The same for other names ("DNS:a,IP:::1"), valid until so many seconds from now, with its private
 * key behind it. */
SSL_CTX *certificate_create_as(FILE *pem, const char *names, long until);

#endif
