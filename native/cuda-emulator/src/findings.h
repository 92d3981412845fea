// SPDX-License-Identifier: Apache-2.0
// What the checks found. The first finding ends its launch, whose error the next call that waits reports.
#pragma once

#include <string>
#include <vector>
#include <mutex>

namespace cuda_emulator {

// The driver's numbers for what a check can find.
constexpr int ILLEGAL_ADDRESS = 700;
constexpr int MISALIGNED_ADDRESS = 716;
constexpr int LAUNCH_FAILED = 719;

class Findings {
 public:
  void add(int code, const std::string& text);
  // Returns the code of the latest finding since the last call, or 0.
  int takeCode();
  // Returns every finding since the last call, a line each.
  std::string takeText();

 private:
  std::mutex lock;
  int code = 0;
  std::string text;
};

Findings& findings();

}  // namespace cuda_emulator
