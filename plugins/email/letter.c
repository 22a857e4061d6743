#include "letter.h"

#include <ctype.h>
#include <string.h>

#include "address.h"
#include "body.h"
#include "email.h"
#include "header.h"
#include "level.h"
#include "text.h"

enum {
    BASE64_LINE = 76, /* RFC 2045 6.8 */
    SUBJECT_MAX = 250,
};

/* 32 hexadecimal digits that stand for a text of any kind. The key only keeps the ids of different
 * uses apart. */
static const char *digest(struct tocsin_call *call, const char *key, const char *text)
{
    uint8_t hash[32];
    struct text digits = {.call = call};

    call->host->hmac_sha256(key, strlen(key), text, strlen(text), hash);
    for (size_t i = 0; i < 16; i++)
        text_printf(&digits, "%02x", hash[i]);
    return text_string(&digits);
}

/* The delivery's id itself where it can stand left of the @, so that people can search for it. */
static const char *message_id(struct tocsin_call *call)
{
    const char *id = call->message->delivery;
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)id[i]) && !strchr("-_", id[i]))
            return digest(call, "tocsin delivery", id);
    return len > 0 && len <= 64 ? id : digest(call, "tocsin delivery", id);
}

/* "title (#1a2b3c)": the mark stands for the thread. Many programs take mails of one subject for
 * one conversation (Outlook; IMAP's THREAD, RFC 5256 3), and a rule that fires on two hosts makes
 * two alerts of one title. */
static const char *topic(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    struct text topic = {.call = call};
    size_t len = strlen(message->title), cut = text_cut(message->title, len, SUBJECT_MAX);

    text_append(&topic, message->title, cut);
    if (cut < len)
        text_puts(&topic, "\xe2\x80\xa6");
    if (*message->thread)
        text_printf(&topic, " (#%.6s)", digest(call, "tocsin thread", message->thread));
    return text_string(&topic);
}

/* "[URGENT 85] topic": mail programs and Gmail thread by a subject without what stands in brackets
 * before it, so an update may carry another level and stay in its thread. Outlook does not know
 * that, and has a field of its own for the subject without it. */
static void put_subject(struct text *out, const struct letter *letter)
{
    struct text subject = {.call = out->call};
    const char *prefix = letter->config->subject_prefix;

    if (prefix && *prefix)
        text_printf(&subject, "%s ", prefix);
    text_printf(&subject, "[%s] %s", level_tag(out->call), topic(out->call));
    header_text(out, "Subject", text_string(&subject));
    if (*out->call->message->thread)
        header_text(out, "Thread-Topic", topic(out->call));
}

/* Every mail of a thread answers a first mail that was never sent: whichever arrives first, or
 * twice, or not at all, readers put them together (RFC 5322 3.6.4). */
static void put_ids(struct text *out, const struct letter *letter)
{
    const struct tocsin_message *message = out->call->message;

    text_printf(out, "Message-ID: <%s.tocsin@%s>\r\n", message_id(out->call), letter->from->domain);
    if (!*message->thread)
        return;
    const char *root = digest(out->call, "tocsin thread", message->thread);
    text_printf(out, "In-Reply-To: <%s.thread.tocsin@%s>\r\n", root, letter->from->domain);
    text_printf(out, "References: <%s.thread.tocsin@%s>\r\n", root, letter->from->domain);
}

/* RFC 3834 keeps answering machines quiet, X-Auto-Response-Suppress those of Exchange. */
static void put_manners(struct text *out)
{
    const struct tocsin_message *message = out->call->message;
    const struct level *level = level_of(message);

    text_puts(out, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    text_printf(out, "X-Priority: %d\r\n", level->priority);
    if (level->importance)
        text_printf(out, "Importance: %s\r\n", level->importance);
    text_printf(out, "X-Tocsin-Level: %s\r\n", level->word);
    header_text(out, "X-Tocsin-Sink", message->sink);
    if (*message->rule)
        header_text(out, "X-Tocsin-Rule", message->rule);
    header_text(out, "X-Tocsin-Delivery", message->delivery);
}

static void put_part(struct text *out, const char *type, const struct text *body)
{
    text_printf(
        out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
    text_base64(out, text_string(body), body->len, BASE64_LINE);
}

static void put_simple(struct text *out)
{
    struct text plain = {.call = out->call};

    plain_write_simple(&plain, out->call->message);
    put_part(out, "text/plain", &plain);
}

static void put_enriched(struct text *out)
{
    struct tocsin_call *call = out->call;
    struct text plain = {.call = call}, html = {.call = call};
    /* The _ is no base64 digit: no line of a part can look like the boundary. */
    const char *boundary =
        call->host->format(call, "_%s_", digest(call, "tocsin part", call->message->delivery));

    plain_write(&plain, call->message);
    html_write(&html, call->message);
    text_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n",
        boundary, boundary);
    put_part(out, "text/plain", &plain);
    text_printf(out, "--%s\r\n", boundary);
    put_part(out, "text/html", &html);
    text_printf(out, "--%s--\r\n", boundary);
}

void letter_write(struct text *out, const struct letter *letter)
{
    header_date(out, out->call->message->now_ms);
    header_addresses(out, "From", letter->from, 1);
    header_addresses(out, "To", letter->to, letter->to_count);
    put_subject(out, letter);
    put_ids(out, letter);
    put_manners(out);
    text_puts(out, "MIME-Version: 1.0\r\n");
    if (letter->config->form.index == FORM_SIMPLE)
        put_simple(out);
    else
        put_enriched(out);
}
