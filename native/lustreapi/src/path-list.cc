#include "path-list.h"

#include <algorithm>
#include <limits>

PathList PathList::copyOf(const Napi::Value& bytes, const Napi::Value& ends) {
  const auto byteArray = bytes.As<Napi::Uint8Array>();
  const auto endArray = ends.As<Napi::Uint32Array>();
  PathList list;
  list.bytes_.assign(byteArray.Data(), byteArray.Data() + byteArray.ElementLength());
  list.ends_.assign(endArray.Data(), endArray.Data() + endArray.ElementLength());
  uint32_t previous = 0;
  for (const uint32_t end : list.ends_) {
    if (end < previous || end > list.bytes_.size()) {
      throw Napi::RangeError::New(bytes.Env(), "path list: the ends do not rise, or lie beyond the bytes");
    }
    previous = end;
  }
  return list;
}

void Strings::add(std::string_view text, const void* tag, size_t tagSize) {
  bytes.insert(bytes.end(), text.begin(), text.end());
  lengths.push_back(static_cast<uint32_t>(text.size()));
  const auto* first = static_cast<const uint8_t*>(tag);
  if (tagSize > 0) tags.insert(tags.end(), first, first + tagSize);
}

void Strings::truncate(size_t count, size_t tagSize) {
  while (lengths.size() > count) {
    bytes.resize(bytes.size() - lengths.back());
    lengths.pop_back();
  }
  tags.resize(count * tagSize);
}

void Strings::sortFrom(size_t firstString, size_t firstByte, size_t tagSize) {
  struct Item {
    std::string_view text;
    size_t at;
  };
  const std::vector<uint8_t> oldBytes(bytes.begin() + firstByte, bytes.end());
  const std::vector<uint8_t> oldTags(tags.begin() + firstString * tagSize, tags.end());
  std::vector<Item> items;
  items.reserve(lengths.size() - firstString);
  const char* text = reinterpret_cast<const char*>(oldBytes.data());
  for (size_t i = firstString; i < lengths.size(); text += lengths[i++]) items.push_back({{text, lengths[i]}, i - firstString});
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.text < b.text; });
  bytes.resize(firstByte);
  lengths.resize(firstString);
  tags.resize(firstString * tagSize);
  for (const Item& item : items) add(item.text, oldTags.data() + item.at * tagSize, tagSize);
}

void Groups::claim(size_t item, size_t lane, const Strings& found, size_t firstString, size_t firstByte) {
  slices_[item] = {lane, firstString, firstByte, found.lengths.size() - firstString, found.bytes.size() - firstByte};
}

bool Groups::join(const std::vector<const Strings*>& lanes) {
  size_t stringCount = 0;
  size_t byteCount = 0;
  for (const Slice& slice : slices_) {
    stringCount += slice.count;
    byteCount += slice.byteCount;
  }
  constexpr size_t kMax = std::numeric_limits<uint32_t>::max();
  if (stringCount > kMax || byteCount > kMax) return false;

  starts.reserve(slices_.size() + 1);
  ends.reserve(stringCount);
  bytes.reserve(byteCount);
  tags.reserve(stringCount * tagSize_);
  uint32_t end = 0;
  for (const Slice& slice : slices_) {
    starts.push_back(static_cast<uint32_t>(ends.size()));
    if (slice.count == 0) continue;
    const Strings& found = *lanes[slice.lane];
    bytes.insert(bytes.end(), found.bytes.begin() + slice.firstByte, found.bytes.begin() + slice.firstByte + slice.byteCount);
    const auto tag = found.tags.begin() + slice.firstString * tagSize_;
    tags.insert(tags.end(), tag, tag + slice.count * tagSize_);
    for (size_t i = 0; i < slice.count; i++) ends.push_back(end += found.lengths[slice.firstString + i]);
  }
  starts.push_back(static_cast<uint32_t>(ends.size()));
  return true;
}
