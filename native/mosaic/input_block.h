#pragma once

#include <vector>

#include "core/pixel_access.h"
#include "mosaic/beam_convolver.h"
#include "mosaic/pixel_lattice.h"
#include "mosaic/resample.h"

namespace contimg::mosaic {

/// The part of a tile that one block of output needs, in memory that is used again for the next.
class InputBlock {
 public:
  /// Reads the pixels within `bounds` and `margin` pixels around them; NaN outside the image.
  /// @param convolver  applied to what was read, whose half width belongs to the margin; or null
  /// @return false where no pixel of the image lies there: the view is not to be used then
  bool load(const PixelSource& image, const PixelLattice::Bounds& bounds, std::size_t margin,
            const BeamConvolver* convolver);

  const InputView& view() const { return view_; }
  /// Position in the image of the view's pixel (0, 0).
  PixelMap::Position origin() const { return origin_; }

 private:
  std::vector<float> pixels_, convolved_;
  InputView view_;
  PixelMap::Position origin_{};
};

}  // namespace contimg::mosaic
