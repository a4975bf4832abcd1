#include "memory_meter.h"

#include <atomic>

// Of libasan (sanitizer/allocator_interface.h, which g++ does not install).
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void*);

namespace contimg::fuzz {
namespace {

std::atomic<std::ptrdiff_t> held{0}, peak{0};
std::ptrdiff_t start = 0;

void on_malloc(const volatile void*, std::size_t size) {
  const std::ptrdiff_t now = held.fetch_add(static_cast<std::ptrdiff_t>(size)) + static_cast<std::ptrdiff_t>(size);
  std::ptrdiff_t most = peak.load();
  while (now > most && !peak.compare_exchange_weak(most, now)) {
  }
}

void on_free(const volatile void* pointer) {
  if (pointer) held.fetch_sub(static_cast<std::ptrdiff_t>(__sanitizer_get_allocated_size(pointer)));
}

}  // namespace

void install_memory_meter() { __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free); }

void restart_memory_peak() {
  start = held.load();
  peak.store(start);
}

std::size_t memory_peak() { return static_cast<std::size_t>(peak.load() - start); }

}  // namespace contimg::fuzz
