#include "cmd/template_file.h"

#include "base/buf.h"
#include "cmd/input.h"
#include "config/problems.h"
#include "message/template.h"

struct telling {
    const char *file;
    struct problems *problems;
};

static void on_fault(const struct template_fault *fault, void *arg)
{
    const struct telling *telling = arg;

    problem_add(telling->problems, (struct place){telling->file, fault->line, fault->column}, "%s",
        fault->reason);
}

bool template_file_read(
    const char *file, struct template **template, struct problems *problems, struct error *error)
{
    struct telling telling = {file, problems};
    auto_buf struct buf text = {0};

    *template = NULL;
    if (!input_read(file, &text, error))
        return false;
    if (template_check(buf_text(&text), text.len, on_fault, &telling))
        *template = template_compile(buf_text(&text), text.len, NULL);
    return true;
}
