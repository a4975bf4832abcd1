#include "job.h"

#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "stages.h"

namespace contimg::bindings {
namespace {

class RunningJob;

/// All jobs of the process, of whatever environment; never destroyed, as jobs may run while statics are.
struct AllJobs {
  std::mutex mutex;
  std::set<RunningJob*> jobs;
};
AllJobs& all_jobs() {
  static AllJobs* const all = new AllJobs();
  return *all;
}

/// A job that runs. Owned by the JS environment: made, finished and destroyed on its main thread.
class RunningJob {
 public:
  RunningJob(Napi::Env env, std::unique_ptr<Job> job, Napi::Value on_progress,
             const std::vector<Napi::Value>& keep_alive)
      : deferred_(Napi::Promise::Deferred::New(env)),
        job_(std::move(job)),
        context_(std::make_shared<JobContext>([this](double f) { report(f); })) {
    for (const Napi::Value& value : keep_alive)
      if (value.IsObject()) references_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    const bool reports = on_progress.IsFunction();
    if (reports) on_progress_ = Napi::Persistent(on_progress.As<Napi::Function>());
    reports_ = reports;
    to_main_ = ToMain::New(env, "contimg job", 0, 1, this);
    add_hook(env);
    thread_ = std::thread([this] { run(); });
    const std::lock_guard<std::mutex> lock(all_jobs().mutex);
    all_jobs().jobs.insert(this);
  }

  ~RunningJob() {
    {
      const std::lock_guard<std::mutex> lock(all_jobs().mutex);
      all_jobs().jobs.erase(this);
    }
    join();
  }

  bool is_of(napi_env env) const { return env_ == env; }
  void cancel() { context_->cancel(); }
  void join() {
    const std::lock_guard<std::mutex> lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  Napi::Value handle(Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("promise", deferred_.Promise());
    result.Set("cancel", Napi::Function::New(env, [context = context_](const Napi::CallbackInfo& info) -> Napi::Value {
                 context->cancel();
                 return info.Env().Undefined();
               }));
    return result;
  }

 private:
  /// Progress when `fraction` is 0 to 1; the end of the job when it is negative.
  struct Message {
    double fraction;
  };
  static void on_message(Napi::Env env, Napi::Function, RunningJob* job, Message* message) {
    const double fraction = message->fraction;
    delete message;
    if (fraction < 0) {
      if (env) job->finish(env);
      delete job;
    } else if (env && job->reports_) {
      job->on_progress_.Call({Napi::Number::New(env, fraction)});
    }
  }
  using ToMain = Napi::TypedThreadSafeFunction<RunningJob, Message, on_message>;

  void add_hook(Napi::Env env) {
    env_ = hook_env_ = env;
    napi_add_env_cleanup_hook(env, &RunningJob::on_env_end, this);
  }
  /// The environment goes: stop the work and wait, so that no thread outlives the memory it reads.
  static void on_env_end(void* self) {
    auto* job = static_cast<RunningJob*>(self);
    job->hook_env_ = nullptr;
    job->cancel();
    job->join();
  }

  void report(double fraction) {
    if (!reports_) return;
    const int percent = static_cast<int>(fraction * 100);
    if (percent <= last_percent_.exchange(percent)) return;
    auto* message = new Message{fraction};
    if (to_main_.NonBlockingCall(message) != napi_ok) delete message;
  }

  void run() {
    try {
      job_->work(*context_);
    } catch (const Cancelled&) {
      cancelled_ = true;
    } catch (const Error& error) {
      error_ = error;
    } catch (const std::bad_alloc&) {
      error_.emplace(code::kInternal, "Out of memory");
    } catch (const std::exception& error) {
      error_.emplace(code::kInternal, error.what());
    }
    auto* message = new Message{-1};
    if (to_main_.BlockingCall(message) != napi_ok) delete message;
    to_main_.Release();
  }

  void finish(Napi::Env env) {
    Napi::HandleScope scope(env);
    join();
    if (hook_env_) napi_remove_env_cleanup_hook(hook_env_, &RunningJob::on_env_end, this);
    if (cancelled_) {
      Napi::Error error = Napi::Error::New(env, "The job was cancelled");
      error.Set("code", "CANCELLED");
      deferred_.Reject(error.Value());
    } else if (error_) {
      deferred_.Reject(to_js(env, *error_).Value());
    } else {
      deferred_.Resolve(job_->result(env));
    }
  }

  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Job> job_;
  std::vector<Napi::ObjectReference> references_;
  Napi::FunctionReference on_progress_;
  bool reports_ = false;
  std::shared_ptr<JobContext> context_;
  std::atomic<int> last_percent_{0};
  std::optional<Error> error_;
  bool cancelled_ = false;
  ToMain to_main_;
  napi_env env_ = nullptr, hook_env_ = nullptr;
  std::mutex join_mutex_;
  std::thread thread_;
};

/// stopJobs(all): cancels the jobs of this environment, or of all, and waits for their threads.
Napi::Value stop_jobs(const Napi::CallbackInfo& info) {
  const bool all = info[0].ToBoolean();
  const std::lock_guard<std::mutex> lock(all_jobs().mutex);
  const auto concerned = [&](const RunningJob* job) { return all || job->is_of(info.Env()); };
  for (RunningJob* job : all_jobs().jobs)
    if (concerned(job)) job->cancel();
  for (RunningJob* job : all_jobs().jobs)
    if (concerned(job)) job->join();
  return info.Env().Undefined();
}

}  // namespace

void add_jobs(Napi::Object exports) { add<stop_jobs>(exports, "stopJobs"); }

Napi::Value start(Napi::Env env, std::unique_ptr<Job> job, Napi::Value on_progress,
                  const std::vector<Napi::Value>& keep_alive) {
  return (new RunningJob(env, std::move(job), on_progress, keep_alive))->handle(env);
}

}  // namespace contimg::bindings
