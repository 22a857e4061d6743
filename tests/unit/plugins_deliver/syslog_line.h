/* One line of the syslog sink, as it arrives. What goes wrong fails the test. */
#ifndef TOCSIN_TESTS_SYSLOG_LINE_H
#define TOCSIN_TESTS_SYSLOG_LINE_H

struct tocsin_message;

/* The datagram that arrives for the message from a sink on udp:// with these settings
 * ("name=value", NULL at the end) beside hostname=router.example.org; the caller's. */
char *line_of(const struct tocsin_message *message, const char *const *settings);

/* The same for a message whose whole event is known. */
char *line_of_event(
    const struct tocsin_message *message, const char *event_json, const char *const *settings);

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The line behind its syslog header, which has these bytes before it. */
const char *after(const char *line, const char *header);

void assert_has(const char *text, const char *expected);
void assert_has_not(const char *text, const char *unexpected);

/* No control in it, no character cut in two, no line's end that somebody may see. */
void assert_one_line(const char *line);

#endif
