#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "arguments.h"
#include "core/job_context.h"

/// Running native work off the main thread. start_job is the only place that makes a job.
///
/// Every job has a thread of its own: a job lasts seconds and a thread costs 20 us, while libuv's four pool threads are
/// needed by fs and dns. Results come back through a ThreadSafeFunction. When the JS environment goes
/// (worker.terminate, an event loop that is empty), a cleanup hook cancels all its jobs and waits for them.
/// process.exit calls no cleanup hook and destroys the statics of libraries that jobs use: stopJobs is for before.
namespace contimg::bindings {

/// The untyped part of a job; see start_job.
class Job {
 public:
  virtual ~Job() = default;
  /// On the job's thread. No JS.
  virtual void work(const JobContext& context) = 0;
  /// On the main thread, after work() returned without throwing. No arithmetic.
  virtual Napi::Value result(Napi::Env env) = 0;
};

/// Starts `job` on a thread and returns {promise, cancel()}. `on_progress`, if a function, is called with fractions,
/// at most once per percent. `keep_alive` are JS values whose memory the job reads.
Napi::Value start(Napi::Env env, std::unique_ptr<Job> job, Napi::Value on_progress,
                  const std::vector<Napi::Value>& keep_alive);

/// @param info  the call: its arguments are kept alive, and its last one may be the progress callback
/// @param work  (const JobContext&) -> Result, on the job's thread, no JS
/// @param wrap  (Napi::Env, Result&&) -> Napi::Value, on the main thread
template <typename Work, typename Wrap>
Napi::Value start_job(const Napi::CallbackInfo& info, Work work, Wrap wrap) {
  using Result = decltype(work(std::declval<const JobContext&>()));
  struct TypedJob final : Job {
    TypedJob(Work w, Wrap r) : work_(std::move(w)), wrap_(std::move(r)) {}
    void work(const JobContext& context) override { result_.emplace(work_(context)); }
    Napi::Value result(Napi::Env env) override { return wrap_(env, std::move(*result_)); }
    Work work_;
    Wrap wrap_;
    std::optional<Result> result_;
  };
  std::vector<Napi::Value> arguments;
  for (std::size_t i = 0; i < info.Length(); ++i) arguments.push_back(info[i]);
  const Napi::Value last = arguments.empty() ? info.Env().Undefined() : arguments.back();
  return start(info.Env(), std::make_unique<TypedJob>(std::move(work), std::move(wrap)), last, arguments);
}

/// Result type of a job that returns nothing to JS.
struct Nothing {};
inline Napi::Value wrap_nothing(Napi::Env env, Nothing&&) { return env.Undefined(); }

}  // namespace contimg::bindings
