/* base/clock.h under the test's control: linked in its place. */
#ifndef TOCSIN_TESTS_STORE_TEST_CLOCK_H
#define TOCSIN_TESTS_STORE_TEST_CLOCK_H

#include <stdint.h>

/* What the wall clock and the steady one say from now on. The monotonic one runs as ever, because
 * deadlines hang on it. */
void test_clock_set(int64_t ms);

#endif
