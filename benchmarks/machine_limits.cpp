// What this machine can do at most, measured on the spot: memory bandwidth and float32 multiply-adds, on one thread and
// on all. Prints one line of JSON per measurement: what, threads, seconds (median, least, most of seven), throughput.
//
// Bandwidth is that of the triad a = b + s c over arrays far larger than any cache, counted as STREAM does: 12 bytes an
// element. The peak is that of independent chains of multiply-adds in registers, enough of them to hide their latency.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

namespace {

constexpr int kRepetitions = 7;

#ifdef __AVX512F__
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif
typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

/// Runs `work(thread, n)` on n threads at once; seconds until the last is done.
double seconds_of(int n, const std::function<void(int, int)>& work) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < n; i++) threads.emplace_back(work, i, n);
  for (auto& thread : threads) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(const char* what, const char* unit, double amount, int n, const std::function<void(int, int)>& work) {
  work(0, 1);
  std::vector<double> seconds;
  for (int i = 0; i < kRepetitions; i++) seconds.push_back(seconds_of(n, work));
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[kRepetitions / 2];
  std::printf(
      "{\"what\":\"%s\",\"unit\":\"%s\",\"threads\":%d,\"median_s\":%g,\"min_s\":%g,\"max_s\":%g,\"throughput\":%g}\n",
      what, unit, n, median, seconds.front(), seconds.back(), amount / median);
}

void measure_triad(int n) {
  const std::size_t size = std::size_t{1} << 25;
  std::vector<float> a(size), b(size, 1.0f), c(size, 2.0f);
  measure("memory", "GB/s", 12e-9 * size, n, [&](int thread, int count) {
    const std::size_t end = size * (thread + 1) / count;
    for (std::size_t i = size * thread / count; i < end; i++) a[i] = b[i] + 3.0f * c[i];
  });
}

/// Ten chains of multiply-adds, two of them per cycle and four cycles each on every processor in use.
void multiply_add(long steps, float* out) {
  Vector chain[10];
  for (int i = 0; i < 10; i++) chain[i] = Vector{} + static_cast<float>(i);
  const Vector factor = Vector{} + 0.999f, term = Vector{} + 0.001f;
  for (long step = 0; step < steps; step++)
    for (Vector& x : chain) x = x * factor + term;
  for (int i = 1; i < 10; i++) chain[0] += chain[i];
  *out = chain[0][0];
}

void measure_peak(int n) {
  const long steps = 20'000'000;
  std::vector<float> out(n * 64);
  measure("fma", "GFLOP/s", 2e-9 * kLanes * 10 * steps * n, n,
          [&](int thread, int) { multiply_add(steps, &out[thread * 64]); });
}

}  // namespace

int main() {
  const int n = std::max(1u, std::thread::hardware_concurrency());
  for (int threads : {1, n}) {
    measure_triad(threads);
    measure_peak(threads);
    if (n == 1) break;
  }
}
