/* SPDX-License-Identifier: Apache-2.0 */
/* What every test includes: cmocka and what it needs before it. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** A test whose name is a sentence. */
#define TEST(name) static void name(void **state __attribute__((unused)))

#endif
