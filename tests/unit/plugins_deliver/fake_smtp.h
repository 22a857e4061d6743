/* An SMTP server for one test: a thread that speaks the script it was given (RFC 5321, 4954, 3207)
 * and notes what it heard. */
#ifndef TOCSIN_TESTS_FAKE_SMTP_H
#define TOCSIN_TESTS_FAKE_SMTP_H

#include <stdbool.h>
#include <stddef.h>

/* Replies without their CRLF ("250-a\r\n250 b" has two lines). NULL is the friendly one. */
struct smtp_script {
    const char *greeting;
    const char *hello;     /* to EHLO before TLS; a 250 without extensions by default */
    const char *hello_tls; /* to EHLO under TLS */
    const char *helo;
    const char *starttls;  /* 220 is followed by TLS */
    const char *challenge; /* a 334 before the reply to AUTH */
    const char *auth, *mail, *data;
    const char *good_blob; /* the only initial response that is welcome; `auth` is for others */
    const char *rcpt[4];   /* to the first, second, ... RCPT of a mail */
    const char *dot;       /* to the mail itself */
    bool in_bytes;         /* each byte of a reply is sent by itself */
};

/* Instead of a reply: says nothing more, hangs up, begins a reply that never ends, or, to DATA,
 * says 354 and hangs up. After a 421 it hangs up by itself (RFC 5321 3.8). */
extern const char fake_silence[], fake_hang_up[], fake_endless[], fake_go_and_hang_up[];

struct fake_smtp;

struct fake_smtp *fake_smtp_start(const struct smtp_script *script);
void fake_smtp_stop(struct fake_smtp *smtp);

/* The script counts from the next command on. */
void fake_smtp_follow(struct fake_smtp *smtp, const struct smtp_script *script);

/* "url=smtp://127.0.0.1:PORT" and "ca=FILE" (the certificate is for localhost and 127.0.0.1), for a
 * plugin's settings; the server's. */
const char *fake_smtp_url(const struct fake_smtp *smtp);
const char *fake_smtp_ca(const struct fake_smtp *smtp);

/* All commands so far, one a line, those under TLS with "* " before them; the caller's. */
char *fake_smtp_commands(struct fake_smtp *smtp);

/* The mail as it arrived, dots unstuffed; the caller's. NULL if there were not as many. */
char *fake_smtp_mail(struct fake_smtp *smtp, size_t index);
size_t fake_smtp_connections(struct fake_smtp *smtp);

/* Waits until a command was heard, 5 s at most; fails the test then. */
void fake_smtp_await(struct fake_smtp *smtp, const char *command);

/* Hangs up on an idle client, with these last words unless they are NULL, and waits until that is
 * done. */
void fake_smtp_hang_up(struct fake_smtp *smtp, const char *last_words);

#endif
