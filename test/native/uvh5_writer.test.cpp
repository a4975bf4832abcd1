#include "uvh5/uvh5_writer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "core/error.h"
#include "temporary_folder.h"
#include "uvh5/hdf5_builder.h"

using namespace contimg;

namespace {

/// One row, one channel, two polarizations.
struct SmallContent : Uvh5Content {
  SmallContent() {
    antenna_names = {"1"};
    antenna_position_m = uvw_m = {{0, 0, 0}};
    antenna_diameter_m = integration_s = {1};
    antenna1 = antenna2 = {0};
    time_jd = {2461066.4};
    freq_hz = {1.4e9};
    channel_width_hz = {1e6};
    spw_of_channel = {0};
    polarizations = {-5, -6};
    phasing = {{}};
    integration_of_row = {0};
    visibilities = {values.data(), {1, 1, 2}};
    nsamples = {fractions.data(), {1, 1, 2}};
  }
  std::vector<std::complex<float>> values{{1, 2}, {3, 4}};
  std::vector<float> fractions{1, 1};
};

bool is_refused(const Uvh5Content& content, Uvh5Layout layout) {
  try {
    write_uvh5_file("/nowhere/a.hdf5", content, layout, false, JobContext());
    return false;
  } catch (const Error& error) {
    return error.code() == code::kInvalidArgument;
  }
}

}  // namespace

TEST_CASE("chunks are what h5py 3.7 chooses") {
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 8) == Hdf5Extents{3492, 1, 3, 1});
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 4) == Hdf5Extents{3492, 1, 3, 1});
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 1) == Hdf5Extents{6984, 1, 6, 1});
  CHECK(h5py_chunk_shape({105, 1, 4, 2}, 8) == Hdf5Extents{105, 1, 4, 2});
  CHECK(h5py_chunk_shape({5050, 1, 7, 2}, 8) == Hdf5Extents{1263, 1, 2, 1});
}

TEST_CASE("content of disagreeing shapes is refused before anything is written") {
  for (const Uvh5Layout layout : {Uvh5Layout::kDsa110, Uvh5Layout::kMemo12}) {
    CHECK(is_refused(Uvh5Content(), layout));
    const auto refused_with = [&](auto spoil) {
      SmallContent content;
      spoil(content);
      return is_refused(content, layout);
    };
    CHECK_FALSE(refused_with([](Uvh5Content&) {}));  // FILE_ACCESS: there is no such folder
    CHECK(refused_with([](Uvh5Content& c) { c.antenna2 = {1}; }));
    CHECK(refused_with([](Uvh5Content& c) { c.uvw_m.clear(); }));
    CHECK(refused_with([](Uvh5Content& c) { c.polarizations = {-5}; }));
    CHECK(refused_with([](Uvh5Content& c) { c.antenna_diameter_m.clear(); }));
  }
  SmallContent unphased;
  unphased.phasing.clear();
  CHECK(is_refused(unphased, Uvh5Layout::kMemo12));
}

TEST_CASE("a file that is cancelled at whatever checkpoint leaves nothing") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.uvh5";
  const SmallContent content;
  bool is_written = false;
  for (int stop_at = 0; !is_written; ++stop_at) {
    REQUIRE(stop_at < 100);
    int checkpoints = 0;
    JobContext context;
    context = JobContext([&](double) {
      if (checkpoints++ == stop_at) context.cancel();
    });
    try {
      write_uvh5_file(path, content, Uvh5Layout::kMemo12, stop_at % 2 == 1, context);
      is_written = true;
    } catch (const Cancelled&) {
      CHECK(folder.entries() == 0);
    }
  }
  CHECK(std::filesystem::file_size(path) > 1000);
}
