/* A self-signed certificate for localhost and 127.0.0.1, made anew for each test. */
#ifndef TOCSIN_TESTS_CERTIFICATE_H
#define TOCSIN_TESTS_CERTIFICATE_H

#include <openssl/ssl.h>

/* Writes the certificate as PEM to the open file as well; the caller frees the context. */
SSL_CTX *certificate_create(FILE *pem);

#endif
