#include "uvh5/phasing.h"

#include <set>

#include "coordinates/fk5.h"

namespace contimg {
namespace {

constexpr const char* kPhasedFrames = "icrs, or fk5 of epoch 2000";

Direction to_icrs(const Hdf5File& file, const std::string& frame, double epoch, Direction direction) {
  if (frame == "icrs") return direction;
  if (frame != "fk5" || epoch != 2000)
    file.refuse("Expected a phase center in " + std::string(kPhasedFrames) + " but its frame is " + frame +
                " of epoch " + std::to_string(epoch) + ". Phase the data to a position in ICRS first");
  return icrs_of_fk5(direction);
}

Phasing read_catalog(const Hdf5File& file, std::size_t n_rows) {
  Phasing result;
  result.center_of_row = file.integers("Header/phase_center_id_array", {n_rows});
  const std::set<std::int64_t> ids(result.center_of_row.begin(), result.center_of_row.end());
  std::size_t n_unprojected = 0;
  for (std::int64_t id : ids) {
    const std::string entry = "Header/phase_center_catalog/" + std::to_string(id) + "/";
    const std::string type = file.text(entry + "cat_type");
    if (type == "unprojected") {
      ++n_unprojected;
      continue;
    }
    if (type != "sidereal")
      file.refuse("Expected " + entry + "cat_type to be sidereal or unprojected but it is " + type +
                  ". Phase centers that are near or move cannot be written as fields; phase the data to a fixed one");
    const double epoch = file.has(entry + "cat_epoch") ? file.number(entry + "cat_epoch") : 2000;
    result.centers[id] = to_icrs(file, file.text(entry + "cat_frame"), epoch,
                                 {file.number(entry + "cat_lon"), file.number(entry + "cat_lat")});
  }
  if (n_unprojected > 0 && n_unprojected < ids.size())
    file.refuse("Expected all rows of the file to be phased, or none, but some of its phase centers are unprojected");
  result.unprojected = n_unprojected > 0;
  if (result.unprojected) result.center_of_row.clear();
  return result;
}

}  // namespace

Phasing read_phasing(const Hdf5File& file, std::size_t n_rows) {
  if (file.has("Header/phase_center_catalog")) return read_catalog(file, n_rows);
  const std::string type = file.has("Header/phase_type") ? file.text("Header/phase_type") : "absent";
  Phasing result;
  if (type == "drift" || type == "unknown") {
    result.unprojected = true;
    return result;
  }
  if (type != "phased")
    file.refuse("Expected Header/phase_center_catalog, or a Header/phase_type of drift or phased, but it is " + type);
  const std::string frame = file.has("Header/phase_center_frame") ? file.text("Header/phase_center_frame") : "icrs";
  const double epoch = file.has("Header/phase_center_epoch") ? file.number("Header/phase_center_epoch") : 2000;
  result.center_of_row.assign(n_rows, 0);
  result.centers[0] =
      to_icrs(file, frame, epoch, {file.number("Header/phase_center_ra"), file.number("Header/phase_center_dec")});
  return result;
}

}  // namespace contimg
