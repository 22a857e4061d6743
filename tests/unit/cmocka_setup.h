/* cmocka wants these before itself. */
#ifndef TOCSIN_TESTS_CMOCKA_SETUP_H
#define TOCSIN_TESTS_CMOCKA_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
