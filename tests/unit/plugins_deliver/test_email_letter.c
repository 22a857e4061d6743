/* What a mail looks like to the program that reads it. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "deliver_host.h"
#include "fake_smtp.h"
#include "mail.h"

/* That of the sample's thread. */
#define MARK "(#070f5e)"

/* The mail that arrives for the message; the caller's. */
static char *mail_of(const struct tocsin_message *message, const char *extra)
{
    struct fake_smtp *smtp = fake_smtp_start(&(struct smtp_script){0});
    const char *settings[] = {fake_smtp_url(smtp), "tls=none", "from=SOC <soc@example.org>",
        "to=duty@example.org,Night shift <night@example.org>", extra, NULL};
    struct deliver_host *host = deliver_host_create("PLUGIN_EMAIL", settings);

    assert_null(deliver_host_check(host));
    auto_outcome struct outcome outcome = deliver_host_deliver(host, message, 5000);
    if (outcome.result != TOCSIN_DELIVERED)
        fail_msg("%s", outcome.reason);
    char *mail = fake_smtp_mail(smtp, 0);
    deliver_host_destroy(host);
    fake_smtp_stop(smtp);
    mail_assert_clean(mail);
    return mail;
}

static void assert_header(const char *mail, const char *name, const char *expected)
{
    auto_free char *value = mail_header(mail, name);

    if (!value)
        fail_msg("no %s", name);
    assert_string_equal(value, expected);
}

static void assert_has(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

static void assert_lacks(const char *text, const char *unwanted)
{
    if (strstr(text, unwanted))
        fail_msg("\"%s\" is in \"%s\"", unwanted, text);
}

static void test_headers_say_what_it_is(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *mail = mail_of(&message, NULL);
    assert_header(mail, "Subject", "[URGENT 85] Mimikatz on DC01 " MARK);
    assert_header(mail, "Thread-Topic", "Mimikatz on DC01 " MARK);
    assert_header(mail, "From", "\"SOC\" <soc@example.org>");
    assert_header(mail, "To", "duty@example.org, \"Night shift\" <night@example.org>");
    assert_header(mail, "Date", "Mon, 23 Nov 2026 10:00:03 +0000");
    assert_header(mail, "Message-ID", "<d4f1-17.tocsin@example.org>");
    assert_header(mail, "MIME-Version", "1.0");
    assert_header(mail, "Auto-Submitted", "auto-generated");
    assert_header(mail, "X-Auto-Response-Suppress", "All");
    assert_header(mail, "Importance", "high");
    assert_header(mail, "X-Priority", "1");
    assert_header(mail, "X-Tocsin-Rule", "urgent alerts wake people");
}

static void test_both_parts_tell_the_whole_story(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *plain = mail_body(mail, "text/plain");
    auto_free char *html = mail_body(mail, "text/html");
    assert_has(plain, "Mimikatz on DC01\r\nURGENT, urgency 85 of 100\r\n"
                      "alert created, 2026-11-23 10:00 UTC\r\n");
    assert_has(html, ">alert created, 2026-11-23 10:00 UTC</span>");
    assert_has(plain, "A credential dumper was seen.\r\nIsolate the host.\r\n");
    assert_has(plain, "Entity:       Acme, Paris\r\n");
    assert_has(plain, "https://app.example.org/alerts/AL-1?a=1&b=2\r\n");
    assert_has(html, "URGENT 85");
    assert_has(html, "#d32f2f");
    assert_has(html, "A <b>credential dumper</b> was seen.<br>\r\nIsolate the host.");
    assert_has(html, "Acme, Paris");
    assert_has(html, "href=\"https://app.example.org/alerts/AL-1?a=1&amp;b=2\"");
    assert_has(html, "<meta name=\"color-scheme\" content=\"light dark\">");
    assert_true(strstr(mail, "text/plain") < strstr(mail, "text/html"));
}

static void test_the_simple_form_is_a_few_lines_of_text(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *mail = mail_of(&message, "form=simple");
    auto_free char *plain = mail_body(mail, "text/plain");
    auto_free char *html = mail_body(mail, "text/html");
    assert_null(html);
    assert_string_equal(plain, "Mimikatz on DC01\r\nURGENT, urgency 85 of 100\r\n"
                               "alert created, 2026-11-23 10:00 UTC\r\n"
                               "\r\nA credential dumper was seen.\r\nIsolate the host.\r\n"
                               "\r\nhttps://app.example.org/alerts/AL-1?a=1&b=2\r\n");
}

static void test_a_hostile_title_stays_a_title(void **state)
{
    static const struct {
        const char *title, *subject;
    } rows[] = {
        {"x\r\nBcc: all@example.org\r\n\r\nbody", "[URGENT 85] x Bcc: all@example.org body " MARK},
        {"=?UTF-8?B?SGk=?= =?utf-8?q?there?=",
            "[URGENT 85] =?UTF-8?B?SGk=?= =?utf-8?q?there?= " MARK},
        {"a \"quoted\" <b@c> \\ ; title", "[URGENT 85] a \"quoted\" <b@c> \\ ; title " MARK},
        {"tab\there \x01\x7f end", "[URGENT 85] tab here end " MARK},
        {"line\xe2\x80\xa8separator \xc2\x85next", "[URGENT 85] line separator next " MARK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = sample_message();
        message.title = rows[i].title;
        auto_free char *mail = mail_of(&message, NULL);
        auto_free char *bcc = mail_header(mail, "Bcc");
        assert_null(bcc);
        assert_header(mail, "Subject", rows[i].subject);
    }
}

static void test_other_scripts_arrive_whole(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "Règle « Élévation » déclenchée sur серверах 東京 et 大阪 🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥 fin";
    message.rule = "Żółw";
    auto_free char *mail = mail_of(&message, "subject_prefix=[prod]");
    auto_free char *plain = mail_body(mail, "text/plain");
    auto_free char *expected = text_format("[prod] [URGENT 85] %s " MARK, message.title);
    assert_header(mail, "Subject", expected);
    assert_header(mail, "X-Tocsin-Rule", "Żółw");
    assert_has(plain, message.title);
}

static void test_a_long_subject_is_folded_and_cut_on_a_character(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf title = {0};

    (void)state;
    for (int i = 0; i < 200; i++)
        buf_puts(&title, i % 2 ? "é" : "word ");
    message.title = buf_text(&title);
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *subject = mail_header(mail, "Subject");
    assert_true(utf8_is_valid(subject, strlen(subject)));
    assert_true(strlen(subject) < 300);
    assert_has(subject, "…");
    for (const char *line = mail; (line = strstr(line, "\r\n")); line += 2)
        assert_true(strcspn(line + 2, "\r") <= 78);
}

static void test_a_long_line_of_ascii_is_folded_at_its_blanks(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "powershell.exe started by winword.exe with an encoded command line of unusual "
                    "length on the host DC01 in the domain CORP";
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *expected = text_format("[URGENT 85] %s " MARK, message.title);
    assert_header(mail, "Subject", expected);
    assert_null(strstr(mail, "=?UTF-8?"));
}

static void test_html_cannot_be_injected(void **state)
{
    static const struct tocsin_fact facts[] = {{"<script>", "\"'><img src=x onerror=1>"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "</title><script>alert(1)</script>";
    message.rule = "<b>rule</b>";
    message.facts = facts;
    message.fact_count = 1;
    message.link = "https://x.example/\"onmouseover=\"x";
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *html = mail_body(mail, "text/html");
    assert_lacks(html, "<script");
    assert_lacks(html, "<img");
    assert_lacks(html, "<b>rule");
    assert_lacks(html, "\"onmouseover");
    assert_has(html, "&lt;/title&gt;&lt;script&gt;");
}

static void test_a_link_that_is_no_web_page_is_left_out(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.link = "javascript:alert(1)";
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *html = mail_body(mail, "text/html");
    assert_lacks(html, "javascript:");
}

static void test_one_alert_is_one_thread(void **state)
{
    struct tocsin_message created = sample_message(), updated = sample_message(),
                          other = sample_message();

    (void)state;
    updated.delivery = "d4f1-18";
    updated.level = TOCSIN_MEDIUM;
    updated.urgency = 50;
    other.thread = "another alert\r\n>";
    auto_free char *first = mail_of(&created, NULL);
    auto_free char *second = mail_of(&updated, NULL);
    auto_free char *third = mail_of(&other, NULL);
    auto_free char *root = mail_header(first, "References");
    auto_free char *other_root = mail_header(third, "References");
    assert_has(root, ".thread.tocsin@example.org>");
    assert_header(first, "In-Reply-To", root);
    assert_header(second, "References", root);
    assert_header(second, "Message-ID", "<d4f1-18.tocsin@example.org>");
    assert_header(second, "Subject", "[MEDIUM 50] Mimikatz on DC01 " MARK);
    assert_header(second, "Thread-Topic", "Mimikatz on DC01 " MARK);
    assert_string_not_equal(root, other_root);
    /* Else programs that go by the subject would put two alerts of one title together. */
    auto_free char *other_topic = mail_header(third, "Thread-Topic");
    assert_string_not_equal(other_topic, "Mimikatz on DC01 " MARK);
}

static void test_a_delivery_id_that_is_no_word_is_digested(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.delivery = "a b>\r\nX: y";
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *id = mail_header(mail, "Message-ID");
    auto_free char *injected = mail_header(mail, "X");
    assert_int_equal(strlen(id), strlen("<.tocsin@example.org>") + 32);
    assert_null(injected);
}

static void test_no_thread_and_no_urgency_are_left_out(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.thread = "";
    message.urgency = -1;
    message.level = TOCSIN_INFO;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *references = mail_header(mail, "References");
    auto_free char *topic = mail_header(mail, "Thread-Topic");
    assert_null(references);
    assert_null(topic);
    assert_header(mail, "Subject", "[INFO] Mimikatz on DC01");
    assert_header(mail, "Importance", "low");
}

static void test_marks_are_said_in_both_parts(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *plain = mail_body(mail, "text/plain");
    auto_free char *html = mail_body(mail, "text/html");
    for (int i = 0; i < 2; i++) {
        const char *part = i ? html : plain;
        assert_has(part, "Possible repeat");
        assert_has(part, "Not enriched");
        assert_has(part, "Fallback");
    }
}

static void test_a_huge_alert_stays_under_what_gmail_shows(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf text = {0};

    (void)state;
    for (int i = 0; i < 40000; i++)
        buf_puts(&text, "<é");
    const struct tocsin_fact facts[] = {{"Command", buf_text(&text)}, {"Other", buf_text(&text)}};
    message.text = message.text_plain = message.rule = buf_text(&text);
    message.facts = facts;
    message.fact_count = 2;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *html = mail_body(mail, "text/html");
    auto_free char *plain = mail_body(mail, "text/plain");
    assert_true(strlen(html) < 100000);
    assert_true(utf8_is_valid(html, strlen(html)));
    assert_true(utf8_is_valid(plain, strlen(plain)));
    assert_has(html, "…");
    assert_has(html, "</html>");
}

static void test_what_changed_stands_out(void **state)
{
    static const struct {
        const char *type, *action;
        bool is_news;
    } rows[] = {{"alert", "created", false}, {"alert", "updated", true},
        {"alert-comment", "created", true}, {"case", "updated", true}, {"probe", "", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = sample_message();
        message.type = rows[i].type;
        message.action = rows[i].action;
        auto_free char *mail = mail_of(&message, NULL);
        auto_free char *html = mail_body(mail, "text/html");
        assert_int_equal(strstr(html, "class=\"ink news\"") != NULL, rows[i].is_news);
    }
}

static void test_facts_that_have_no_room_are_counted(void **state)
{
    struct tocsin_message message = sample_message();
    auto_free struct tocsin_fact *facts = mem_alloc(3000 * sizeof *facts);
    auto_buf struct buf value = {0};

    (void)state;
    for (int i = 0; i < 500; i++)
        buf_puts(&value, "<é");
    for (size_t i = 0; i < 3000; i++)
        facts[i] = (struct tocsin_fact){"Command", buf_text(&value)};
    message.facts = facts;
    message.fact_count = 3000;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *plain = mail_body(mail, "text/plain");
    auto_free char *html = mail_body(mail, "text/html");
    assert_true(strlen(html) < 100000);
    assert_has(plain, " more facts\r\n");
    assert_has(html, " more facts</span>");
}

static void test_an_inbox_shows_what_happened_beside_the_subject(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *html = mail_body(mail, "text/html");
    assert_has(html, "mso-hide:all\">A credential dumper was seen.");
    assert_has(html, " \xc2\xb7 Acme, Paris");
    assert_has(html, ">Open the alert</a>");
}

static void test_plain_text_has_crlf_and_no_controls(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.text_plain = "one\ntwo\r\nthree\rfour\x1b[31m\n.\nfive";
    auto_free char *mail = mail_of(&message, NULL);
    auto_free char *plain = mail_body(mail, "text/plain");
    assert_has(plain, "one\r\ntwo\r\nthree four [31m\r\n.\r\nfive\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_say_what_it_is),
        cmocka_unit_test(test_both_parts_tell_the_whole_story),
        cmocka_unit_test(test_the_simple_form_is_a_few_lines_of_text),
        cmocka_unit_test(test_a_hostile_title_stays_a_title),
        cmocka_unit_test(test_other_scripts_arrive_whole),
        cmocka_unit_test(test_a_long_subject_is_folded_and_cut_on_a_character),
        cmocka_unit_test(test_a_long_line_of_ascii_is_folded_at_its_blanks),
        cmocka_unit_test(test_html_cannot_be_injected),
        cmocka_unit_test(test_a_link_that_is_no_web_page_is_left_out),
        cmocka_unit_test(test_one_alert_is_one_thread),
        cmocka_unit_test(test_a_delivery_id_that_is_no_word_is_digested),
        cmocka_unit_test(test_no_thread_and_no_urgency_are_left_out),
        cmocka_unit_test(test_marks_are_said_in_both_parts),
        cmocka_unit_test(test_a_huge_alert_stays_under_what_gmail_shows),
        cmocka_unit_test(test_what_changed_stands_out),
        cmocka_unit_test(test_facts_that_have_no_room_are_counted),
        cmocka_unit_test(test_an_inbox_shows_what_happened_beside_the_subject),
        cmocka_unit_test(test_plain_text_has_crlf_and_no_controls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
