package dev.conv4j.cpu.depthwise;

import dev.conv4j.cpu.Allocations;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Prints the bytes that each kernel allocates for a call, once it is compiled. */
final class KernelAllocations {

  private KernelAllocations() {}

  /** Prints a line for each. */
  public static void main(String[] none) {
    MemorySegment m = Arena.ofShared().allocate(1 << 16, 64);
    long[] offsets = {0, 4, 8, 256, 260};
    print("flat8v", () -> PlaneKernels.flat8v(m, 0, offsets, m, 0, 8192, PlaneKernels.WIDE));
    print("flat1v", () -> PlaneKernels.flat1v(m, 0, offsets, m, 0, 8192, PlaneKernels.VECTOR));
    print(
        "planeSingle",
        () ->
            PlaneStrips.single(
                m, 0, 256, 64, 6, m, 0, 4, 36, 6, 7, 3, m, 16384, 256, 64, 6, 1, 1, 4));
    print(
        "planePairs",
        () ->
            PlaneStrips.pairs(
                m, 0, 256, 64, 0, 6, 3, m, 0, 4, 36, 6, 7, 3, m, 16384, 256, 64, 0, 4));
    print(
        "pixelSingle",
        () -> PixelSlides.single(m, 0, 512, 1024, 6, 5, m, m, 16384, 5, 1, 1, 128, 0, 2));
    print(
        "pixelPairs",
        () -> PixelSlides.pairs(m, 0, 512, 1024, 6, 0, 6, 3, m, m, 16384, 0, 128, 0, 2));
    print(
        "pixels",
        () -> PixelKernels.pixels(m, 0, 256, offsets, 0, 5, m, 0, 64, m, 16384, 64, 3, 64, 64, 64));
    print("pixel1", () -> PixelKernels.pixel1(m, 0, offsets, 5, 0, 1, 1, 4, m, 0, m, 16384, 40));
  }

  private static void print(String kernel, Runnable call) {
    System.out.println(kernel + " " + Allocations.perCall(call));
  }
}
