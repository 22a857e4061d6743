/* A build without OpenSSL, or without libevent's part for it: config/listeners.c refuses `tls`. */
#include "hook/tls.h"

#include <stddef.h>

struct tls *tls_load(const struct config_tls *config, struct problems *problems)
{
    (void)config, (void)problems;
    return NULL;
}

void tls_destroy(struct tls *tls)
{
    (void)tls;
}

void tls_listen_to(struct tls *tls, const struct tls_ear *ear)
{
    (void)tls, (void)ear;
}

const char *tls_describe(const struct tls *tls)
{
    (void)tls;
    return "";
}

const char *tls_name(const struct tls *tls)
{
    (void)tls;
    return NULL;
}

bool tls_is_same(const struct tls *one, const struct tls *other)
{
    return one == other;
}

struct bufferevent *tls_stream_new(const struct tls *tls, struct event_base *base)
{
    (void)tls, (void)base;
    return NULL;
}

bool tls_is_shaking_hands(struct bufferevent *stream)
{
    (void)stream;
    return false;
}
