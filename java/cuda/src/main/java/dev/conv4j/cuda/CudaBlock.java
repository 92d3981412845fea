package dev.conv4j.cuda;

import dev.conv4j.spi.Block;
import java.util.Objects;
import jcuda.driver.CUdeviceptr;

/** A range of device memory: the allocation and an offset into it. */
record CudaBlock(Base base, long offset, long bytes) implements Block {

  /** What the driver gave. */
  static final class Base extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  @Override
  public CudaBlock slice(long from, long length) {
    Objects.checkFromIndexSize(from, length, bytes);
    return new CudaBlock(base, offset + from, length);
  }

  /** Returns the address of the first byte, as JCuda takes it. */
  CUdeviceptr pointer() {
    return offset == 0 ? base : base.withByteOffset(offset);
  }

  /** Returns the address of the first byte. */
  long address() {
    return base.address() + offset;
  }
}
