// Opens packets of ssh that AES-GCM has sealed, with the libcrypto that Node itself runs on. Node's own interface makes an object and a copy for
// each packet, which costs several times what the decryption does.
#include <dlfcn.h>

#include <cstring>
#include <memory>

#include "call-args.h"
#include "calls.h"

namespace {

constexpr size_t IV_BYTES = 12, LENGTH_BYTES = 4, TAG_BYTES = 16;
// Of <openssl/evp.h>, and the same in every version.
constexpr int SET_TAG = 0x11;

struct Evp {
  void* (*newContext)();
  void (*freeContext)(void*);
  const void* (*aes128)();
  const void* (*aes256)();
  int (*init)(void* context, const void* cipher, void* engine, const uint8_t* key, const uint8_t* iv);
  int (*control)(void* context, int what, int length, void* value);
  int (*update)(void* context, uint8_t* out, int* outLength, const uint8_t* in, int inLength);
  int (*finish)(void* context, uint8_t* out, int* outLength);
  void (*clearErrors)();
  bool complete = true;
};

template <typename Function>
void find(Evp& evp, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  if (!function) evp.complete = false;
}

const Evp& evp() {
  static const Evp found = [] {
    Evp evp;
    find(evp, evp.newContext, "EVP_CIPHER_CTX_new");
    find(evp, evp.freeContext, "EVP_CIPHER_CTX_free");
    find(evp, evp.aes128, "EVP_aes_128_gcm");
    find(evp, evp.aes256, "EVP_aes_256_gcm");
    find(evp, evp.init, "EVP_DecryptInit_ex");
    find(evp, evp.control, "EVP_CIPHER_CTX_ctrl");
    find(evp, evp.update, "EVP_DecryptUpdate");
    find(evp, evp.finish, "EVP_DecryptFinal_ex");
    find(evp, evp.clearErrors, "ERR_clear_error");
    return evp;
  }();
  return found;
}

struct Opener {
  void* context;
  uint8_t iv[IV_BYTES];

  ~Opener() { evp().freeContext(context); }

  // The last eight bytes count packets.
  void countPacket() {
    for (size_t i = IV_BYTES; i-- > 4;) {
      if (++iv[i] != 0) return;
    }
  }

  bool open(uint8_t* lengthBytes, uint8_t* sealed, size_t length, uint8_t* tag) {
    const bool opened = tryToOpen(lengthBytes, sealed, length, tag);
    if (opened) countPacket();
    // What is left there would be taken for an error of whoever comes next in this thread.
    else evp().clearErrors();
    return opened;
  }

  bool tryToOpen(const uint8_t* lengthBytes, uint8_t* sealed, size_t length, uint8_t* tag) {
    const Evp& calls = evp();
    int done = 0;
    if (calls.init(context, nullptr, nullptr, nullptr, iv) != 1) return false;
    if (calls.update(context, nullptr, &done, lengthBytes, LENGTH_BYTES) != 1) return false;
    if (calls.update(context, sealed, &done, sealed, static_cast<int>(length)) != 1) return false;
    if (calls.control(context, SET_TAG, TAG_BYTES, tag) != 1) return false;
    return calls.finish(context, sealed + length, &done) == 1;
  }
};

// (key, iv) -> what opens packets, or null where this process has no such libcrypto
Napi::Value openGcm(const Napi::CallbackInfo& info) {
  const std::string key = bytesArg(info, 0), iv = bytesArg(info, 1);
  if (iv.size() != IV_BYTES || (key.size() != 16 && key.size() != 32)) throw Napi::TypeError::New(info.Env(), "no key or start of AES-GCM");
  const Evp& calls = evp();
  if (!calls.complete) return info.Env().Null();
  void* context = calls.newContext();
  if (!context) return info.Env().Null();
  auto opener = std::make_unique<Opener>();
  opener->context = context;
  memcpy(opener->iv, iv.data(), IV_BYTES);
  const void* cipher = key.size() == 16 ? calls.aes128() : calls.aes256();
  if (calls.init(context, cipher, nullptr, reinterpret_cast<const uint8_t*>(key.data()), nullptr) != 1) return info.Env().Null();
  return Napi::External<Opener>::New(info.Env(), opener.release(), [](Napi::Env, Opener* opener) { delete opener; });
}

// (opener, packet: its length, sealed bytes, tag) -> whether it is what was sealed; the bytes are then open, in place
Napi::Value openPacket(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal() || !info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "not an opener and a packet");
  auto packet = info[1].As<Napi::Uint8Array>();
  if (packet.ByteLength() < LENGTH_BYTES + TAG_BYTES) throw Napi::TypeError::New(info.Env(), "shorter than any packet");
  uint8_t* bytes = packet.Data();
  const size_t length = packet.ByteLength() - LENGTH_BYTES - TAG_BYTES;
  uint8_t* sealed = bytes + LENGTH_BYTES;
  return Napi::Boolean::New(info.Env(), info[0].As<Napi::External<Opener>>().Data()->open(bytes, sealed, length, sealed + length));
}

}  // namespace

void exportGcmPackets(Napi::Env env, Napi::Object exports) {
  exports.Set("openGcm", Napi::Function::New(env, openGcm));
  exports.Set("openPacket", Napi::Function::New(env, openPacket));
}
