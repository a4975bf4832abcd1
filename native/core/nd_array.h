#pragma once

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include "core/nd_view.h"

namespace contimg {

/// An owned N-dimensional array in C order, 64-byte aligned (large ones on huge pages), of a trivially copyable type.
template <typename T, std::size_t N>
class NdArray {
  static_assert(std::is_trivially_copyable_v<T>, "elements are moved as bytes");

 public:
  using Shape = typename NdView<T, N>::Shape;

  NdArray() = default;
  /// Zero-filled.
  explicit NdArray(const Shape& shape) : NdArray(uninitialized(shape)) { std::fill(view().begin(), view().end(), T{}); }
  static NdArray uninitialized(const Shape& shape) {
    NdArray array;
    array.shape_ = shape;
    const std::size_t bytes = array.size() * sizeof(T);
    const std::size_t alignment = bytes < 2 * kHugePage ? 64 : kHugePage;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    array.data_.reset(static_cast<T*>(std::aligned_alloc(alignment, rounded ? rounded : alignment)));
    if (!array.data_) throw std::bad_alloc();
#ifdef __linux__
    // A failure costs speed only: walking columns of a uv grid in pages of 4 kB misses the TLB at every step.
    if (alignment == kHugePage) ::madvise(array.data_.get(), rounded, MADV_HUGEPAGE);
#endif
    return array;
  }

  NdView<T, N> view() { return {data_.get(), shape_}; }
  NdView<const T, N> view() const { return {data_.get(), shape_}; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  const Shape& shape() const { return shape_; }
  std::size_t shape(std::size_t axis) const { return shape_[axis]; }
  std::size_t size() const { return view().size(); }
  bool empty() const { return size() == 0; }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + size(); }
  const T* begin() const { return data_.get(); }
  const T* end() const { return data_.get() + size(); }
  template <typename... Index>
  T& operator()(Index... index) {
    return view()(index...);
  }
  template <typename... Index>
  const T& operator()(Index... index) const {
    return view()(index...);
  }

  /// Shortens the first axis; the memory stays.
  void truncate(std::size_t extent) { shape_[0] = extent < shape_[0] ? extent : shape_[0]; }

  /// Gives the memory away; free it with std::free.
  T* release() { return data_.release(); }

 private:
  static constexpr std::size_t kHugePage = 1 << 21;

  struct Free {
    void operator()(T* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<T, Free> data_;
  Shape shape_{};
};

}  // namespace contimg
