#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "core/error.h"

namespace contimg {

/// The only thing a kernel knows about its caller: where to report progress, and whether to stop.
class JobContext {
 public:
  explicit JobContext(std::function<void(double)> on_progress = {})
      : shared_(std::make_shared<Shared>()), begin_(0.0), end_(1.0) {
    shared_->on_progress = std::move(on_progress);
  }

  /// Makes the next checkpoint throw. Any thread.
  void cancel() noexcept { shared_->cancelled.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return shared_->cancelled.load(std::memory_order_relaxed); }

  /// Call once per row, plane or iteration.
  /// @param fraction  of this context's own work that is done, 0 to 1
  /// @throws Cancelled after cancel()
  void checkpoint(double fraction) const {
    if (cancelled()) throw Cancelled{};
    if (reports_ && shared_->on_progress) shared_->on_progress(begin_ + fraction * (end_ - begin_));
  }
  /// For threads inside a kernel: stops them without reporting.
  void checkpoint() const {
    if (cancelled()) throw Cancelled{};
  }

  /// A context for the part of the work between the fractions `begin` and `end` of this one.
  JobContext part(double begin, double end) const {
    JobContext child = *this;
    child.begin_ = begin_ + begin * (end_ - begin_);
    child.end_ = begin_ + end * (end_ - begin_);
    return child;
  }

  /// A context that is cancelled with this one and reports no progress.
  JobContext quiet() const {
    JobContext child = *this;
    child.reports_ = false;
    return child;
  }

 private:
  struct Shared {
    std::atomic<bool> cancelled{false};
    std::function<void(double)> on_progress;
  };
  std::shared_ptr<Shared> shared_;
  double begin_, end_;
  bool reports_ = true;
};

}  // namespace contimg
