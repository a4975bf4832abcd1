#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>

namespace contimg {

/// Overlaps input with arithmetic: for every index in [0, count), in ascending order, `produce(index, item)` on a
/// thread of its own and then `consume(index, item)` on the calling thread, the producer up to two items ahead.
///
/// Items are reused, so buffers in them keep their memory. The first exception of either side ends the other, after
/// what it is at, and is rethrown here; no thread is left when this returns.
template <typename Item, typename Produce, typename Consume>
void read_ahead(std::size_t count, const Produce& produce, const Consume& consume) {
  constexpr std::size_t kItems = 3;  // one being consumed, one ready, one being produced
  std::array<Item, kItems> items;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t produced = 0, consumed = 0;
  bool stop = false;
  std::exception_ptr failure;

  const auto run_producer = [&] {
    try {
      for (std::size_t index = 0; index < count; ++index) {
        {
          std::unique_lock<std::mutex> lock(mutex);
          changed.wait(lock, [&] { return stop || index < consumed + kItems; });
          if (stop) return;
        }
        produce(index, items[index % kItems]);
        const std::lock_guard<std::mutex> lock(mutex);
        produced = index + 1;
        changed.notify_all();
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  };
  std::thread producer(run_producer);
  const auto finish = [&] {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      stop = true;
      changed.notify_all();
    }
    producer.join();
  };
  try {
    for (std::size_t index = 0; index < count; ++index) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return failure || index < produced; });
        if (index >= produced) std::rethrow_exception(failure);
      }
      consume(index, items[index % kItems]);
      const std::lock_guard<std::mutex> lock(mutex);
      consumed = index + 1;
      changed.notify_all();
    }
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

}  // namespace contimg
