#include "dialogue.h"

#include <ctype.h>
#include <string.h>

enum {
    REPLY_MAX = 400,     /* a reason is one line for people */
    READING_MAX = 16000, /* more than any secret is long */
};

const char *stage_name(enum stage stage)
{
    static const char *const names[] = {[STAGE_CONNECT] = "connecting",
        [STAGE_HELLO] = "EHLO",
        [STAGE_STARTTLS] = "STARTTLS",
        [STAGE_AUTH] = "AUTH",
        [STAGE_MAIL] = "MAIL",
        [STAGE_RCPT] = "RCPT",
        [STAGE_DATA] = "DATA",
        [STAGE_BODY] = "sending the mail"};

    return names[stage];
}

static bool starts_with(const char *line, size_t len, const char *word)
{
    return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* False for a line that begins no stage. */
static bool read_stage(const char *line, size_t len, enum stage *stage)
{
    static const struct {
        const char *verb;
        enum stage stage;
    } verbs[] = {
        {"EHLO", STAGE_HELLO},
        {"HELO", STAGE_HELLO},
        {"STARTTLS", STAGE_STARTTLS},
        {"AUTH", STAGE_AUTH},
        {"MAIL", STAGE_MAIL},
        {"RCPT", STAGE_RCPT},
        {"DATA", STAGE_DATA},
    };

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (starts_with(line, len, verbs[i].verb)) {
            *stage = verbs[i].stage;
            return true;
        }
    }
    return false;
}

static void enter(struct dialogue *dialogue, enum stage stage)
{
    dialogue->stage = stage;
    dialogue->code = 0;
    dialogue->reply = "";
}

void dialogue_command(struct dialogue *dialogue, const char *line, size_t len)
{
    enum stage stage;

    /* The answer to a 334 is base64, which can begin with any verb. */
    if (dialogue->stage == STAGE_AUTH && dialogue->code == 334)
        return;
    if (starts_with(line, len, "QUIT"))
        dialogue->is_over = true;
    if (dialogue->is_over || !read_stage(line, len, &stage))
        return;
    /* libcurl tries HELO even where EHLO was answered with goodbye. */
    if (dialogue->stage == STAGE_HELLO && stage == STAGE_HELLO && dialogue->code == 421)
        return;
    enter(dialogue, stage);
    if (stage == STAGE_HELLO)
        dialogue->has_auth = false;
    if (stage == STAGE_RCPT)
        dialogue->asked++;
}

static const char *without(struct tocsin_call *call, const char *text, const char *secret)
{
    struct text clean = {.call = call};
    const char *found;

    while (*secret && (found = strstr(text, secret))) {
        text_append(&clean, text, (size_t)(found - text));
        text_puts(&clean, "***");
        text = found + strlen(secret);
    }
    text_puts(&clean, text);
    return text_string(&clean);
}

/* The reply's words, short enough for a reason. A server may repeat a line that it did not
 * understand, and that line may be a password: secrets go before anything is cut. */
static const char *reply_words(struct dialogue *dialogue)
{
    const char *words = text_string(&dialogue->reading);

    for (const char *const *secret = dialogue->secrets; *secret; secret++)
        words = without(dialogue->call, words, *secret);
    return dialogue->call->host->format(dialogue->call, "%.*s", REPLY_MAX, words);
}

/* Replies are ASCII (RFC 5321 4.2); what is not can do no harm as a question mark. */
static void read_words(struct dialogue *dialogue, const char *line, size_t len)
{
    struct text *reading = &dialogue->reading;

    /* A reply may have any number of lines. */
    if (reading->len >= READING_MAX)
        return;
    text_putc(reading, ' ');
    for (size_t i = 0; i < len && reading->len < READING_MAX; i++) {
        unsigned char byte = (unsigned char)line[i];
        if (byte == '\r' || byte == '\n')
            break;
        text_putc(reading, byte >= 0x80 ? '?' : line[i]);
        if (byte < 0x20 || byte == 0x7f)
            reading->data[reading->len - 1] = ' ';
    }
}

/* Returns the code of a reply's line, 0 if it is none. */
static int read_code(const char *line, size_t len)
{
    if (len < 3)
        return 0;
    for (size_t i = 0; i < 3; i++)
        if (!isdigit((unsigned char)line[i]))
            return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

static void on_rcpt_reply(struct dialogue *dialogue)
{
    struct recipients *recipients = dialogue->recipients;

    if (dialogue->asked == 0 || dialogue->asked > recipients->count)
        return;
    struct recipient *recipient = &recipients->items[dialogue->asked - 1];
    recipient->reply = dialogue->reply;
    if (dialogue->code / 100 == 2)
        recipient->fate = FATE_ACCEPTED;
    else if (dialogue->code / 100 == 5)
        recipient->fate = FATE_REFUSED;
    else
        recipient->fate = FATE_DEFERRED;
}

/* libcurl sends the mail without authentication if AUTH is not offered. The last greeting, the one
 * under encryption where that is required, decides. */
static bool is_open_to_us(struct dialogue *dialogue)
{
    bool is_last = dialogue->is_encrypted || !dialogue->needs_starttls;

    if (dialogue->code / 100 != 2 || !is_last || !dialogue->needs_auth || dialogue->has_auth)
        return true;
    dialogue->lacks_auth = true;
    return false;
}

static bool on_whole_reply(struct dialogue *dialogue)
{
    switch (dialogue->stage) {
    case STAGE_CONNECT:
        dialogue->is_new = true;
        return true;
    case STAGE_HELLO:
        return is_open_to_us(dialogue);
    case STAGE_STARTTLS:
        dialogue->is_encrypted = dialogue->code == 220;
        return true;
    case STAGE_RCPT:
        on_rcpt_reply(dialogue);
        return true;
    case STAGE_DATA:
        if (dialogue->code == 354)
            enter(dialogue, STAGE_BODY);
        return true;
    default:
        return true;
    }
}

bool dialogue_reply(struct dialogue *dialogue, const char *line, size_t len)
{
    int code = read_code(line, len);

    if (code == 0 || dialogue->is_over)
        return true;
    /* Exactly what libcurl looks for. */
    if (dialogue->stage == STAGE_HELLO && len >= 9 && memcmp(line + 4, "AUTH ", 5) == 0)
        dialogue->has_auth = true;
    if (dialogue->reading.len == 0)
        text_append(&dialogue->reading, line, 3);
    if (len > 4)
        read_words(dialogue, line + 4, len - 4);
    if (len > 3 && line[3] == '-')
        return true;
    dialogue->code = code;
    dialogue->reply = reply_words(dialogue);
    dialogue->reading = (struct text){.call = dialogue->call};
    return on_whole_reply(dialogue);
}
