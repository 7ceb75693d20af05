/* SPDX-License-Identifier: Apache-2.0 */
/* Order along a Hilbert curve. */
#include "geom/hilbert.h"

enum { ORDER = 16 };

/* The iterative form of the curve in Warren, Hacker's Delight, 16-1. */
uint32_t hilbert_index(uint32_t x, uint32_t y)
{
    uint32_t index = 0;

    for (uint32_t s = 1u << (ORDER - 1); s > 0; s >>= 1) {
        uint32_t rx = (x & s) != 0;
        uint32_t ry = (y & s) != 0;

        index = index << 2 | ((3 * rx) ^ ry);
        if (!ry) {
            if (rx) {
                x = ~x;
                y = ~y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return index;
}

static uint32_t cell(double v, double min, double max)
{
    double share = max > min ? (v - min) / (max - min) : 0;

    return share > 0 ? share < 1 ? (uint32_t)(share * 65535) : 65535 : 0;
}

uint32_t hilbert_of(struct bbox extent, double x, double y)
{
    return hilbert_index(cell(x, extent.min_x, extent.max_x),
                         cell(y, extent.min_y, extent.max_y));
}

/* Least significant digit first, eight bits a pass: stable and linear. */
void hilbert_sort(uint64_t *pairs, uint64_t *scratch, size_t n)
{
    for (unsigned shift = 32; shift < 64; shift += 8) {
        size_t start[256] = {0};
        size_t sum = 0;

        for (size_t i = 0; i < n; i++)
            start[pairs[i] >> shift & 255]++;
        for (size_t d = 0; d < 256; d++) {
            size_t count = start[d];

            start[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            scratch[start[pairs[i] >> shift & 255]++] = pairs[i];
        /* four passes: the result is back in `pairs` after the last */
        uint64_t *swap = pairs;
        pairs = scratch;
        scratch = swap;
    }
}
