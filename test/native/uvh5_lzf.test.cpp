#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "uvh5/lzf_filter.h"

using namespace contimg;

namespace {

/// Decodes into `size` bytes; "?" where refused.
std::string decoded(const std::vector<std::uint8_t>& stream, std::size_t size) {
  std::string out(size, '\0');
  return decode_lzf(stream.data(), stream.size(), reinterpret_cast<std::uint8_t*>(&out[0]), size) ? out : "?";
}

}  // namespace

TEST_CASE("LZF: literal runs and back references") {
  CHECK(decoded({2, 'a', 'b', 'c'}, 3) == "abc");
  CHECK(decoded({2, 'a', 'b', 'c', 1 << 5, 2}, 6) == "abcabc");        // length 3, distance 3
  CHECK(decoded({0, 'x', 7 << 5, 1, 0}, 11) == std::string(11, 'x'));  // length 7 + 1 + 2, overlapping itself
  CHECK(decoded({1, 'a', 'b', 2 << 5, 0, 0, 'c'}, 7) == "abbbbbc");
}

TEST_CASE("LZF: a distance of more than 256 uses both bytes") {
  std::vector<std::uint8_t> stream;
  std::string expected;
  for (int run = 0; run < 20; ++run) {
    stream.push_back(31);
    for (int i = 0; i < 32; ++i) {
      stream.push_back(static_cast<std::uint8_t>(run * 7 + i));
      expected += static_cast<char>(run * 7 + i);
    }
  }
  stream.push_back(1 << 5 | 599 >> 8);
  stream.push_back(599 & 255);
  expected += expected.substr(640 - 600, 3);
  CHECK(decoded(stream, 643) == expected);
}

TEST_CASE("LZF: malformed streams are refused") {
  CHECK(decoded({5, 'a'}, 6) == "?");                   // the run is longer than the stream
  CHECK(decoded({2, 'a', 'b', 'c'}, 2) == "?");         // more than there is room for
  CHECK(decoded({2, 'a', 'b', 'c'}, 4) == "?");         // less than promised
  CHECK(decoded({0, 'a', 1 << 5, 1}, 4) == "?");        // a reference to before the start
  CHECK(decoded({0, 'a', 1 << 5}, 4) == "?");           // no distance
  CHECK(decoded({0, 'a', 7 << 5}, 10) == "?");          // no length
  CHECK(decoded({0, 'a', 7 << 5, 250, 0}, 20) == "?");  // a reference beyond the room
  CHECK(decoded({}, 1) == "?");
}

TEST_CASE("LZF: no stream of random bytes reads or writes out of bounds") {
  std::uint32_t state = 1;
  const auto next = [&] { return static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24); };
  for (int trial = 0; trial < 20000; ++trial) {
    std::vector<std::uint8_t> stream(1 + next() % 40);
    for (std::uint8_t& byte : stream) byte = next() % 3 ? next() & 63 : next();
    std::vector<std::uint8_t> out(64 + 16, 0xA5);
    decode_lzf(stream.data(), stream.size(), out.data(), 64);
    for (std::size_t i = 64; i < out.size(); ++i) REQUIRE(out[i] == 0xA5);
  }
}
