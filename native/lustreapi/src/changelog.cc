// Reading a changelog in bulk from its descriptor, and clearing it.
#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "call-args.h"
#include "calls.h"
#include "changelog-records.h"
#include "js-values.h"
#include "library.h"
#include "task.h"

namespace {

constexpr int kStartFlags = 0x0c;  // JOBID | EXTRA_FLAGS
constexpr int kExtraFlags = 0x0f;  // UIDGID | NID | OMODE | XATTR

// An open changelog. The bytes after the last whole record of a read wait here for the next one.
class Log {
 public:
  Log(std::shared_ptr<const Library> library, void* priv) : library_(std::move(library)), priv_(priv) {}
  Log(const Log&) = delete;
  ~Log() { library_->changelogFini(&priv_); }

  int fd() const { return library_->changelogGetFd(priv_); }

  std::vector<uint8_t> buffer;
  size_t filled = 0;
  uint64_t offset = 0;  // of buffer[0] in what was read, for messages
  bool busy = false;  // only looked at on the JavaScript thread

 private:
  std::shared_ptr<const Library> library_;
  void* priv_;
};

// Fills a log's buffer up to `capacity` bytes and finds the end of its whole records.
class ReadTask : public Task {
 public:
  ReadTask(std::shared_ptr<Log> log, const Napi::Uint8Array& target)
      : log_(std::move(log)), capacity_(target.ElementLength()), target_(Napi::Persistent(target)) {
    log_->busy = true;
  }
  ~ReadTask() override { log_->busy = false; }

  void run() override {
    log_->buffer.resize(std::max(capacity_, log_->filled));
    while (!findWhole()) {
      const ssize_t got = read(log_->fd(), log_->buffer.data() + log_->filled, capacity_ - log_->filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(errno, "read");
      if (got == 0) return atEnd();
      log_->filled += static_cast<size_t>(got);
    }
  }

  napi_value result(napi_env env) override {
    void* data = nullptr;
    size_t size = 0;
    napi_typedarray_type type;
    napi_value array = nullptr;
    if (napi_get_reference_value(env, target_, &array) != napi_ok || !array) return nullptr;
    // The caller may have transferred its buffer away meanwhile: then it has no bytes any more.
    if (napi_get_typedarray_info(env, array, &type, &size, &data, nullptr, nullptr) != napi_ok || size < whole_) {
      fail(EINVAL, "read", "the buffer was transferred while it was being read into");
      return nullptr;
    }
    if (whole_ > 0) memcpy(data, log_->buffer.data(), whole_);
    keepRest();
    return makeNumber(env, static_cast<double>(whole_));
  }

 private:
  // True when there is at least one whole record, or an error: nothing more to read now.
  bool findWhole() {
    for (;;) {
      const RecordSize record = recordSize(log_->buffer.data() + whole_, log_->filled - whole_);
      if (record.state == RecordState::Partial) break;
      if (whole_ + record.size > capacity_) break;
      if (record.state != RecordState::Whole) {
        // Whole records before it are delivered first; the next read meets it again.
        if (whole_ == 0) refuse(record.state);
        return true;
      }
      whole_ += record.size;
    }
    return whole_ > 0;
  }

  void refuse(RecordState state) {
    const std::string where = " at byte " + std::to_string(log_->offset) + " of what was read";
    if (state == RecordState::Unknown) return fail(EPROTO, "read", "a changelog record with an unknown extension" + where);
    fail(EPROTO, "read", "an impossible changelog record" + where);
  }

  void atEnd() {
    if (log_->filled > 0) fail(EBADMSG, "read", "the changelog ends in the middle of a record");
  }

  void keepRest() {
    log_->filled -= whole_;
    log_->offset += whole_;
    memmove(log_->buffer.data(), log_->buffer.data() + whole_, log_->filled);
  }

  std::shared_ptr<Log> log_;
  size_t capacity_;
  Napi::Reference<Napi::Uint8Array> target_;
  size_t whole_ = 0;
};

// The JavaScript object; collecting it closes the log, unless a read is under way, which then closes it.
class Changelog : public Napi::ObjectWrap<Changelog> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Changelog", {InstanceMethod("read", &Changelog::read), InstanceMethod("close", &Changelog::close)});
  }

  // (mdtname, startRecno); throws a plain error with errno
  explicit Changelog(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Changelog>(info) {
    const auto library = libraryWith(info.Env(), &Library::changelogStart, "llapi_changelog_start");
    const std::string mdtname = cStringArg(info, 0);
    void* priv = nullptr;
    const int result = library->changelogStart(&priv, kStartFlags, mdtname.c_str(), int64Arg(info, 1));
    if (result < 0) throwErrno(info.Env(), -result, "llapi_changelog_start");
    log_ = std::make_shared<Log>(library, priv);
    if (library->changelogSetXflags) library->changelogSetXflags(priv, kExtraFlags);
  }

 private:
  Napi::Value read(const Napi::CallbackInfo& info) {
    if (!log_) throwErrno(info.Env(), EBADF, "read");
    if (log_->busy) throwErrno(info.Env(), EBUSY, "read");
    if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
      throw Napi::TypeError::New(info.Env(), "a Uint8Array is needed");
    }
    const auto target = info[0].As<Napi::Uint8Array>();
    if (target.ElementLength() < kRecordMax) throwErrno(info.Env(), ENOBUFS, "read");
    return Task::start(info.Env(), std::make_unique<ReadTask>(log_, target));
  }

  void close(const Napi::CallbackInfo&) { log_.reset(); }

  std::shared_ptr<Log> log_;
};

class ClearTask : public Task {
 public:
  ClearTask(std::shared_ptr<const Library> library, std::string mdtname, std::string user, int64_t endRecno)
      : library_(std::move(library)), mdtname_(std::move(mdtname)), user_(std::move(user)), endRecno_(endRecno) {}
  void run() override {
    const int result = library_->changelogClear(mdtname_.c_str(), user_.c_str(), endRecno_);
    if (result < 0) fail(-result, "llapi_changelog_clear");
  }
  napi_value result(napi_env env) override { return makeUndefined(env); }

 private:
  std::shared_ptr<const Library> library_;
  std::string mdtname_;
  std::string user_;
  int64_t endRecno_;
};

// (mdtname, user, endRecno)
Napi::Value clear(const Napi::CallbackInfo& info) {
  const int64_t endRecno = int64Arg(info, 2);
  // 0 would clear everything there is by then.
  if (endRecno <= 0) throwErrno(info.Env(), EINVAL, "llapi_changelog_clear");
  auto library = libraryWith(info.Env(), &Library::changelogClear, "llapi_changelog_clear");
  return Task::start(info.Env(), std::make_unique<ClearTask>(library, cStringArg(info, 0), cStringArg(info, 1), endRecno));
}

}  // namespace

void exportChangelog(Napi::Env env, Napi::Object exports) {
  exports.Set("Changelog", Changelog::define(env));
  exports.Set("changelogClear", Napi::Function::New(env, clear));
}
