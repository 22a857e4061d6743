/* A harness takes any bytes through a part of tocsin, and demands of what comes out what must hold
 * whatever was put in (demand.h). libFuzzer makes the bytes up (`./run fuzz`); corpus.c takes them
 * from files, in every `./run test`. */
#ifndef TOCSIN_TESTS_FUZZ_HARNESS_H
#define TOCSIN_TESTS_FUZZ_HARNESS_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's name for it. Always 0: every input is worth keeping. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
