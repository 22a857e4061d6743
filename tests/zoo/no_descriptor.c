/* symbols: exports no descriptor. */
#include <tocsin/sink.h>

TOCSIN_EXPORT const int something_else;

const int something_else = 1;
