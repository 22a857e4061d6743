/* Stands for tls.c in a build without OpenSSL. check refuses tls:// with tls_fault()'s words, so
 * that nothing else here is ever reached. */
#include <errno.h>
#include <tocsin/sink.h>

#include "tls.h"

static const char absent[] = "tls:// needs OpenSSL, which this build of tocsin was made without";

const char *tls_fault(struct tocsin_call *call, const struct tls_settings *settings)
{
    (void)call, (void)settings;
    return absent;
}

struct tls *tls_open(struct tocsin_call *call, const struct tls_settings *settings,
    const char *host, int fd, struct sent *sent)
{
    (void)settings, (void)host, (void)fd;
    *sent = sent_refused(call, "TLS", EPROTONOSUPPORT, absent);
    sent->is_lasting = true;
    return NULL;
}

void tls_close(struct tls *tls)
{
    (void)tls;
}

struct sent tls_send(struct tls *tls, struct tocsin_call *call, const char *bytes, size_t len)
{
    (void)tls, (void)bytes, (void)len;
    return sent_refused(call, "TLS", EPROTONOSUPPORT, absent);
}

bool tls_is_closed(struct tls *tls)
{
    (void)tls;
    return true;
}
