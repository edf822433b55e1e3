#include "task.h"

#include <errno.h>

#include <new>

#include "js-values.h"

struct Task::Running {
  std::unique_ptr<Task> task;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
};

Napi::Value Task::start(Napi::Env env, std::unique_ptr<Task> task) {
  auto running = std::make_unique<Running>();
  running->task = std::move(task);
  napi_value promise = nullptr;
  const auto name = Napi::String::New(env, "lustreapi");
  if (napi_create_promise(env, &running->deferred, &promise) != napi_ok ||
      napi_create_async_work(env, nullptr, name, execute, complete, running.get(), &running->work) != napi_ok) {
    throw Napi::Error::New(env, "lustreapi: cannot create background work");
  }
  if (napi_queue_async_work(env, running->work) != napi_ok) {
    napi_delete_async_work(env, running->work);
    throw Napi::Error::New(env, "lustreapi: cannot start background work");
  }
  running.release();  // complete() takes it back
  return Napi::Value(env, promise);
}

void Task::fail(int errorNumber, const char* syscall, std::string detail) {
  errorNumber_ = errorNumber;
  syscall_ = syscall;
  detail_ = std::move(detail);
}

void Task::execute(napi_env, void* data) {
  Task& task = *static_cast<Running*>(data)->task;
  try {
    task.run();
  } catch (const std::bad_alloc&) {
    task.fail(ENOMEM, "malloc");
  }
}

void Task::complete(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Running> running(static_cast<Running*>(data));
  Task& task = *running->task;
  napi_delete_async_work(env, running->work);
  if (status != napi_ok) return;
  napi_value value = task.errorNumber_ == 0 ? task.result(env) : nullptr;
  if (task.errorNumber_ != 0) {
    if (napi_value error = task.failure(env)) napi_reject_deferred(env, running->deferred, error);
  } else if (value) {
    napi_resolve_deferred(env, running->deferred, value);
  }
}

napi_value Task::failure(napi_env env) const {
  napi_value message = nullptr;
  napi_value syscallName = nullptr;
  napi_value error = nullptr;
  napi_create_string_utf8(env, detail_.data(), detail_.size(), &message);
  napi_create_string_utf8(env, syscall_, NAPI_AUTO_LENGTH, &syscallName);
  if (!message || !syscallName || napi_create_error(env, nullptr, message, &error) != napi_ok) return nullptr;
  napi_set_named_property(env, error, "errno", makeNumber(env, errorNumber_));
  napi_set_named_property(env, error, "syscall", syscallName);
  return error;
}
