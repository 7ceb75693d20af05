/* SPDX-License-Identifier: Apache-2.0 */
/* Spare compressors for the event threads, which own nothing: making one costs more
 * than a small answer. */
#ifndef WEB_COMPRESSORS_H
#define WEB_COMPRESSORS_H

#include <pthread.h>

struct libdeflate_compressor;

enum { COMPRESSORS_SPARE = 16 };

struct compressors {
    pthread_mutex_t mutex;
    struct libdeflate_compressor *spare[COMPRESSORS_SPARE];
    unsigned n;
};

void compressors_init(struct compressors *c);
void compressors_release(struct compressors *c);
/** Level 1, for answers that are sent once. NULL without memory: send it plain. */
struct libdeflate_compressor *compressors_take(struct compressors *c);
void compressors_give(struct compressors *c, struct libdeflate_compressor *one);

#endif
