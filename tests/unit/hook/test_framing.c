#include "../cmocka_setup.h"

#include <string.h>

#include "hook/framing.h"

#define POST "POST /hooks/x HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define WHOLE POST "Content-Length: 4\r\n\r\nbody"

static struct framing read_all(const char *text, size_t len)
{
    struct framing framing = {0};

    framing_read(&framing, text, len);
    return framing;
}

/* However the bytes are divided, the reading is the same. */
static struct framing read_in_portions(const char *text, size_t len)
{
    struct framing whole = read_all(text, len);

    for (size_t portion = 1; portion < 8; portion++) {
        struct framing framing = {0};
        for (size_t at = 0; at < len; at += portion)
            framing_read(&framing, text + at, len - at < portion ? len - at : portion);
        assert_ptr_equal(framing.fault, whole.fault);
        assert_int_equal(framing.requests, whole.requests);
        assert_int_equal(framing.part, whole.part);
    }
    return whole;
}

static void test_requests_are_counted_as_they_end(void **state)
{
    static const struct {
        const char *text;
        unsigned requests;
    } rows[] = {
        {"", 0},
        {"POST", 0},
        {POST "\r\n", 1},
        {POST "Content-Length: 0\r\n\r\n", 1},
        {WHOLE, 1},
        {POST "Content-Length: 5\r\n\r\nbody", 0},
        {POST "content-LENGTH:4  \r\n\r\nbody", 1},
        {POST "Content-Length: 0004\r\n\r\nbody", 1},
        {POST "X-Content-Length: many\r\nContent-Lengths: many\r\nContent-Length: 4\r\n\r\nbody",
            1},
        {POST "X: \xc3\xa9\xff and\ttabs\r\nEmpty:\r\n\r\n", 1},
        {WHOLE WHOLE WHOLE, 3},
        {"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n" WHOLE, 3},
        {"POST http://x/hooks/x?a=b#c HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", 1},
        {"PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxPATCH / HTTP/1.1\r\nContent-Length: "
         "1\r\n\r\nx",
            2},
        {CHUNKED, 0},
        {CHUNKED "0\r\n\r\n", 1},
        {CHUNKED "4\r\nbody\r\n0\r\n\r\n", 1},
        {CHUNKED "1\r\nb\r\n003\r\nody\r\n000\r\n\r\n" WHOLE, 2},
        {CHUNKED "A\r\n0\r\n\r\nPOST \r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", 1},
        {POST "transfer-encoding:  ChunKed \r\n\r\n0\r\n\r\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct framing framing = read_in_portions(rows[i].text, strlen(rows[i].text));
        if (framing.fault)
            print_message("%s\n", rows[i].text);
        assert_null(framing.fault);
        assert_int_equal(framing.requests, rows[i].requests);
    }
}

#define FAULT(text, fault)                                                                         \
    {                                                                                              \
        text, sizeof(text) - 1, fault                                                              \
    }

static void test_what_could_be_read_in_two_ways_is_a_fault(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *fault;
    } rows[] = {
        FAULT("\r\n" WHOLE, "the request line is no request line"),
        FAULT(" GET / HTTP/1.1\r\n\r\n", "the request line is no request line"),
        FAULT("GET  / HTTP/1.1\r\n\r\n", "the request line is no request line"),
        FAULT("GET\r\n\r\n", "the request line is no request line"),
        FAULT("GET /\r\n\r\n", "the request line is no request line"),
        FAULT("GET / /x HTTP/1.1\r\n\r\n",
            "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break"),
        FAULT("GET / HTTP/1.1 \r\n\r\n",
            "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break"),
        FAULT("GET / HTTP/1.1\n\n",
            "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break"),
        FAULT("PRI * HTTP/2.0\r\n\r\n",
            "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break"),
        FAULT("GET / http/1.1\r\n\r\n",
            "the request line does not end with HTTP/1.0 or HTTP/1.1 and a line break"),
        FAULT("\x16\x03\x01", "the request line is no request line"),
        FAULT("G\0T / HTTP/1.1\r\n", "the request line is no request line"),
        FAULT("GET /\0 HTTP/1.1\r\n", "the request line is no request line"),
        FAULT(
            POST "Content-Length: 4\n\r\nbody", "a line of the header ends with a line feed alone"),
        FAULT(POST "X: a\rContent-Length: 4\r\n\r\nbody", "a line break is missing or is none"),
        FAULT(POST "\nbody", "a line of the header begins with no name"),
        FAULT(POST " Content-Length: 4\r\n\r\n", "a line of the header is folded"),
        FAULT(POST "X: a\r\n\tb\r\n\r\n", "a line of the header is folded"),
        FAULT(POST ": a\r\n\r\n", "a line of the header begins with no name"),
        FAULT(POST "Content-Length : 4\r\n\r\nbody",
            "a name of the header holds what no name may hold"),
        FAULT(POST "Content-Length\t: 4\r\n\r\nbody",
            "a name of the header holds what no name may hold"),
        FAULT(POST "Content Length: 4\r\n\r\n", "a name of the header holds what no name may hold"),
        FAULT(
            POST "Content-Length\0: 4\r\n\r\n", "a name of the header holds what no name may hold"),
        FAULT(POST "NoColon\r\n\r\n", "a name of the header holds what no name may hold"),
        FAULT(POST "X: a\0b\r\n\r\n", "a value of the header holds a control character"),
        FAULT(POST "X: a\vb\r\n\r\n", "a value of the header holds a control character"),
        FAULT(POST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", "there are two lengths"),
        FAULT(POST "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "there are two lengths"),
        FAULT(POST "Content-Length: 4, 4\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length: +4\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length: -4\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length: 4 4\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length: 0x4\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length:\r\n\r\nbody", "the length is no length"),
        FAULT(POST "Content-Length: 9223372036854775808\r\n\r\n", "the length is no length"),
        FAULT(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            "there are a length and a transfer encoding"),
        FAULT(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
            "there are a length and a transfer encoding"),
        FAULT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "there are two transfer encodings"),
        FAULT(POST "Transfer-Encoding: xchunked\r\n\r\n", "the transfer encoding is not chunked"),
        FAULT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n",
            "the transfer encoding is not chunked"),
        FAULT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n",
            "the transfer encoding is not chunked"),
        FAULT(POST "Transfer-Encoding: identity\r\n\r\n", "the transfer encoding is not chunked"),
        FAULT(
            POST "Transfer-Encoding: \"chunked\"\r\n\r\n", "the transfer encoding is not chunked"),
        FAULT(
            POST "Transfer-Encoding: chunked;q=1\r\n\r\n", "the transfer encoding is not chunked"),
        FAULT(POST "Transfer-Encoding:\r\n\r\n", "the transfer encoding is not chunked"),
        FAULT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 has no transfer encoding"),
        FAULT("GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", "this method has no body"),
        FAULT("DELETE / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "this method has no body"),
        FAULT(CHUNKED "4;ext=1\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "4 \r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED " 4\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "0x4\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "+4\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "-4\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "4\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "000000004\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "10000000000000004\r\nbody\r\n", "the size of a chunk is no size"),
        FAULT(CHUNKED "4\rbody", "a line break is missing or is none"),
        FAULT(CHUNKED "4\r\nbodyx", "a line break is missing or is none"),
        FAULT(CHUNKED "4\r\nbody\n", "a line break is missing or is none"),
        FAULT(CHUNKED "4\r\nbody\rx", "a line break is missing or is none"),
        FAULT(CHUNKED "0\r\n\n", "there are trailers behind the last chunk"),
        FAULT(CHUNKED "0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
            "there are trailers behind the last chunk"),
        FAULT(CHUNKED "0\r\n\rx", "a line break is missing or is none"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct framing framing = read_in_portions(rows[i].text, rows[i].len);
        if (!framing.fault || strcmp(framing.fault, rows[i].fault) != 0)
            print_message("%s\n", rows[i].text);
        assert_non_null(framing.fault);
        assert_string_equal(framing.fault, rows[i].fault);
        assert_int_equal(framing.requests, 0);
    }
}

static void test_what_came_before_a_fault_is_sure_and_nothing_behind_it(void **state)
{
    struct framing framing = read_in_portions(
        WHOLE WHOLE POST "X : y\r\n\r\n" WHOLE, strlen(WHOLE WHOLE POST "X : y\r\n\r\n" WHOLE));

    (void)state;
    assert_non_null(framing.fault);
    assert_true(framing_is_sure(&framing, 0));
    assert_true(framing_is_sure(&framing, 1));
    assert_false(framing_is_sure(&framing, 2));
    assert_false(framing_is_sure(&framing, 3));
}

static void test_a_request_is_sure_with_its_last_byte(void **state)
{
    struct framing framing = read_all(WHOLE, strlen(WHOLE) - 1);

    (void)state;
    assert_false(framing_is_sure(&framing, 0));
    framing_read(&framing, "y", 1);
    assert_true(framing_is_sure(&framing, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_counted_as_they_end),
        cmocka_unit_test(test_what_could_be_read_in_two_ways_is_a_fault),
        cmocka_unit_test(test_what_came_before_a_fault_is_sure_and_nothing_behind_it),
        cmocka_unit_test(test_a_request_is_sure_with_its_last_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
