/* SPDX-License-Identifier: Apache-2.0 */
/* Which vectors this processor has. Loops that gain by wider ones are compiled once for
 * each, from one source without fused multiply-adds, so that all of them give the same
 * bits. The choice is made when running (not by ifunc, which the thread sanitizer does
 * not survive). */
#ifndef ENGINE_SIMD_H
#define ENGINE_SIMD_H

enum im_simd {
    IM_SIMD_PLAIN, /* what the compiler may always use: SSE2, NEON */
    IM_SIMD_AVX2,
    IM_SIMD_AVX512
};

#if defined(__x86_64__)
#define IM_HAS_SIMD_CHOICE 1
#define IM_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define IM_TARGET_AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#endif
/** Inlined into each of its copies. */
#define IM_SIMD_BODY inline __attribute__((always_inline))

static inline enum im_simd im_simd_best(void)
{
#ifdef IM_HAS_SIMD_CHOICE
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        return IM_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return IM_SIMD_AVX2;
#endif
    return IM_SIMD_PLAIN;
}

#endif
