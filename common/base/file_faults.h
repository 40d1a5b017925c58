// For tests: failures of the file system, one operation of common/base/files at a time. Programs
// never set one.
#pragma once

#include <filesystem>
#include <functional>

namespace cleave {

// kUndo is what follows a failure: cutting a file back, removing a temporary one.
enum class FileOperation { kOpen, kWrite, kFlush, kRename, kUndo };

// Asked before each operation; returns the errno with which it fails, 0 to let it be. A write that
// fails has written half.
using FileFault = std::function<int(FileOperation, const std::filesystem::path&)>;

// Empty: none. Not thread-safe: set it while nobody touches files.
void set_file_fault(FileFault fault);

}  // namespace cleave
