#include "core/source_arrays.h"

#include <algorithm>
#include <array>

namespace contimg {

SourceArrays read_all(VisibilitySource& source, const JobContext& context) {
  const Observation& observation = source.observation();
  const std::array<std::size_t, 3> shape{observation.n_rows(), observation.n_channels(), observation.n_pols()};
  SourceArrays all{NdArray<std::complex<float>, 3>::uninitialized(shape),
                   NdArray<std::uint8_t, 3>::uninitialized(shape), NdArray<float, 3>::uninitialized(shape)};
  source.read(
      [&](VisibilityBlock& block) {
        const std::size_t run = block.visibilities.shape(1) * block.visibilities.shape(2);
        for (std::size_t row = 0; row < block.visibilities.shape(0); ++row) {
          const std::size_t to = block.first_row + row;
          std::copy_n(&block.visibilities(row, 0, 0), run, &all.visibilities(to, block.first_channel, 0));
          std::copy_n(&block.flags(row, 0, 0), run, &all.flags(to, block.first_channel, 0));
          std::copy_n(&block.weights(row, 0, 0), run, &all.weights(to, block.first_channel, 0));
        }
      },
      context);
  return all;
}

}  // namespace contimg
