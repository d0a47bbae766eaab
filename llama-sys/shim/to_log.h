// Included in front of files of llama.cpp that write to standard output or error while they do their work:
// what they write goes to the log instead (guard.cpp).
#pragma once

#include <stdio.h>

#ifdef __cplusplus
#include <cstdio>
extern "C"
#endif
int lrs_fprintf(FILE * stream, const char * format, ...);

#undef fprintf
#undef printf
#define fprintf lrs_fprintf
#define printf(...) lrs_fprintf(stderr, __VA_ARGS__)
