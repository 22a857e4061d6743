#include "fake_smtp.h"

#include "../cmocka_setup.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "certificate.h"

const char fake_silence[] = "(silence)", fake_hang_up[] = "(hang up)", fake_endless[] = "(endless)",
           fake_go_and_hang_up[] = "354 go, but without me";

enum {
    MAILS_MAX = 16,
    WAIT_MAX_S = 5,
};

struct fake_smtp {
    int listener;
    pthread_t thread;
    SSL_CTX *tls;
    char *url, *ca;
    char ca_path[sizeof "/tmp/tocsin-ca-XXXXXX"];

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct smtp_script script;
    struct buf commands;
    char *mails[MAILS_MAX];
    size_t mail_count, connections;
    int client; /* -1 between connections */
    bool is_stopping;
};

/* One client; the server thread's alone. */
struct session {
    struct fake_smtp *smtp;
    int fd;
    SSL *ssl; /* NULL before STARTTLS */
    struct buf unread;
    size_t asked; /* RCPTs of this mail */
    bool in_bytes;
};

static bool session_fill(struct session *session)
{
    char bytes[4096];
    ssize_t len = session->ssl ? SSL_read(session->ssl, bytes, sizeof bytes)
                               : read(session->fd, bytes, sizeof bytes);

    if (len <= 0)
        return false;
    buf_append(&session->unread, bytes, (size_t)len);
    return true;
}

/* The bytes before the next `end`, which is consumed too; NULL when the client has left. */
static char *session_read(struct session *session, const char *end)
{
    struct buf *unread = &session->unread;
    const char *found;

    while (!(found = unread->len ? memmem(unread->data, unread->len, end, strlen(end)) : NULL))
        if (!session_fill(session))
            return NULL;
    size_t len = (size_t)(found - unread->data), used = len + strlen(end);
    char *text = text_copy_n(unread->data, len);
    memmove(unread->data, unread->data + used, unread->len - used);
    unread->len -= used;
    return text;
}

static bool session_send(struct session *session, const char *bytes, size_t len)
{
    if (session->ssl)
        return SSL_write(session->ssl, bytes, (int)len) > 0;
    return send(session->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool session_say_in_bytes(struct session *session, const char *line)
{
    for (; *line; line++)
        if (!session_send(session, line, 1))
            return false;
    return true;
}

/* False when the session is over. */
static bool session_say(struct session *session, const char *reply)
{
    if (reply == fake_hang_up)
        return false;
    if (reply == fake_silence) {
        while (session_fill(session))
            continue;
        return false;
    }
    if (reply == fake_endless) {
        while (session_send(session, "250-and\r\n", 9))
            continue;
        return false;
    }
    auto_free char *line = text_format("%s\r\n", reply);
    bool is_said = session->in_bytes ? session_say_in_bytes(session, line)
                                     : session_send(session, line, strlen(line));
    return is_said && strncmp(reply, "421", 3) != 0 && reply != fake_go_and_hang_up;
}

static const char * or (const char *reply, const char *friendly)
{
    return reply ? reply : friendly;
}

static struct smtp_script note(struct session *session, const char *command)
{
    struct fake_smtp *smtp = session->smtp;

    pthread_mutex_lock(&smtp->lock);
    buf_printf(&smtp->commands, "%s%s\n", session->ssl ? "* " : "", command);
    struct smtp_script script = smtp->script;
    pthread_cond_broadcast(&smtp->changed);
    pthread_mutex_unlock(&smtp->lock);
    return script;
}

static bool on_starttls(struct session *session, const char *reply)
{
    if (!session_say(session, reply))
        return false;
    if (strncmp(reply, "220", 3) != 0)
        return true;
    session->ssl = SSL_new(session->smtp->tls);
    SSL_set_fd(session->ssl, session->fd);
    return SSL_accept(session->ssl) == 1;
}

/* Asks and notes what comes. */
static bool ask(struct session *session, const char *prompt)
{
    if (!session_say(session, prompt))
        return false;
    auto_free char *line = session_read(session, "\r\n");
    if (line)
        note(session, line);
    return line != NULL;
}

static bool on_auth(struct session *session, const struct smtp_script *script, const char *command)
{
    static const char *const prompts[] = {"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"};
    bool is_bare = !strchr(command + strlen("AUTH "), ' ');

    if (strncmp(command, "AUTH LOGIN", 10) == 0)
        for (size_t asked = is_bare ? 0 : 1; asked < 2; asked++)
            if (!ask(session, prompts[asked]))
                return false;
    if (strcmp(command, "AUTH XOAUTH2") == 0 && !ask(session, "334 "))
        return false;
    if (script->good_blob && strstr(command, script->good_blob))
        return session_say(session, "235 2.7.0 welcome");
    if (script->challenge && !ask(session, script->challenge))
        return false;
    return session_say(session, or (script->auth, "235 2.7.0 welcome"));
}

static void mail_keep(struct fake_smtp *smtp, const char *data)
{
    auto_buf struct buf mail = {0};

    /* RFC 5321 4.5.2: one dot at a line's start was added by the client. */
    for (const char *at = data; *at; at++) {
        if (*at == '.' && (at == data || at[-1] == '\n'))
            continue;
        buf_putc(&mail, *at);
    }
    pthread_mutex_lock(&smtp->lock);
    assert_true(smtp->mail_count < MAILS_MAX);
    smtp->mails[smtp->mail_count++] = buf_take(&mail);
    pthread_mutex_unlock(&smtp->lock);
}

static bool on_data(struct session *session, const struct smtp_script *script)
{
    const char *go = or (script->data, "354 go");

    if (!session_say(session, go))
        return false;
    if (strncmp(go, "354", 3) != 0)
        return true;
    auto_free char *data = session_read(session, "\r\n.\r\n");
    if (!data)
        return false;
    mail_keep(session->smtp, data);
    return session_say(session, or (script->dot, "250 2.0.0 Ok: queued as 4F1A2"));
}

static bool on_rcpt(struct session *session, const struct smtp_script *script)
{
    size_t index = session->asked++;
    const char *reply = index < 4 ? script->rcpt[index] : NULL;

    return session_say(session, or (reply, "250 2.1.5 Ok"));
}

static bool is(const char *command, const char *verb)
{
    return strncasecmp(command, verb, strlen(verb)) == 0;
}

static bool on_command(struct session *session, const char *command)
{
    const struct smtp_script script = note(session, command);

    session->in_bytes = script.in_bytes;
    if (is(command, "EHLO"))
        return session_say(
            session, or (session->ssl ? script.hello_tls : script.hello, "250 fake.example.org"));
    if (is(command, "HELO"))
        return session_say(session, or (script.helo, "250 fake.example.org"));
    if (is(command, "STARTTLS"))
        return on_starttls(session, or (script.starttls, "220 go"));
    if (is(command, "AUTH"))
        return on_auth(session, &script, command);
    if (is(command, "MAIL")) {
        session->asked = 0;
        return session_say(session, or (script.mail, "250 2.1.0 Ok"));
    }
    if (is(command, "RCPT"))
        return on_rcpt(session, &script);
    if (is(command, "DATA"))
        return on_data(session, &script);
    if (is(command, "QUIT")) {
        session_say(session, "221 bye");
        return false;
    }
    return session_say(session, "502 5.5.2 what?");
}

static void serve(struct fake_smtp *smtp, int fd, const char *greeting)
{
    struct session session = {.smtp = smtp, .fd = fd};

    if (session_say(&session, or (greeting, "220 fake.example.org ESMTP"))) {
        for (bool is_going = true; is_going;) {
            auto_free char *command = session_read(&session, "\r\n");
            is_going = command && on_command(&session, command);
        }
    }
    SSL_free(session.ssl);
    buf_finish(&session.unread);
}

/* The connection becomes the client unless the server is stopping. */
static bool begin(struct fake_smtp *smtp, int fd, const char **greeting)
{
    pthread_mutex_lock(&smtp->lock);
    bool is_welcome = fd >= 0 && !smtp->is_stopping;
    if (is_welcome) {
        smtp->client = fd;
        smtp->connections++;
    }
    *greeting = smtp->script.greeting;
    pthread_mutex_unlock(&smtp->lock);
    return is_welcome;
}

static void *run(void *argument)
{
    struct fake_smtp *smtp = argument;
    const char *greeting;
    sigset_t set;

    /* OpenSSL writes to clients that have left. */
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (;;) {
        int fd = accept(smtp->listener, NULL, NULL);
        if (!begin(smtp, fd, &greeting)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        serve(smtp, fd, greeting);
        pthread_mutex_lock(&smtp->lock);
        close(fd);
        smtp->client = -1;
        pthread_cond_broadcast(&smtp->changed);
        pthread_mutex_unlock(&smtp->lock);
    }
}

static void listen_on_loopback(struct fake_smtp *smtp)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    smtp->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(smtp->listener, (struct sockaddr *)&address, len), 0);
    assert_return_code(listen(smtp->listener, 8), 0);
    assert_return_code(getsockname(smtp->listener, (struct sockaddr *)&address, &len), 0);
    smtp->url = text_format("url=smtp://127.0.0.1:%d", ntohs(address.sin_port));
}

static void make_certificate(struct fake_smtp *smtp)
{
    memcpy(smtp->ca_path, "/tmp/tocsin-ca-XXXXXX", sizeof smtp->ca_path);
    int fd = mkstemp(smtp->ca_path);
    assert_return_code(fd, 0);
    auto_fclose FILE *pem = fdopen(fd, "w");
    smtp->tls = certificate_create(pem);
    smtp->ca = text_format("ca=%s", smtp->ca_path);
}

struct fake_smtp *fake_smtp_start(const struct smtp_script *script)
{
    struct fake_smtp *smtp = mem_alloc(sizeof *smtp);

    smtp->script = *script;
    smtp->client = -1;
    pthread_mutex_init(&smtp->lock, NULL);
    pthread_cond_init(&smtp->changed, NULL);
    make_certificate(smtp);
    listen_on_loopback(smtp);
    assert_int_equal(pthread_create(&smtp->thread, NULL, run, smtp), 0);
    return smtp;
}

void fake_smtp_stop(struct fake_smtp *smtp)
{
    pthread_mutex_lock(&smtp->lock);
    smtp->is_stopping = true;
    if (smtp->client >= 0)
        shutdown(smtp->client, SHUT_RDWR);
    pthread_mutex_unlock(&smtp->lock);
    shutdown(smtp->listener, SHUT_RDWR);
    pthread_join(smtp->thread, NULL);
    close(smtp->listener);
    unlink(smtp->ca_path);
    SSL_CTX_free(smtp->tls);
    for (size_t i = 0; i < smtp->mail_count; i++)
        free(smtp->mails[i]);
    buf_finish(&smtp->commands);
    pthread_cond_destroy(&smtp->changed);
    pthread_mutex_destroy(&smtp->lock);
    free(smtp->url);
    free(smtp->ca);
    free(smtp);
}

void fake_smtp_follow(struct fake_smtp *smtp, const struct smtp_script *script)
{
    pthread_mutex_lock(&smtp->lock);
    smtp->script = *script;
    pthread_mutex_unlock(&smtp->lock);
}

const char *fake_smtp_url(const struct fake_smtp *smtp)
{
    return smtp->url;
}

const char *fake_smtp_ca(const struct fake_smtp *smtp)
{
    return smtp->ca;
}

char *fake_smtp_commands(struct fake_smtp *smtp)
{
    pthread_mutex_lock(&smtp->lock);
    char *commands = text_copy(buf_text(&smtp->commands));
    pthread_mutex_unlock(&smtp->lock);
    return commands;
}

char *fake_smtp_mail(struct fake_smtp *smtp, size_t index)
{
    pthread_mutex_lock(&smtp->lock);
    char *mail = index < smtp->mail_count ? text_copy(smtp->mails[index]) : NULL;
    pthread_mutex_unlock(&smtp->lock);
    return mail;
}

size_t fake_smtp_connections(struct fake_smtp *smtp)
{
    pthread_mutex_lock(&smtp->lock);
    size_t connections = smtp->connections;
    pthread_mutex_unlock(&smtp->lock);
    return connections;
}

static struct timespec soon(void)
{
    struct timespec deadline;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += WAIT_MAX_S;
    return deadline;
}

void fake_smtp_await(struct fake_smtp *smtp, const char *command)
{
    const struct timespec deadline = soon();
    int error = 0;

    pthread_mutex_lock(&smtp->lock);
    while (!strstr(buf_text(&smtp->commands), command) && !error)
        error = pthread_cond_timedwait(&smtp->changed, &smtp->lock, &deadline);
    pthread_mutex_unlock(&smtp->lock);
    if (error)
        fail_msg("%s was not heard", command);
}

void fake_smtp_hang_up(struct fake_smtp *smtp, const char *last_words)
{
    const struct timespec deadline = soon();
    int error = 0;

    pthread_mutex_lock(&smtp->lock);
    if (smtp->client >= 0 && last_words)
        send(smtp->client, last_words, strlen(last_words), MSG_NOSIGNAL);
    if (smtp->client >= 0)
        shutdown(smtp->client, SHUT_RDWR);
    while (smtp->client >= 0 && !error)
        error = pthread_cond_timedwait(&smtp->changed, &smtp->lock, &deadline);
    pthread_mutex_unlock(&smtp->lock);
    assert_int_equal(error, 0);
}
