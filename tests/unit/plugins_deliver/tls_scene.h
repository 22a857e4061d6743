/* What tests of the syslog sink over TLS have in common. */
#ifndef TOCSIN_TESTS_TLS_SCENE_H
#define TOCSIN_TESTS_TLS_SCENE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct deliver_host;

/* A certificate in a file, which serves as the authority, too. */
struct authority {
    SSL_CTX *context;
    char path[40], ca[48], cert[48], key[48]; /* the latter as settings */
};

struct authority authority_create(const char *names, long until);

/* For localhost and 127.0.0.1. */
struct authority usual_authority(void);

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, "hostname=h", NULL})

/* A sink whose settings pass check. */
struct deliver_host *sink_create(const char *const *settings);

/* A message that can be told from others, without text and facts. */
struct tocsin_message named(const char *title);

void assert_delivered(struct deliver_host *sink, const char *title);
void assert_says(const char *text, const char *expected);

/* What becomes of a message, within 4 s, and what the reason says among other things. */
void assert_outcome(
    struct deliver_host *sink, uint32_t result, bool maybe_sent, const char *reason);

#endif
