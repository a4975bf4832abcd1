#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <tuple>

#include "core/error.h"
#include "fits/fits_image.h"

using namespace contimg;
namespace fs = std::filesystem;

namespace {

struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "contimg-fits-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  std::size_t entries() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
};

NdArray<float, 2> ramp(std::size_t ny, std::size_t nx) {
  NdArray<float, 2> pixels({ny, nx});
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels.data()[i] = 0.1f * static_cast<float>(i) - 3.0f;
  pixels(1, 2) = std::numeric_limits<float>::quiet_NaN();
  return pixels;
}

template <typename Call>
std::string code_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const fits::Card* find(const fits::ImageFile& image, const std::string& key) {
  for (const fits::Card& card : image.cards)
    if (card.key == key) return &card;
  return nullptr;
}

}  // namespace

TEST_CASE("a FITS image reads back: pixels, NaN, and every kind of card to the bit") {
  TemporaryFolder folder;
  const std::string path = folder.path / "a.fits";
  const auto pixels = ramp(5, 7);
  const std::string long_text = std::string(100, 'x') + "'quoted' & kept " + std::string(100, 'y');
  const std::vector<fits::Card> cards{
      {"CRVAL1", 123.456789012345678, "real"}, {"TENTH", 0.1, ""}, {"TINY", -4.9e-324, ""},
      {"NTILES", std::int64_t{10}, "integer"}, {"FLAG", true, ""}, {"LONGTEXT", long_text, ""}};
  fits::write_image(path, pixels.view(), cards, {"made of nothing"}, false);
  CHECK(bytes_of(path).size() % 2880 == 0);

  const fits::ImageFile image = fits::read_image(path);
  CHECK(image.axes == std::vector<std::size_t>{7, 5, 1, 1});
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const float a = pixels.data()[i], b = image.pixels.data()[i];
    CHECK((a == b || (std::isnan(a) && std::isnan(b))));
  }
  for (const fits::Card& card : cards) {
    REQUIRE(find(image, card.key));
    CHECK(find(image, card.key)->value == card.value);
  }
  CHECK(find(image, "NTILES")->comment == "integer");
  CHECK(image.history == std::vector<std::string>{"made of nothing"});
}

TEST_CASE("counts are stored as integers, and read back") {
  TemporaryFolder folder;
  for (const auto& [type, bits, most] :
       {std::tuple(fits::PixelType::kByte, 8, 255.0f), std::tuple(fits::PixelType::kShort, 16, 32767.0f)}) {
    const std::string path = folder.path / "counts.fits";
    const std::vector<float> counts = {0, 1, 2, 10, 200, most};
    fits::ImageWriter writer(path, 3, 2, {}, {}, true, type);
    writer.write(1, 1, counts.data() + 3);
    writer.write(0, 1, counts.data());
    writer.commit();
    CHECK(fs::file_size(path) == 2 * 2880);
    const fits::ImageFile image = fits::read_image(path);
    CHECK(std::get<std::int64_t>(find(image, "BITPIX")->value) == bits);
    CHECK(std::equal(counts.begin(), counts.end(), image.pixels.begin()));
  }
}

TEST_CASE("the same image gives the same bytes, and nothing else is left in the folder") {
  TemporaryFolder folder;
  const auto pixels = ramp(40, 50);
  const std::vector<fits::Card> cards(200, {"CARD", 1.5, "many of them: the header takes several blocks"});
  for (const char* name : {"a.fits", "b.fits"}) fits::write_image(folder.path / name, pixels.view(), cards, {}, false);
  CHECK(bytes_of(folder.path / "a.fits") == bytes_of(folder.path / "b.fits"));
  CHECK(folder.entries() == 2);
}

TEST_CASE("an existing file stays as it is unless overwrite is said") {
  TemporaryFolder folder;
  const std::string path = folder.path / "a.fits";
  fits::write_image(path, ramp(5, 7).view(), {}, {}, false);
  const std::string before = bytes_of(path);
  CHECK(code_of([&] { fits::write_image(path, ramp(6, 6).view(), {}, {}, false); }) == code::kOutputExists);
  CHECK(bytes_of(path) == before);
  fits::write_image(path, ramp(6, 6).view(), {}, {}, true);
  CHECK(fits::read_image(path).axes[0] == 6);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk that takes no more is DISK_FULL and leaves nothing") {
  TemporaryFolder folder;
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 10000;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string code =
      code_of([&] { fits::write_image(folder.path / "a.fits", ramp(100, 100).view(), {}, {}, false); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(code == code::kDiskFull);
  CHECK(folder.entries() == 0);
}

TEST_CASE("what is missing, is a folder, or lies in no folder is FILE_ACCESS") {
  TemporaryFolder folder;
  CHECK(code_of([&] { fits::read_image(folder.path / "absent.fits"); }) == code::kFileAccess);
  CHECK(code_of([&] { fits::read_image(folder.path); }) == code::kFileAccess);
  CHECK(code_of([&] { fits::write_image(folder.path / "no" / "a.fits", ramp(5, 5).view(), {}, {}, false); }) ==
        code::kFileAccess);
}

TEST_CASE("a file cut anywhere, or not FITS, is FITS_FORMAT") {
  TemporaryFolder folder;
  const std::string path = folder.path / "whole.fits", cut = folder.path / "cut.fits";
  fits::write_image(path, ramp(60, 70).view(), {{"OBJECT", std::string("x"), ""}}, {"h"}, false);
  const std::string bytes = bytes_of(path);
  for (std::size_t size = 0; size < bytes.size(); size += size < 2880 ? 40 : 331) {
    CAPTURE(size);
    std::ofstream(cut, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(size));
    CHECK(code_of([&] { fits::read_image(cut); }) == code::kFitsFormat);
  }
  for (std::string content : {std::string("hello"), std::string(5760, ' '), std::string(5760, '\0')}) {
    std::ofstream(cut, std::ios::binary | std::ios::trunc) << content;
    CHECK(code_of([&] { fits::read_image(cut); }) == code::kFitsFormat);
  }
}

TEST_CASE("a damaged header gives an image or FITS_FORMAT, and nothing worse") {
  TemporaryFolder folder;
  const std::string path = folder.path / "whole.fits", damaged = folder.path / "damaged.fits";
  fits::write_image(path, ramp(8, 9).view(), {{"LONGTEXT", std::string(150, 'x'), ""}, {"F", 1.5, ""}}, {"h"}, false);
  const std::string bytes = bytes_of(path);
  for (std::size_t at = 0; at < 2000; ++at) {
    std::string changed = bytes;
    changed[at] = "9'=/\xff "[at % 6];
    std::ofstream(damaged, std::ios::binary | std::ios::trunc) << changed;
    const std::string code = code_of([&] { fits::read_image(damaged); });
    CAPTURE(at);
    CHECK((code == "none" || code == code::kFitsFormat));
  }
}
