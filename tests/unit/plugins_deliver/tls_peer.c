#include "tls_peer.h"

#include "../cmocka_setup.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "receiver.h"

enum {
    WAIT_MAX_S = 5,
    RECORD_MAX = 16384,
};

struct tls_peer {
    struct receiver receiver;
    SSL_CTX *context;
    SSL *ssl;
    tls_script *script;
    pthread_t thread;
    sem_t told, gone_on;
    char fault[256];
    char record[RECORD_MAX + 1];
    char url[160];
};

/* A test may fail on its own thread only: the script ends here, and destroy tells. */
void peer_give_up(struct tls_peer *peer, const char *fault)
{
    (void)snprintf(peer->fault, sizeof peer->fault, "%s", fault);
    sem_post(&peer->told);
    peer_hang_up(peer);
    pthread_exit(NULL);
}

static void *run(void *arg)
{
    struct tls_peer *peer = arg;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    peer->script(peer);
    peer_hang_up(peer);
    return NULL;
}

struct tls_peer *tls_peer_create(SSL_CTX *context, tls_script *script)
{
    struct tls_peer *peer = mem_alloc(sizeof *peer);

    peer->receiver = receiver_tcp();
    peer->context = context;
    peer->script = script;
    sem_init(&peer->told, 0, 0);
    sem_init(&peer->gone_on, 0, 0);
    const struct timeval patience = {.tv_sec = WAIT_MAX_S};
    assert_return_code(
        setsockopt(peer->receiver.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
    return peer;
}

void tls_peer_destroy(struct tls_peer *peer)
{
    pthread_join(peer->thread, NULL);
    char fault[sizeof peer->fault];
    memcpy(fault, peer->fault, sizeof fault);
    receiver_finish(&peer->receiver);
    SSL_CTX_free(peer->context);
    sem_destroy(&peer->told);
    sem_destroy(&peer->gone_on);
    free(peer);
    if (*fault)
        fail_msg("the far end: %s", fault);
}

const char *tls_peer_url(struct tls_peer *peer, const char *host)
{
    (void)snprintf(
        peer->url, sizeof peer->url, "url=tls://%s%s", host, strrchr(peer->receiver.url, ':'));
    return peer->url;
}

static bool wait_for(sem_t *semaphore)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MAX_S;
    return sem_timedwait(semaphore, &until) == 0;
}

void tls_peer_await(struct tls_peer *peer)
{
    if (!wait_for(&peer->told))
        fail_msg("the far end told nothing");
}

void tls_peer_go(struct tls_peer *peer)
{
    sem_post(&peer->gone_on);
}

void peer_wait(struct tls_peer *peer)
{
    if (!wait_for(&peer->gone_on))
        peer_give_up(peer, "the test never went on");
}

void peer_tell(struct tls_peer *peer)
{
    sem_post(&peer->told);
}

SSL *peer_session(struct tls_peer *peer)
{
    return peer->ssl;
}

int peer_socket(struct tls_peer *peer)
{
    return peer->receiver.client;
}

void peer_accept(struct tls_peer *peer)
{
    const struct timeval patience = {.tv_sec = WAIT_MAX_S};
    const int on = 1;

    peer_hang_up(peer);
    int fd = accept(peer->receiver.fd, NULL, NULL);
    if (fd < 0)
        peer_give_up(peer, "nobody called");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    /* What was told of is there, and waits for no acknowledgement of what went before. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer->receiver.client = fd;
}

bool peer_shake_hands(struct tls_peer *peer)
{
    if (peer->receiver.client < 0)
        peer_accept(peer);
    peer->ssl = SSL_new(peer->context);
    SSL_set_fd(peer->ssl, peer->receiver.client);
    return SSL_accept(peer->ssl) == 1;
}

const char *peer_read(struct tls_peer *peer)
{
    int len = SSL_read(peer->ssl, peer->record, RECORD_MAX);

    peer->record[len > 0 ? len : 0] = '\0';
    return peer->record;
}

void peer_expect(struct tls_peer *peer, const char *ending)
{
    const char *record = peer_read(peer);
    size_t len = strlen(record), ending_len = strlen(ending);
    char fault[200];

    if (len >= ending_len && strcmp(record + len - ending_len, ending) == 0)
        return;
    (void)snprintf(fault, sizeof fault, "expected \"%s\", got \"...%.60s\"", ending,
        len > 60 ? record + len - 60 : record);
    peer_give_up(peer, fault);
}

void peer_write(struct tls_peer *peer, const char *text)
{
    if (SSL_write(peer->ssl, text, (int)strlen(text)) <= 0)
        peer_give_up(peer, "cannot write");
}

void peer_write_plain(struct tls_peer *peer, const char *text)
{
    if (send(peer->receiver.client, text, strlen(text), MSG_NOSIGNAL) < 0)
        peer_give_up(peer, "cannot write");
}

void peer_say_goodbye(struct tls_peer *peer)
{
    SSL_shutdown(peer->ssl);
}

void peer_hang_up(struct tls_peer *peer)
{
    SSL_free(peer->ssl);
    peer->ssl = NULL;
    ERR_clear_error();
    receiver_hang_up(&peer->receiver);
}

void peer_await_end(struct tls_peer *peer)
{
    char ignored[4096];
    ssize_t len;

    while ((len = recv(peer->receiver.client, ignored, sizeof ignored, 0)) > 0)
        ;
    if (len < 0 && errno == EAGAIN)
        peer_give_up(peer, "the client kept the connection");
}
