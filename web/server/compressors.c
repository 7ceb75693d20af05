/* SPDX-License-Identifier: Apache-2.0 */
/* Spare compressors for the event threads. */
#include "compressors.h"

#include <libdeflate.h>

enum { QUICK_LEVEL = 1 };

void compressors_init(struct compressors *c)
{
    pthread_mutex_init(&c->mutex, NULL);
    c->n = 0;
}

void compressors_release(struct compressors *c)
{
    while (c->n)
        libdeflate_free_compressor(c->spare[--c->n]);
    pthread_mutex_destroy(&c->mutex);
}

struct libdeflate_compressor *compressors_take(struct compressors *c)
{
    struct libdeflate_compressor *one = NULL;

    pthread_mutex_lock(&c->mutex);
    if (c->n)
        one = c->spare[--c->n];
    pthread_mutex_unlock(&c->mutex);
    return one ? one : libdeflate_alloc_compressor(QUICK_LEVEL);
}

void compressors_give(struct compressors *c, struct libdeflate_compressor *one)
{
    if (!one)
        return;
    pthread_mutex_lock(&c->mutex);
    if (c->n < COMPRESSORS_SPARE) {
        c->spare[c->n++] = one;
        one = NULL;
    }
    pthread_mutex_unlock(&c->mutex);
    if (one)
        libdeflate_free_compressor(one);
}
