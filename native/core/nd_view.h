#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

namespace contimg {

/// A view of an N-dimensional array in C order that somebody else owns.
template <typename T, std::size_t N>
class NdView {
 public:
  using Shape = std::array<std::size_t, N>;

  NdView() = default;
  NdView(T* data, const Shape& shape) : data_(data), shape_(shape) {}
  /// A mutable view is also a const view.
  template <typename U, typename = std::enable_if_t<std::is_same_v<T, const U>>>
  NdView(const NdView<U, N>& other) : data_(other.data()), shape_(other.shape()) {}  // NOLINT: implicit on purpose

  T* data() const { return data_; }
  const Shape& shape() const { return shape_; }
  std::size_t shape(std::size_t axis) const { return shape_[axis]; }
  std::size_t size() const {
    std::size_t n = 1;
    for (std::size_t extent : shape_) n *= extent;
    return n;
  }
  bool empty() const { return size() == 0; }

  T* begin() const { return data_; }
  T* end() const { return data_ + size(); }

  template <typename... Index>
  T& operator()(Index... index) const {
    static_assert(sizeof...(Index) == N, "one index per axis");
    std::size_t offset = 0, axis = 0;
    ((offset = offset * shape_[axis++] + static_cast<std::size_t>(index)), ...);
    return data_[offset];
  }

 private:
  T* data_ = nullptr;
  Shape shape_{};
};

}  // namespace contimg
