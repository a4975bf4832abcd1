#include "uvh5/hdf5_handle.h"

#include "uvh5/bitshuffle_filter.h"
#include "uvh5/lzf_filter.h"

namespace contimg {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// libhdf5's own atexit handler loops when the process ends during a job.
bool prepare_library() {
  H5dont_atexit();
  register_lzf_filter();
  register_bitshuffle_filter();
  return true;
}

}  // namespace

std::unique_lock<std::recursive_mutex> hdf5_lock() {
  std::unique_lock<std::recursive_mutex> lock(library_mutex());
  [[maybe_unused]] static const bool prepared = prepare_library();
  // Debian's libhdf5 keeps one error stack per thread, so printing is switched off on each.
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(quiet);
  return lock;
}

std::string hdf5_reason() {
  std::string reason;
  const auto take_first = [](unsigned n, const H5E_error2_t* error, void* text) -> herr_t {
    if (n == 0 && error->desc) *static_cast<std::string*>(text) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &reason);
  return reason.empty() ? "no reason given" : reason;
}

}  // namespace contimg
