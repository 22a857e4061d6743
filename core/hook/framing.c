#include "hook/framing.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum part {
    METHOD,
    TARGET,
    VERSION,
    FIELD, /* the beginning of a line of the header */
    NAME,
    VALUE,
    VALUE_END,
    HEAD_END,
    BODY,
    CHUNK_SIZE,
    CHUNK_SIZE_END,
    CHUNK,
    CHUNK_CR,
    CHUNK_END,
    LAST_CR,
    LAST_END,
};

enum {
    most_length_digits = 18, /* fits in 63 bits */
    most_size_digits = 8,
};

static void doubt(struct framing *framing, const char *fault)
{
    framing->fault = fault;
}

static void go_on(struct framing *framing, enum part part)
{
    framing->part = part;
    framing->at = 0;
}

/* RFC 9110, 5.6.2. */
static bool is_token(char byte)
{
    return isalnum((unsigned char)byte) || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_visible(char byte)
{
    return byte > ' ' && byte != 0x7f;
}

/* What may stand in a value: text in any encoding, and blanks. */
static bool is_text(char byte)
{
    unsigned char code = (unsigned char)byte;

    return (code >= ' ' && code != 0x7f) || code == '\t';
}

static void keep(char *kept, unsigned *len, char byte)
{
    if (*len < FRAMING_KEPT)
        kept[(*len)++] = byte;
}

static bool is_named(const struct framing *framing, const char *name)
{
    return framing->name_len == strlen(name) &&
           strncasecmp(framing->name, name, framing->name_len) == 0;
}

static const char no_request_line[] = "the request line is no request line";

static void read_method(struct framing *framing, char byte)
{
    if (framing->at == 0)
        framing->name_len = 0;
    if (is_token(byte)) {
        keep(framing->name, &framing->name_len, byte);
        framing->at++;
    } else if (byte == ' ' && framing->at > 0) {
        framing->may_have_body =
            is_named(framing, "POST") || is_named(framing, "PUT") || is_named(framing, "PATCH");
        go_on(framing, TARGET);
    } else {
        doubt(framing, no_request_line);
    }
}

static void read_target(struct framing *framing, char byte)
{
    if (is_visible(byte))
        framing->at++;
    else if (byte == ' ' && framing->at > 0)
        go_on(framing, VERSION);
    else
        doubt(framing, no_request_line);
}

static void read_version(struct framing *framing, char byte)
{
    static const char version[] = "HTTP/1.1\r\n";
    enum {
        minor = 7
    };

    if (byte != version[framing->at] && !(framing->at == minor && byte == '0')) {
        doubt(framing, "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break");
        return;
    }
    if (framing->at == minor)
        framing->is_http_1_0 = byte == '0';
    if (++framing->at < sizeof version - 1)
        return;
    framing->has_length = framing->is_chunked = false;
    framing->length = 0;
    go_on(framing, FIELD);
}

static void read_field(struct framing *framing, char byte)
{
    framing->name_len = framing->value_len = 0;
    if (byte == '\r') {
        go_on(framing, HEAD_END);
    } else if (is_token(byte)) {
        keep(framing->name, &framing->name_len, byte);
        go_on(framing, NAME);
    } else if (byte == ' ' || byte == '\t') {
        doubt(framing, "a line of the header is folded");
    } else {
        doubt(framing, "a line of the header begins with no name");
    }
}

static void read_name(struct framing *framing, char byte)
{
    if (byte == ':')
        go_on(framing, VALUE);
    else if (is_token(byte))
        keep(framing->name, &framing->name_len, byte);
    else
        doubt(framing, "a name of the header holds what no name may hold");
}

static void set_length(struct framing *framing)
{
    if (framing->has_length)
        doubt(framing, "there are two lengths");
    else if (framing->value_len == 0 || framing->value_len > most_length_digits)
        doubt(framing, "the length is no length");
    framing->has_length = true;
    framing->length = 0;
    for (unsigned i = 0; i < framing->value_len && !framing->fault; i++) {
        if (!isdigit((unsigned char)framing->value[i]))
            doubt(framing, "the length is no length");
        framing->length = framing->length * 10 + (uint64_t)(framing->value[i] - '0');
    }
}

static void set_encoding(struct framing *framing)
{
    if (framing->is_chunked)
        doubt(framing, "there are two transfer encodings");
    else if (framing->value_len != strlen("chunked") ||
             strncasecmp(framing->value, "chunked", framing->value_len) != 0)
        doubt(framing, "the transfer encoding is not chunked");
    framing->is_chunked = true;
}

static void end_field(struct framing *framing)
{
    while (framing->value_len > 0 && strchr(" \t", framing->value[framing->value_len - 1]))
        framing->value_len--;
    if (is_named(framing, "Content-Length"))
        set_length(framing);
    else if (is_named(framing, "Transfer-Encoding"))
        set_encoding(framing);
    go_on(framing, FIELD);
}

/* A value that is kept in part is too long to be one that matters. */
static void read_value(struct framing *framing, char byte)
{
    if (is_text(byte)) {
        if (framing->value_len > 0 || !strchr(" \t", byte))
            keep(framing->value, &framing->value_len, byte);
    } else if (byte == '\r') {
        go_on(framing, VALUE_END);
    } else {
        doubt(framing, byte == '\n' ? "a line of the header ends with a line feed alone"
                                    : "a value of the header holds a control character");
    }
}

static void end_request(struct framing *framing)
{
    framing->requests++;
    go_on(framing, METHOD);
}

static void end_head(struct framing *framing)
{
    if (framing->has_length && framing->is_chunked) {
        doubt(framing, "there are a length and a transfer encoding");
    } else if (framing->is_chunked && framing->is_http_1_0) {
        doubt(framing, "HTTP/1.0 has no transfer encoding");
    } else if (!framing->may_have_body && (framing->is_chunked || framing->length > 0)) {
        /* evhttp would read it as the next request. */
        doubt(framing, "this method has no body");
    } else if (framing->is_chunked) {
        go_on(framing, CHUNK_SIZE);
        framing->left = 0;
    } else if (framing->length > 0) {
        go_on(framing, BODY);
        framing->left = framing->length;
    } else {
        end_request(framing);
    }
}

static unsigned hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
                                         : (unsigned)(tolower((unsigned char)digit) - 'a') + 10;
}

static void read_size(struct framing *framing, char byte)
{
    if (isxdigit((unsigned char)byte) && framing->at < most_size_digits) {
        framing->left = framing->left * 16 + hex_value(byte);
        framing->at++;
    } else if (byte == '\r' && framing->at > 0) {
        go_on(framing, CHUNK_SIZE_END);
    } else {
        doubt(framing, "the size of a chunk is no size");
    }
}

/* A line feed that must stand there, or a carriage return. */
static bool is_expected(struct framing *framing, char byte, char expected)
{
    if (byte != expected)
        doubt(framing, "a line break is missing or is none");
    return byte == expected;
}

static void read_chunk_break(struct framing *framing, char byte)
{
    if (framing->part == CHUNK_SIZE_END && is_expected(framing, byte, '\n')) {
        go_on(framing, framing->left > 0 ? CHUNK : LAST_CR);
    } else if (framing->part == CHUNK_CR && is_expected(framing, byte, '\r')) {
        go_on(framing, CHUNK_END);
    } else if (framing->part == CHUNK_END && is_expected(framing, byte, '\n')) {
        go_on(framing, CHUNK_SIZE);
    } else if (framing->part == LAST_CR) {
        if (byte == '\r')
            go_on(framing, LAST_END);
        else
            doubt(framing, "there are trailers behind the last chunk");
    } else if (framing->part == LAST_END && is_expected(framing, byte, '\n')) {
        end_request(framing);
    }
}

static void read_byte(struct framing *framing, char byte)
{
    switch ((enum part)framing->part) {
    case METHOD:
        read_method(framing, byte);
        break;
    case TARGET:
        read_target(framing, byte);
        break;
    case VERSION:
        read_version(framing, byte);
        break;
    case FIELD:
        read_field(framing, byte);
        break;
    case NAME:
        read_name(framing, byte);
        break;
    case VALUE:
        read_value(framing, byte);
        break;
    case VALUE_END:
        if (is_expected(framing, byte, '\n'))
            end_field(framing);
        break;
    case HEAD_END:
        if (is_expected(framing, byte, '\n'))
            end_head(framing);
        break;
    case CHUNK_SIZE:
        read_size(framing, byte);
        break;
    default:
        read_chunk_break(framing, byte);
    }
}

/* Of a body or a chunk nothing is looked at; returns how much was skipped. */
static size_t skip(struct framing *framing, size_t len)
{
    size_t skipped = framing->left < len ? (size_t)framing->left : len;

    framing->left -= skipped;
    if (framing->left > 0)
        return skipped;
    if (framing->part == BODY)
        end_request(framing);
    else
        go_on(framing, CHUNK_CR);
    return skipped;
}

void framing_read(struct framing *framing, const char *bytes, size_t len)
{
    while (len > 0 && !framing->fault) {
        size_t taken = 1;
        if (framing->part == BODY || framing->part == CHUNK)
            taken = skip(framing, len);
        else
            read_byte(framing, *bytes);
        bytes += taken;
        len -= taken;
    }
}

bool framing_is_sure(const struct framing *framing, uint64_t number)
{
    return number < framing->requests;
}
