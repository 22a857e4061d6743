/* Reads a mail as a mail program would (RFC 5322, 2045, 2047), far enough for what we write. */
#ifndef TOCSIN_TESTS_MAIL_H
#define TOCSIN_TESTS_MAIL_H

/* A field's value, unfolded and its encoded words decoded; the caller's. NULL if it is not there;
 * the test fails if it is there twice. */
char *mail_header(const char *mail, const char *name);

/* The decoded body of the mail, or of its part, of that type ("text/plain"); the caller's. NULL if
 * there is none. */
char *mail_body(const char *mail, const char *type);

/* Fails the test if the mail is not ASCII in lines of at most 998 bytes that end with CRLF. */
void mail_assert_clean(const char *mail);

#endif
