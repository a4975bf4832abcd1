#include "uvh5/uvh5_writer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "core/error.h"

using namespace contimg;
using Shape = std::vector<unsigned long long>;

TEST_CASE("chunks are what h5py 3.7 chooses") {
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 8) == Shape{3492, 1, 3, 1});
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 4) == Shape{3492, 1, 3, 1});
  CHECK(h5py_chunk_shape({111744, 1, 48, 2}, 1) == Shape{6984, 1, 6, 1});
  CHECK(h5py_chunk_shape({105, 1, 4, 2}, 8) == Shape{105, 1, 4, 2});
  CHECK(h5py_chunk_shape({5050, 1, 7, 2}, 8) == Shape{1263, 1, 2, 1});
}

TEST_CASE("content of disagreeing shapes is refused before anything is written") {
  SubbandFile content;
  content.time_jd = {2461066.4};
  content.freq_hz = {1.4e9};
  try {
    write_subband_file("/nowhere/a.hdf5", content, JobContext());
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == code::kInvalidArgument);
  }
}

TEST_CASE("a cancelled file is not written") {
  const std::string path = (std::filesystem::temp_directory_path() / "contimg-cancelled.hdf5").string();
  const std::vector<std::complex<float>> visibilities(2);
  const std::vector<float> nsamples(2);
  SubbandFile content;
  content.antenna1 = content.antenna2 = {0};
  content.uvw_m = {{0, 0, 0}};
  content.time_jd = {2461066.4};
  content.freq_hz = {1.4e9};
  content.visibilities = {visibilities.data(), {1, 1, 2}};
  content.nsamples = {nsamples.data(), {1, 1, 2}};
  JobContext context;
  context.cancel();
  CHECK_THROWS_AS(write_subband_file(path, content, context), Cancelled);
  CHECK_FALSE(std::filesystem::exists(path));
}
