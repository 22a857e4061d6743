#include "sink/request.h"

#include <stddef.h>
#include <strings.h>

const char *request_missing_type(const char *const *headers)
{
    static const char name[] = "content-type:";

    for (size_t i = 0; headers && headers[i]; i++)
        if (strncasecmp(headers[i], name, sizeof name - 1) == 0)
            return NULL;
    return "Content-Type: application/json; charset=utf-8";
}
