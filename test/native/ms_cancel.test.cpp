#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "memory_source.h"
#include "ms/ms_write.h"
#include "temporary_folder.h"

using namespace contimg;

namespace {

std::size_t n_threads() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

/// Asks before every block whether to stop, as sources that read files do.
class AskingSource final : public VisibilitySource {
 public:
  const Observation& observation() const override { return source_.observation(); }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override {
    source_.read(
        [&](VisibilityBlock& block) {
          context.checkpoint(static_cast<double>(block.first_row) / static_cast<double>(observation().n_rows()));
          consume(block);
        },
        context);
  }

 private:
  test::MemorySource source_{5, 4, 6};
};

}  // namespace

TEST_CASE("a conversion that is cancelled at any moment leaves no file and no thread") {
  AskingSource source;
  ms::WriteOptions options;
  options.validation_is_fatal = false;
  const TemporaryFolder folder;
  ms::write_ms(source, folder / "whole.ms", options, JobContext());
  const std::size_t threads = n_threads();

  std::size_t n_moments = 0, n_cancelled = 0;
  JobContext counting([&](double) { ++n_moments; });
  ms::write_ms(source, folder / "counted.ms", options, counting);
  REQUIRE(n_moments > 10);
  for (std::size_t moment = 1; moment <= n_moments; ++moment) {
    std::size_t seen = 0;
    JobContext* running = nullptr;
    JobContext context([&](double) {
      if (++seen == moment) running->cancel();
    });
    running = &context;
    const std::string path = folder / ("cancelled-" + std::to_string(moment) + ".ms");
    try {
      ms::write_ms(source, path, options, context);
      CHECK(moment == n_moments);  // after the last checkpoint it is too late
      CHECK(folder.entries() == 3);
    } catch (const Cancelled&) {
      ++n_cancelled;
      CHECK(folder.entries() == 2);
    }
    CHECK(n_threads() == threads);
  }
  CHECK(n_cancelled >= n_moments - 1);
}
