#pragma once

/// CONTIMG_SIMD before a function compiles it twice, for AVX2 with FMA and for any x86-64; the loader picks.
/// What it calls must be CONTIMG_INLINE to be compiled along with it. Vectors of 8 floats are GCC's own.
#define CONTIMG_INLINE inline __attribute__((always_inline))

// ThreadSanitizer crashes at start-up on the resolvers that target_clones emits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define CONTIMG_SIMD __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define CONTIMG_SIMD
#endif
