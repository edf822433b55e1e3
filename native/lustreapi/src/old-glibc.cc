// The addon is built on newer systems than it runs on: RHEL 8 and its relatives, still common under Lustre, have glibc 2.28. Glibc 2.32 to 2.34
// moved functions of libpthread and libdl to libc and gave them a new version; they are the old ones, and asked for by their old version here
// (build.mjs has the linker send every call of them, those of libstdc++ too, through `__wrap_`). What libstdc++ takes from a newer glibc only
// because it is there has a stand-in of our own.
#include <cstddef>
#include <cstdint>
#include <csignal>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/random.h>

#if defined(__x86_64__)
#define FIRST_GLIBC "GLIBC_2.2.5"
#else
#define FIRST_GLIBC "GLIBC_2.17"
#endif

/** `old_NAME` is NAME in the version that every glibc has. */
#define OLD(name) __asm__(".symver old_" #name "," #name "@" FIRST_GLIBC)

extern "C" {

// NOLINTBEGIN: names of the linker and of glibc
int old_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
OLD(pthread_create);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  return old_pthread_create(thread, attributes, start, argument);
}

int old_pthread_join(pthread_t, void**);
OLD(pthread_join);
int __wrap_pthread_join(pthread_t thread, void** result) { return old_pthread_join(thread, result); }

int old_pthread_once(pthread_once_t*, void (*)());
OLD(pthread_once);
int __wrap_pthread_once(pthread_once_t* control, void (*routine)()) { return old_pthread_once(control, routine); }

int old___pthread_key_create(pthread_key_t*, void (*)(void*));
OLD(__pthread_key_create);
int __wrap___pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) { return old___pthread_key_create(key, destroy); }

int old_pthread_sigmask(int, const sigset_t*, sigset_t*);
OLD(pthread_sigmask);
int __wrap_pthread_sigmask(int how, const sigset_t* set, sigset_t* before) { return old_pthread_sigmask(how, set, before); }

int old_pthread_attr_setstacksize(pthread_attr_t*, size_t);
OLD(pthread_attr_setstacksize);
int __wrap_pthread_attr_setstacksize(pthread_attr_t* attributes, size_t bytes) { return old_pthread_attr_setstacksize(attributes, bytes); }

void* old_dlopen(const char*, int);
OLD(dlopen);
void* __wrap_dlopen(const char* file, int mode) { return old_dlopen(file, mode); }

void* old_dlsym(void*, const char*);
OLD(dlsym);
void* __wrap_dlsym(void* library, const char* name) { return old_dlsym(library, name); }

char* old_dlerror();
OLD(dlerror);
char* __wrap_dlerror() { return old_dlerror(); }

/** False: libstdc++ counts references atomically, which is right with any number of threads. */
char __libc_single_threaded = 0;

/** Seeds hash tables at most; all bytes or none come. */
uint32_t __wrap_arc4random() {
  uint32_t value = 0;
  (void)!getrandom(&value, sizeof value, 0);
  return value;
}
// NOLINTEND
}
