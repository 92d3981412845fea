// SPDX-License-Identifier: Apache-2.0
#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace cuda_emulator {

// Only what the calling convention asks a callee to keep. Signal mask and floating-point modes are those of the worker.
#if defined(__x86_64__)
asm(R"(
.text
.globl cudaEmulatorSwitch
.type cudaEmulatorSwitch, @function
cudaEmulatorSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cudaEmulatorSwitch, .-cudaEmulatorSwitch
)");
constexpr size_t SAVED_WORDS = 7;
constexpr size_t RETURN_WORD = 6;
#elif defined(__aarch64__)
asm(R"(
.text
.globl cudaEmulatorSwitch
.type cudaEmulatorSwitch, %function
cudaEmulatorSwitch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size cudaEmulatorSwitch, .-cudaEmulatorSwitch
)");
constexpr size_t SAVED_WORDS = 20;
constexpr size_t RETURN_WORD = 11;
#else
#error "cudaEmulatorSwitch is written for x86-64 and aarch64"
#endif

FiberStacks::~FiberStacks() {
  if (memory != nullptr) {
    munmap(memory, count * STACK_BYTES);
  }
}

void FiberStacks::reserve(size_t wanted) {
  if (wanted <= count) {
    return;
  }
  if (memory != nullptr) {
    munmap(memory, count * STACK_BYTES);
  }
  void* fresh =
      mmap(nullptr, wanted * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh == MAP_FAILED) {
    throw std::bad_alloc();
  }
  memory = static_cast<char*>(fresh);
  count = wanted;
}

void* FiberStacks::prepare(size_t index, void (*entry)()) {
  // A function expects the stack pointer of a call: 16-byte alignment, less the return address on x86-64.
  auto top = reinterpret_cast<uintptr_t>(memory + (index + 1) * STACK_BYTES) - 64;
  auto* words = reinterpret_cast<void**>(top) - SAVED_WORDS;
#if defined(__x86_64__)
  words--;
#endif
  for (size_t i = 0; i < SAVED_WORDS; i++) {
    words[i] = nullptr;
  }
  words[RETURN_WORD] = reinterpret_cast<void*>(entry);
  return words;
}

}  // namespace cuda_emulator
