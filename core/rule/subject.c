#include "rule/subject.h"

#include "event/path.h"
#include "event/view.h"

json_t *subject_get(const struct subject *subject, const struct path *path, bool *unknown)
{
    if (!subject->element)
        return view_get(subject->view, path, unknown);
    *unknown = false;
    return path_get(path, subject->element);
}
