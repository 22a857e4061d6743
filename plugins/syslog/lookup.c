#include "lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <tocsin/sink.h>
#include <unistd.h>

/* A question and its answer, held by the thread that asks and by the one that waits: who lets go
 * last frees it. */
struct question {
    atomic_int holders;
    int answered_fd; /* an eventfd, for the host to wait at */
    atomic_bool is_answered;
    struct addrinfo hints;
    struct addrinfo *addresses;
    int error; /* EAI_... */
    char host[NI_MAXHOST], port[NI_MAXSERV];
};

static void question_release(struct question *question)
{
    if (atomic_fetch_sub(&question->holders, 1) > 1)
        return;
    if (question->addresses)
        freeaddrinfo(question->addresses);
    close(question->answered_fd);
    free(question);
}

static void *ask(void *arg)
{
    struct question *question = arg;

    question->error =
        getaddrinfo(question->host, question->port, &question->hints, &question->addresses);
    atomic_store(&question->is_answered, true);
    eventfd_write(question->answered_fd, 1);
    question_release(question);
    return NULL;
}

/* NULL with errno set. */
static struct question *question_create(
    const char *host, const char *port, const struct addrinfo *hints)
{
    struct question *question = calloc(1, sizeof *question);

    if (!question)
        return NULL;
    question->answered_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (question->answered_fd < 0) {
        free(question);
        return NULL;
    }
    atomic_init(&question->holders, 1);
    atomic_init(&question->is_answered, false);
    question->hints = *hints;
    strncat(question->host, host, sizeof question->host - 1);
    strncat(question->port, port, sizeof question->port - 1);
    return question;
}

/* 0 or an errno. The thread takes no signals: those are the daemon's. */
static int question_ask(struct question *question)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_fetch_add(&question->holders, 1);
    int error = pthread_create(&thread, NULL, ask, question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        atomic_fetch_sub(&question->holders, 1);
    else
        pthread_detach(thread);
    return error;
}

static struct sent unanswered(struct tocsin_call *call, int error)
{
    return sent_refused(call, "look-up", EHOSTUNREACH, gai_strerror(error));
}

static struct sent await_answer(
    struct tocsin_call *call, struct question *question, struct addrinfo **addresses)
{
    call->host->wait(call, question->answered_fd, 1, -1);
    if (!atomic_load(&question->is_answered))
        return sent_late(call, "look-up", EHOSTUNREACH);
    if (question->error)
        return unanswered(call, question->error);
    *addresses = question->addresses;
    question->addresses = NULL;
    return (struct sent){0};
}

struct sent lookup(struct tocsin_call *call, const char *host, const char *port, int type,
    struct addrinfo **addresses)
{
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    int error = getaddrinfo(host, port, &hints, addresses);

    if (!error)
        return (struct sent){0};
    if (error != EAI_NONAME)
        return unanswered(call, error);
    hints.ai_flags = AI_NUMERICSERV;
    struct question *question = question_create(host, port, &hints);
    if (!question)
        return sent_failed(call, "look-up", errno);
    error = question_ask(question);
    struct sent sent =
        error ? sent_failed(call, "look-up", error) : await_answer(call, question, addresses);
    question_release(question);
    return sent;
}
