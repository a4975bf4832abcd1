#include "uvh5/uvh5_reader.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "coordinates/apparent.h"
#include "core/error.h"
#include "core/nd_array.h"
#include "temporary_folder.h"
#include "uvh5/byte_order.h"
#include "uvh5/group_source.h"
#include "uvh5/uvh5_writer.h"

using namespace contimg;

namespace {

/// A folder with subband files of two integrations of three antennas.
class Subbands {
 public:
  Subbands() {
    for (double megahertz : {1400.0, 1412.0}) paths.push_back(write(megahertz * 1e6));
  }

  std::vector<std::string> paths;

 private:
  std::string write(double first_hz) const {
    Uvh5Content content;
    content.telescope_name = "OVRO_MMA";
    content.instrument = content.object_name = content.history = "test";
    content.site = {-2.06, 0.65, 1200};
    content.antenna_names = {"1", "2", "3"};
    content.antenna_position_m = {{0, 0, 0}, {30, 500, -20}, {-200, 10, 300}};
    content.antenna_diameter_m = {4.65, 4.65, 4.65};
    content.pointing_dec_rad = 0.28;
    content.polarizations = {-5, -6};
    content.freq_hz = {first_hz + 6e6, first_hz};
    content.channel_width_hz = {6e6, 6e6};
    const UvwFrame frame = hadec_frame(0, content.pointing_dec_rad, content.site);
    for (const double time_jd : {2461066.4, 2461066.4002}) {
      for (std::size_t second = 0; second < 3; ++second) {
        for (std::size_t first = 0; first <= second; ++first) {
          content.time_jd.push_back(time_jd);
          content.integration_s.push_back(12.88);
          content.antenna1.push_back(static_cast<std::int64_t>(first));
          content.antenna2.push_back(static_cast<std::int64_t>(second));
          content.uvw_m.push_back(
              uvw_of_baseline(frame, content.antenna_position_m[second] - content.antenna_position_m[first]));
        }
      }
    }
    std::vector<std::complex<float>> visibilities(12 * 2 * 2);
    for (std::size_t i = 0; i < visibilities.size(); ++i) visibilities[i] = {static_cast<float>(i), 1};
    const std::vector<float> nsamples(visibilities.size(), 0.5f);
    content.visibilities = {visibilities.data(), {12, 2, 2}};
    content.nsamples = {nsamples.data(), {12, 2, 2}};
    const std::string path = folder_ / (std::to_string(static_cast<long>(first_hz)) + ".hdf5");
    write_uvh5_file(path, content, Uvh5Layout::kDsa110, false, JobContext());
    return path;
  }

  TemporaryFolder folder_;
};

/// Replaces the bytes wherever they stand; says how often.
int replace_bytes(const std::string& path, const std::string& what, const std::string& by) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  std::string bytes = content.str();
  int count = 0;
  for (std::size_t at = 0; (at = bytes.find(what, at)) != std::string::npos; at += by.size(), ++count)
    bytes.replace(at, by.size(), by);
  std::ofstream(path, std::ios::binary) << bytes;
  return count;
}

void append_to(const std::string& path) { std::ofstream(path, std::ios::app | std::ios::binary) << "more"; }

struct Arrays {
  explicit Arrays(const Uvh5Reader& r)
      : visibilities({r.n_rows(), r.n_channels(), r.n_pols()}), flags(visibilities.shape()), nsamples(flags.shape()) {}
  Uvh5Arrays<float> views() { return {visibilities.view(), flags.view(), nsamples.view()}; }
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> nsamples;
};

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(std::string(error.code()) == code::kUvh5Format);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file that grows or is rewritten after it was opened is reported") {
  Subbands files;
  const Uvh5Reader reader(files.paths[0]);
  Arrays arrays(reader);
  reader.read<float>(reader.everything(), arrays.views(), 2, JobContext());
  CHECK(arrays.visibilities(11, 1, 1) == std::complex<float>(47, 1));
  append_to(files.paths[0]);
  const std::string message =
      refusal([&] { reader.read<float>(reader.everything(), arrays.views(), 2, JobContext()); });
  CHECK(message.find(files.paths[0] + ": Expected the file to stay as it was") == 0);
}

TEST_CASE("a file that is cut after it was opened is reported, not read as zeros") {
  Subbands files;
  const Uvh5Reader reader(files.paths[0]);
  Arrays arrays(reader);
  std::filesystem::resize_file(files.paths[0], 3000);
  CHECK(refusal([&] { reader.read<float>(reader.everything(), arrays.views(), 2, JobContext()); }) != "");
}

TEST_CASE("names without bytes are refused before libhdf5 looks for them") {
  Subbands files;
  const std::string heap("HEAP\0\0\0\0", 8);  // the number of bytes of the names follows
  CHECK(replace_bytes(files.paths[0], heap, heap + std::string(8, '\0')) == 4);  // of all groups
  CHECK(refusal([&] { Uvh5Reader reader(files.paths[0]); }).find("index of its names") != std::string::npos);
}

TEST_CASE("a compound with a member beyond its end is refused") {
  Subbands files;
  const std::string imaginary("i\0\0\0\0\0\0\0\4\0\0\0", 12);  // name, place in the compound
  CHECK(replace_bytes(files.paths[0], imaginary, imaginary.substr(0, 8) + std::string("\5\0\0\0", 4)) == 1);
  CHECK(refusal([&] { Uvh5Reader reader(files.paths[0]); }).find("Data/visdata") != std::string::npos);
}

TEST_CASE("chunks that were never written and are far larger than the array cost no more than the array") {
  Subbands files;
  {
    const Hdf5Handle file(H5Fopen(files.paths[0].c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    H5Ldelete(file.id(), "Data/flags", H5P_DEFAULT);
    const hsize_t shape[] = {12, 1, 2, 2}, chunk[] = {1, 1, 1, 1 << 24};
    const hsize_t most[] = {H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED};
    const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose),
        space(H5Screate_simple(4, shape, most), H5Sclose);
    const std::int8_t fill = 1;
    H5Pset_chunk(creation.id(), 4, chunk);
    H5Pset_fill_value(creation.id(), H5T_NATIVE_INT8, &fill);
    const Hdf5Handle flags(
        H5Dcreate2(file.id(), "Data/flags", H5T_NATIVE_INT8, space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
        H5Dclose);
    REQUIRE(flags);
  }
  const Uvh5Reader reader(files.paths[0]);
  Arrays arrays(reader);
  reader.read<float>(reader.everything(), arrays.views(), 2, JobContext());
  for (std::size_t i = 0; i < arrays.flags.size(); ++i) CHECK(arrays.flags.data()[i] == 1);
}

TEST_CASE("a group reports a file that changed since it was described") {
  Subbands files;
  Uvh5GroupSource source(files.paths, 2, {});
  std::size_t blocks = 0;
  const auto count = [&](VisibilityBlock&) { ++blocks; };
  source.read(count, JobContext());
  CHECK(blocks == 2);
  append_to(files.paths[1]);
  CHECK(refusal([&] { source.read(count, JobContext()); }).find(files.paths[1]) == 0);
  CHECK(blocks == 3);  // the file that did not change
}

TEST_CASE("a group conjugates, ascends in frequency and passes on what its consumer throws") {
  Subbands files;
  Uvh5GroupSource source({files.paths[1], files.paths[0]}, 1, {});
  CHECK(source.observation().freq_hz == std::vector<double>{1400e6, 1406e6, 1412e6, 1418e6});
  source.read(
      [](VisibilityBlock& block) {
        CHECK(block.visibilities(3, 0, 1) == std::complex<float>(3 * 4 + 2 + 1, -1));
        CHECK(block.visibilities(3, 1, 0) == std::complex<float>(3 * 4, -1));
      },
      JobContext());
  CHECK_THROWS_AS(source.read([](VisibilityBlock&) { throw std::logic_error("enough"); }, JobContext()),
                  std::logic_error);
  JobContext context;
  CHECK_THROWS_AS(source.read([&](VisibilityBlock&) { context.cancel(); }, context), Cancelled);
}

TEST_CASE("selections that are not of the file are refused") {
  Subbands files;
  const Uvh5Reader reader(files.paths[0]);
  Arrays arrays(reader);
  const auto refused = [&](const std::function<void(Uvh5Selection&)>& change) {
    Uvh5Selection selection = reader.everything();
    change(selection);
    CHECK_THROWS_AS(reader.read<float>(selection, arrays.views(), 1, JobContext()), Error);
  };
  refused([](Uvh5Selection& s) { s.rows = {{0, 13}}; });
  refused([](Uvh5Selection& s) { s.rows = {{5, 2}, {6, 1}}; });
  refused([](Uvh5Selection& s) { s.rows = {}; });
  refused([](Uvh5Selection& s) { s.first_channel = SIZE_MAX; });
  refused([](Uvh5Selection& s) { s.polarizations = {2}; });
}

TEST_CASE("bytes and bits of elements are put back together") {
  std::vector<std::uint8_t> elements(16 * 1000 + 5);
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::uint8_t>(i * i / 7 + i);
  for (std::size_t size : {1, 2, 3, 4, 8, 16}) {
    for (std::size_t count : {8, 16, 40, 200, 1000}) {
      std::vector<std::uint8_t> bytes(count * size + 5), bits(count * size), out(bytes.size()), scratch(bits.size());
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < size; ++k) {
          bytes[k * count + i] = elements[i * size + k];
          for (std::size_t bit = 0; bit < 8; ++bit)
            bits[(8 * k + bit) * count / 8 + i / 8] |=
                static_cast<std::uint8_t>((elements[i * size + k] >> bit & 1) << i % 8);
        }
      const std::vector<std::uint8_t> expected(elements.begin(), elements.begin() + static_cast<long>(count * size));
      unshuffle_bits(bits.data(), count, size, out.data(), scratch.data());
      out.resize(count * size);
      CHECK(out == expected);
      unshuffle_bytes(bytes.data(), count * size, size, out.data());
      CHECK(out == expected);
    }
  }
}
