#include "captured.h"

#include "../cmocka_setup.h"

#include <fcntl.h>
#include <unistd.h>

void captured_begin(struct captured *captured)
{
    captured->kept = dup(STDERR_FILENO);
    assert_int_equal(pipe2(captured->ends, O_NONBLOCK), 0);
    dup2(captured->ends[1], STDERR_FILENO);
}

void captured_end(struct captured *captured, char *text, size_t size)
{
    dup2(captured->kept, STDERR_FILENO);
    close(captured->ends[1]);
    close(captured->kept);
    ssize_t len = read(captured->ends[0], text, size - 1);
    text[len < 0 ? 0 : len] = '\0';
    close(captured->ends[0]);
}
