#include "markdown.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "provenance.h"

#define BULLET_SIGN "\xe2\x80\xa2"
#define FIXED_BLANK "\xc2\xa0"

enum {
    SCOPE = 48 * 1024, /* bytes; a card shows no 20,000 */
    MAX_OPENERS = 64,  /* marks that wait for their other half in one paragraph */
    MAX_URL = 2000,
    MAX_CODE = 3, /* %XX */
};

/* What becomes of a byte. */
enum mark {
    SHOWN,
    LITERAL, /* shown, whatever it could mean */
    SILENT,
    BULLET,
    BOLD_ON,
    BOLD_OFF,
    ITALIC_ON,
    ITALIC_OFF,
    LINK_ON,
    LINK_OFF,
};

struct markdown {
    const char *text;
    size_t len;
    bool is_cut;
    const uint8_t *origin; /* of each byte: provenance.h */
    uint8_t *marks;        /* enum mark of each byte */

    /* Where reading stands. */
    size_t at;
    bool is_in_line;
    unsigned bold, italic;
    const char *link;
};

struct opener {
    size_t at, left, len; /* of a run of marks: where, how many wait yet, how many there were */
    char mark;
    bool can_close;
};

static char at(const struct markdown *markdown, size_t index)
{
    return index < markdown->len ? markdown->text[index] : '\0';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static size_t skip_blanks(const struct markdown *markdown, size_t index)
{
    while (is_blank(at(markdown, index)))
        index++;
    return index;
}

static bool is_line_end(const struct markdown *markdown, size_t index)
{
    return index >= markdown->len || markdown->text[index] == '\n';
}

static size_t line_end(const struct markdown *markdown, size_t index)
{
    while (!is_line_end(markdown, index))
        index++;
    return index;
}

/* Whether a value put it there as what could act. Escaped are `*`, which is swapped; `_`, between
 * two spaces; what may begin a block, behind one; all others, before one. */
static bool is_foreign(const struct markdown *markdown, size_t index)
{
    uint8_t origin = markdown->origin[index];

    if (markdown->text[index] == '*')
        return origin & SWAPPED;
    if (markdown->text[index] == '_')
        return (origin & PARTED_BEFORE) && (origin & PARTED_AFTER);
    return origin & PARTED_AFTER;
}

/* A line of a list: where its bullet stands, else SIZE_MAX. */
static size_t find_bullet(const struct markdown *markdown, size_t line)
{
    size_t bullet = skip_blanks(markdown, line);
    char byte = at(markdown, bullet);

    if (byte != '-' && byte != '+' && byte != '*')
        return SIZE_MAX;
    if (markdown->origin[bullet] & (PARTED_BEFORE | SWAPPED))
        return SIZE_MAX;
    if (!is_blank(at(markdown, bullet + 1)))
        return SIZE_MAX;
    return is_line_end(markdown, skip_blanks(markdown, bullet + 1)) ? SIZE_MAX : bullet;
}

static void mark_escapes(struct markdown *markdown, size_t start, size_t end)
{
    for (size_t i = start; i + 1 < end; i++)
        if (markdown->text[i] == '\\' && !is_foreign(markdown, i) &&
            ispunct((unsigned char)markdown->text[i + 1])) {
            markdown->marks[i] = SILENT;
            markdown->marks[++i] = LITERAL;
        }
}

/* The length of "https://", when the template itself wrote it. */
static size_t scheme_length(const struct markdown *markdown, size_t url)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]), known = 0;
        if (url + len > markdown->len || strncasecmp(markdown->text + url, schemes[i], len) != 0)
            continue;
        while (known < len && markdown->origin[url + known] == 0)
            known++;
        return known == len ? len : 0;
    }
    return 0;
}

/* As in a link of the message itself: ASCII without what no URL has. */
static bool needs_code(char byte)
{
    return (unsigned char)byte >= 0x80 || strchr("\"<>\\^`{|}", byte);
}

/* The bracket that ends the URL: the first one that the URL did not open. 0: it is no URL. */
static size_t find_url_end(const struct markdown *markdown, size_t url, size_t end)
{
    size_t host = scheme_length(markdown, url), size = 0, depth = 0;

    if (host == 0 || !at(markdown, url + host) || strchr("/?#:)", at(markdown, url + host)))
        return 0;
    for (size_t i = url; i < end && size <= MAX_URL; i++) {
        char byte = markdown->text[i];
        if ((unsigned char)byte <= ' ' || byte == 0x7f)
            return 0;
        if (byte == ')' && depth == 0)
            return i;
        depth += byte == '(';
        depth -= byte == ')';
        size += needs_code(byte) ? MAX_CODE : 1;
    }
    return 0;
}

/* [text](url), whose closing bracket stands at `close`. Returns where it ends, 0 when it is none.
 */
static size_t mark_link(struct markdown *markdown, size_t open, size_t close, size_t end)
{
    if (is_foreign(markdown, close) || at(markdown, close + 1) != '(' ||
        skip_blanks(markdown, open + 1) == close)
        return 0;
    size_t last = find_url_end(markdown, close + 2, end);
    if (last == 0)
        return 0;
    markdown->marks[open] = LINK_ON;
    memset(markdown->marks + close, SILENT, last - close + 1);
    markdown->marks[close] = LINK_OFF;
    return last;
}

/* A bracket that a value opened may wait for ever: the newest ones count. */
static void mark_links(struct markdown *markdown, size_t start, size_t end)
{
    size_t openers[MAX_OPENERS], depth = 0, oldest = 0;

    for (size_t i = start; i < end; i++) {
        char byte = markdown->marks[i] == SHOWN ? markdown->text[i] : '\0';
        if (byte == '[') {
            openers[depth++ % MAX_OPENERS] = i;
            if (depth - oldest > MAX_OPENERS)
                oldest++;
        } else if (byte == ']' && depth > oldest) {
            size_t last = mark_link(markdown, openers[--depth % MAX_OPENERS], i, end);
            /* There are no links in links. */
            oldest = last ? depth : oldest;
            i = last ? last : i;
        }
    }
}

/* How many of the same mark stand there, and act. */
static size_t run_length(const struct markdown *markdown, size_t start, size_t end)
{
    char mark = markdown->text[start];
    size_t i = start;

    if (mark != '*' && mark != '_')
        return 0;
    while (i < end && markdown->text[i] == mark && markdown->marks[i] == SHOWN &&
           !is_foreign(markdown, i))
        i++;
    return i - start;
}

static bool is_space(char byte)
{
    return byte == '\0' || isspace((unsigned char)byte);
}

/* CommonMark 0.31.2, section 6.2: what may open emphasis, and what may close it. */
static bool can_open(char mark, char before, char after)
{
    bool is_left = !is_space(after) && (!ispunct((unsigned char)after) || is_space(before) ||
                                           ispunct((unsigned char)before));

    return is_left && (mark == '*' || is_space(before) || ispunct((unsigned char)before));
}

static bool can_close(char mark, char before, char after)
{
    return can_open(mark, after, before);
}

/* A run that can both open and close makes no pair with one whose length and its own give a
 * multiple of three, unless each is one: so is `**a*b**` bold, with an asterisk in it. */
static bool is_pair(const struct opener *opener, const struct opener *closer, bool closer_can_open)
{
    if (opener->mark != closer->mark)
        return false;
    if (!opener->can_close && !closer_can_open)
        return true;
    return (opener->len + closer->len) % 3 != 0 || (opener->len % 3 == 0 && closer->len % 3 == 0);
}

/* Closes what the run can close. Returns how many openers still wait. */
static size_t close_run(struct markdown *markdown, struct opener *openers, size_t depth,
    struct opener *closer, bool closer_can_open)
{
    for (size_t i = depth; i > 0 && closer->left > 0;) {
        struct opener *opener = &openers[i - 1];
        if (!is_pair(opener, closer, closer_can_open)) {
            i--;
            continue;
        }
        size_t width = opener->left > 1 && closer->left > 1 ? 2 : 1;
        opener->left -= width;
        uint8_t *on = markdown->marks + opener->at + opener->left;
        uint8_t *off = markdown->marks + closer->at + closer->len - closer->left;
        memset(on, SILENT, width);
        memset(off, SILENT, width);
        *on = width > 1 ? BOLD_ON : ITALIC_ON;
        *off = width > 1 ? BOLD_OFF : ITALIC_OFF;
        closer->left -= width;
        /* What stood between the two can make no pair any more. */
        depth = opener->left > 0 ? i : --i;
    }
    return depth;
}

static void mark_emphasis(struct markdown *markdown, size_t start, size_t end)
{
    struct opener openers[MAX_OPENERS];
    size_t depth = 0;

    for (size_t i = start, len; i < end; i += len ? len : 1) {
        len = run_length(markdown, i, end);
        if (len == 0)
            continue;
        char mark = markdown->text[i], before = i > start ? markdown->text[i - 1] : '\0';
        char after = i + len < end ? markdown->text[i + len] : '\0';
        bool opens = can_open(mark, before, after);
        struct opener run = {i, len, len, mark, can_close(mark, before, after)};
        if (run.can_close)
            depth = close_run(markdown, openers, depth, &run, opens);
        if (run.left == 0 || !opens || depth == MAX_OPENERS)
            continue;
        /* What is left of it is its end, and opens from its own end. */
        run.at += run.len - run.left;
        openers[depth++] = run;
    }
}

/* From a line to the end of its paragraph, which a line of a list begins anew. */
static size_t paragraph_end(const struct markdown *markdown, size_t line)
{
    size_t end = line_end(markdown, line);

    while (end < markdown->len && !is_line_end(markdown, skip_blanks(markdown, end + 1)) &&
           find_bullet(markdown, end + 1) == SIZE_MAX)
        end = line_end(markdown, end + 1);
    return end;
}

static void mark_all(struct markdown *markdown)
{
    for (size_t line = 0, end; line < markdown->len; line = end + 1) {
        size_t start = line, bullet = find_bullet(markdown, line);
        end = paragraph_end(markdown, line);
        if (bullet != SIZE_MAX) {
            markdown->marks[bullet] = BULLET;
            start = bullet + 1;
        }
        mark_escapes(markdown, start, end);
        mark_links(markdown, start, end);
        mark_emphasis(markdown, start, end);
    }
}

struct markdown *markdown_read(struct tocsin_call *call, const char *flavoured, const char *plain)
{
    struct markdown *markdown = call->host->alloc(call, sizeof *markdown);

    markdown->text = plain;
    markdown->len = strnlen(plain, SCOPE + 1);
    markdown->is_cut = markdown->len > SCOPE;
    while (markdown->is_cut &&
           (markdown->len > SCOPE || ((unsigned char)plain[markdown->len] & 0xc0) == 0x80))
        markdown->len--;
    markdown->origin = provenance_read(call, flavoured, plain, markdown->len);
    markdown->marks = call->host->alloc(call, markdown->len + 1);
    mark_all(markdown);
    return markdown;
}

void markdown_rewind(struct markdown *markdown)
{
    markdown->at = 0;
    markdown->is_in_line = false;
    markdown->bold = markdown->italic = 0;
    markdown->link = NULL;
}

bool markdown_is_cut(const struct markdown *markdown)
{
    return markdown->is_cut;
}

static char *copy_url(struct tocsin_call *call, const struct markdown *markdown, size_t url)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t end = find_url_end(markdown, url, markdown->len);
    char *copy = call->host->alloc(call, MAX_CODE * (end - url) + 1), *out = copy;

    for (size_t i = url; i < end; i++) {
        unsigned char byte = (unsigned char)markdown->text[i];
        if (!needs_code((char)byte)) {
            *out++ = (char)byte;
            continue;
        }
        *out++ = '%';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    return copy;
}

/* Takes over what changes the look of what follows. */
static void turn(struct tocsin_call *call, struct markdown *markdown)
{
    const uint8_t *mark = markdown->marks + markdown->at;

    switch (*mark) {
    case BOLD_ON:
        markdown->bold++;
        break;
    case BOLD_OFF:
        markdown->bold--;
        break;
    case ITALIC_ON:
        markdown->italic++;
        break;
    case ITALIC_OFF:
        markdown->italic--;
        break;
    case LINK_ON:
        mark = memchr(mark, LINK_OFF, markdown->len - markdown->at);
        markdown->link = copy_url(call, markdown, (size_t)(mark - markdown->marks) + strlen("]("));
        break;
    case LINK_OFF:
        markdown->link = NULL;
    }
    markdown->at++;
}

static size_t stretch_end(const struct markdown *markdown)
{
    size_t end = markdown->at;

    while (!is_line_end(markdown, end) && markdown->marks[end] <= BULLET)
        end++;
    return end;
}

static char *shown_append(char *out, const struct markdown *markdown, size_t index)
{
    switch (markdown->marks[index]) {
    case SILENT:
        return out;
    case BULLET:
        return stpcpy(out, BULLET_SIGN);
    default:
        *out++ = markdown->text[index];
        return out;
    }
}

/* The next stretch's text, "" where nothing of it is shown. */
static char *copy_stretch(struct tocsin_call *call, struct markdown *markdown)
{
    size_t end = stretch_end(markdown),
           text = markdown->is_in_line ? markdown->at : skip_blanks(markdown, markdown->at);
    char *copy = call->host->alloc(call, strlen(BULLET_SIGN) * (end - markdown->at) + 1);
    char *out = copy;

    for (; markdown->at < text; markdown->at++)
        if (!is_line_end(markdown, text))
            out = stpcpy(out, FIXED_BLANK);
    for (; markdown->at < end; markdown->at++)
        out = shown_append(out, markdown, markdown->at);
    markdown->is_in_line = true;
    return copy;
}

bool markdown_next(struct tocsin_call *call, struct markdown *markdown, struct stretch *stretch)
{
    while (markdown->at < markdown->len) {
        *stretch = (struct stretch){NULL, markdown->link, markdown->bold > 0, markdown->italic > 0};
        if (markdown->text[markdown->at] == '\n') {
            markdown->at++;
            markdown->is_in_line = false;
            return true;
        }
        if (markdown->marks[markdown->at] > BULLET) {
            turn(call, markdown);
            continue;
        }
        stretch->text = copy_stretch(call, markdown);
        if (*stretch->text)
            return true;
    }
    return false;
}
