// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

namespace penstock::config {
namespace {

constexpr std::size_t kLargestFileBytes = 4 * 1024 * 1024;

}  // namespace

StatusOr<std::string> ReadWholeFile(const std::string& path) {
  if (IsFolder(path)) return InvalidArgument(path + ": is a folder; name a file");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) {
    return InvalidArgument(path + ": cannot be opened (" + std::strerror(errno) +
                           "); name a file that this user may read");
  }
  std::string text;
  std::array<char, 16 * 1024> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    text.append(block.data(), count);
    if (text.size() > kLargestFileBytes) {
      return InvalidArgument(path + ": is larger than 4 MiB; name a configuration file");
    }
  }
  if (std::ferror(file.get()) != 0) return InvalidArgument(path + ": cannot be read to its end");
  return text;
}

std::string ResolvePath(const std::string& path, const std::string& naming_file) {
  const std::filesystem::path given(path);
  if (path.empty() || given.is_absolute()) return path;
  return (std::filesystem::path(naming_file).parent_path() / given).lexically_normal().string();
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace penstock::config
