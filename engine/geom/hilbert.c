/* SPDX-License-Identifier: Apache-2.0 */
/* Order along a Hilbert curve. */
#include <engine/hilbert.h>

/* The curve of Warren, Hacker's Delight, 16-1, two bits of x and y a step. What is left
 * of the square may lie mirrored (both axes) and transposed: that is the state, and the
 * only thing that one step hands to the next.
 *
 *   steps[state][x bits << 2 | y bits] = state after << 4 | four bits of the index
 *
 * The table was made by running Warren's loop over all of them; the test runs it again.
 */
static const uint8_t steps[4][16] = {
    {0x00, 0x23, 0x14, 0x05, 0x11, 0x12, 0x37, 0x06, 0x3e, 0x3d, 0x18, 0x09, 0x0f, 0x2c,
     0x3b, 0x0a},
    {0x10, 0x01, 0x2e, 0x1f, 0x33, 0x02, 0x2d, 0x3c, 0x04, 0x27, 0x08, 0x2b, 0x15, 0x16,
     0x19, 0x1a},
    {0x2a, 0x1b, 0x0c, 0x2f, 0x29, 0x38, 0x1d, 0x1e, 0x26, 0x17, 0x32, 0x31, 0x25, 0x34,
     0x03, 0x20},
    {0x3a, 0x39, 0x36, 0x35, 0x0b, 0x28, 0x07, 0x24, 0x1c, 0x0d, 0x22, 0x13, 0x3f, 0x0e,
     0x21, 0x30},
};

static inline uint64_t walk(uint32_t x, uint32_t y, int n_bits)
{
    uint64_t index = 0;
    unsigned state = 0;

    for (int shift = n_bits - 2; shift >= 0; shift -= 2) {
        unsigned step = steps[state][(x >> shift & 3) << 2 | (y >> shift & 3)];

        index = index << 4 | (step & 15);
        state = step >> 4;
    }
    return index;
}

uint32_t hilbert_index(uint32_t x, uint32_t y)
{
    return (uint32_t)walk(x, y, 16);
}

uint64_t hilbert_index_fine(uint32_t x, uint32_t y)
{
    return walk(x, y, 24);
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
