package dev.conv4j.cuda;

import dev.conv4j.spi.Block;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** A range of device memory: the allocation's address and an offset into it. */
record CudaBlock(CUdeviceptr base, long offset, long bytes) implements Block {

  @Override
  public CudaBlock slice(long from, long length) {
    Objects.checkFromIndexSize(from, length, bytes);
    return new CudaBlock(base, offset + from, length);
  }

  /** Returns the address of the first byte. */
  CUdeviceptr address() {
    return offset == 0 ? base : base.withByteOffset(offset);
  }

  /** Returns an argument of a kernel that holds this address. */
  Pointer argument() {
    return Pointer.to(address());
  }
}
