#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/nd_view.h"
#include "imaging/facet.h"
#include "imaging/primary_beam.h"
#include "imaging/restoring_beam.h"

namespace contimg::imaging {

/// Bright points of a tile's image, subtracted and restored where they are, between pixels.
///
/// Clean makes several components of a point between pixels. Restored they are wider than the beam, and lower: by 2.5 %
/// at the corner of pixels of a fifth of the beam; what they leave in the residual limits the dynamic range (Cotton &
/// Uson 2008, A&A 490, 455). So where the components of a bright source lie close together, and nothing else does, one
/// component at their center of mass takes their place. What clean finds there later moves it and adds to its flux, so
/// that it converges as clean does, however the sidelobes of sources cross. Where it does not, as no point is what two
/// sources a pixel apart are, or one that is wider, the source stays as it is and what clean finds there stays on
/// pixels. The pixels of sources stay in the model: they stand for them in the mask of clean and in the model image.
class PointSources {
 public:
  /// @param known  sources that are subtracted already, at which none are looked for
  PointSources(const SkyGrid& grid, const RestoringBeam& beam, std::vector<Component> known);

  /// What find() changed.
  struct Changes {
    std::vector<std::size_t> stand_ins;  ///< pixels that stand for sources now, or did before
    std::vector<Component> sources;      ///< what all sources together are more than before
  };

  /// Noise where a component is, Jy/beam.
  using SigmaAt = std::function<double(const Component&)>;

  /// Looks for sources in a model (ny, nx), Jy/pixel, and for what it has more of those that are known.
  Changes find(NdView<const float, 2> model, const SigmaAt& sigma_jy);

  std::vector<Component> components() const;

  /// Adds `sign` times the pixels that stand for the sources to a model (ny, nx), Jy/pixel.
  void add_stand_ins(NdView<float, 2> model, float sign) const;

  /// Adds the sources to an image (ny, nx), Jy/beam, as beams centered where they are.
  void restore(NdView<float, 2> image) const;

 private:
  struct StandIn {
    std::size_t pixel;
    float flux_jy;
  };
  struct Source {
    Component component;
    Component first;  ///< the brightest pixel, when it was found
    std::vector<StandIn> stand_ins;
    double change_jy = 0;         ///< by how much the stand-ins changed last, in sum
    std::size_t n_unsettled = 0;  ///< how often in a row that was not much less than the time before
    bool is_followed() const;
  };

  static void add_pixels_of(const Source& source, Changes& changes);
  bool is_near(const Source& source, const Component& component) const;
  void follow(Source& source, const std::vector<Component>& components) const;
  void follow_all(const std::vector<Component>& components, const SigmaAt& sigma_jy, Changes& changes);
  Source source_about(const Component& brightest, const std::vector<Component>& components) const;
  std::vector<Source> new_sources(const std::vector<Component>& components, const SigmaAt& sigma_jy) const;

  SkyGrid grid_;
  RestoringBeam beam_;
  std::vector<Component> known_;
  std::vector<Source> sources_;
};

}  // namespace contimg::imaging
