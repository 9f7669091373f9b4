// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

namespace penstock::tls {

// What changes when a file is written or replaced: where it lies, its size, its times. A file that
// is not there has a stamp, too.
struct FileStamp {
  unsigned long device = 0;
  unsigned long inode = 0;
  long size = -1;
  long modified_seconds = 0;
  long modified_nanos = 0;
  long changed_seconds = 0;
  long changed_nanos = 0;
  bool operator==(const FileStamp&) const = default;
};

// Through symbolic links, since certificates are often renewed by another link.
FileStamp StampOf(const std::string& path);
std::vector<FileStamp> StampsOf(const std::vector<std::string>& paths);

}  // namespace penstock::tls
