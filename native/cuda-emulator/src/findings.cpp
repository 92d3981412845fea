// SPDX-License-Identifier: Apache-2.0
#include "findings.h"

#include <cstdio>
#include <utility>

namespace cuda_emulator {

void Findings::add(int number, const std::string& line) {
  std::lock_guard<std::mutex> hold(lock);
  code = number;
  text += line + "\n";
  fprintf(stderr, "cuda-emulator: %s\n", line.c_str());
}

int Findings::takeCode() {
  std::lock_guard<std::mutex> hold(lock);
  return std::exchange(code, 0);
}

std::string Findings::takeText() {
  std::lock_guard<std::mutex> hold(lock);
  return std::exchange(text, std::string());
}

Findings& findings() {
  static Findings* instance = new Findings();
  return *instance;
}

}  // namespace cuda_emulator
