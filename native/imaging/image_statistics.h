#pragma once

#include "core/nd_view.h"

namespace contimg::imaging {

/// Largest absolute value; NaN pixels are skipped, 0 where there is nothing else.
double peak_absolute(NdView<const float, 2> image);

/// Standard deviation of the noise, robust against sources: 1.4826 times the median absolute deviation from the median.
/// NaN pixels are skipped; 0 where there is nothing else.
double mad_sigma(NdView<const float, 2> image);

}  // namespace contimg::imaging
