/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers for property tests. */
#include <support/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct test_random test_random_new(const char *name)
{
    const char *given = getenv("IM_SEED");
    uint64_t seed = 20260701;

    if (given && strcmp(given, "new") == 0) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)now.tv_sec;
    } else if (given) {
        seed = strtoull(given, NULL, 10);
    }
    printf("%s: IM_SEED=%llu\n", name, (unsigned long long)seed);
    return (struct test_random){seed};
}

/* splitmix64 (Steele, Lea and Flood 2014) */
uint64_t test_random_next(struct test_random *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

double test_random_in(struct test_random *r, double min, double max)
{
    return min + (double)(test_random_next(r) >> 11) * 0x1p-53 * (max - min);
}

uint32_t test_random_below(struct test_random *r, uint32_t n)
{
    return (uint32_t)((test_random_next(r) >> 32) * n >> 32);
}
