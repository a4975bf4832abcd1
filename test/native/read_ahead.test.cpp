#include "core/read_ahead.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

using namespace contimg;

TEST_CASE("reading ahead hands over every item once, in order, from another thread") {
  std::vector<std::size_t> seen;
  std::atomic<std::size_t> produced{0};
  const auto here = std::this_thread::get_id();
  read_ahead<std::vector<std::size_t>>(
      100,
      [&](std::size_t index, std::vector<std::size_t>& item) {
        CHECK((std::this_thread::get_id() != here));
        item.assign(3, index);
        ++produced;
      },
      [&](std::size_t index, std::vector<std::size_t>& item) {
        CHECK((std::this_thread::get_id() == here));
        CHECK((item == std::vector<std::size_t>(3, index)));
        CHECK(produced <= index + 3);  // no more than there are buffers for
        seen.push_back(index);
      });
  REQUIRE(seen.size() == 100);
  for (std::size_t k = 0; k < seen.size(); ++k) CHECK(seen[k] == k);
  read_ahead<int>(
      0, [](std::size_t, int&) { FAIL("nothing to produce"); }, [](std::size_t, int&) {});
}

TEST_CASE("a failure on either side ends reading ahead") {
  std::size_t consumed = 0;
  const auto failing_producer = [&] {
    read_ahead<int>(
        10, [](std::size_t index, int&) { index == 4 ? throw std::runtime_error("disk") : void(); },
        [&](std::size_t, int&) { ++consumed; });
  };
  CHECK_THROWS_WITH_AS(failing_producer(), "disk", std::runtime_error);
  CHECK(consumed == 4);  // what was read before is used

  std::atomic<std::size_t> produced{0};
  const auto failing_consumer = [&] {
    read_ahead<int>(
        1000000, [&](std::size_t, int&) { ++produced; },
        [](std::size_t index, int&) { index == 4 ? throw std::runtime_error("kernel") : void(); });
  };
  CHECK_THROWS_WITH_AS(failing_consumer(), "kernel", std::runtime_error);
  CHECK(produced <= 8);
}
