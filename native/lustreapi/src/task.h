// Work off the JavaScript thread whose outcome settles a promise.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

class Task {
 public:
  virtual ~Task() = default;
  // Starts the task and gives the promise for it.
  static Napi::Value start(Napi::Env env, std::unique_ptr<Task> task);

  // Runs on a thread; must touch nothing of JavaScript. Reports failure of the whole through fail().
  virtual void run() = 0;
  // Runs on the JavaScript thread after a run that did not fail; may still fail(). Null after that, or if the environment is going away.
  virtual napi_value result(napi_env env) = 0;

  // Makes the promise reject with an error that carries `errno`, `syscall` and this detail (may be empty).
  void fail(int errorNumber, const char* syscall, std::string detail = "");

 private:
  struct Running;
  static void execute(napi_env env, void* data);
  static void complete(napi_env env, napi_status status, void* data);
  napi_value failure(napi_env env) const;

  int errorNumber_ = 0;
  const char* syscall_ = "";
  std::string detail_;
};
