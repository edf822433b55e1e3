// Calls on one place, given as (root, path) in arguments 0 and 1.
#pragma once

#include "beneath.h"
#include "call-args.h"

// Resolves the path and calls `change(place)`, which gives 0 or an errno; so does this, as a negative number.
template <typename Change>
Napi::Value atPlace(const Napi::CallbackInfo& info, Change change) {
  Resolver resolver(fdArg(info, 0));
  const std::string path = bytesArg(info, 1);
  Place place;
  const int error = resolver.locate(path, place);
  return outcome(info, error != 0 ? error : change(place));
}
