package dev.conv4j.opencl;

import dev.conv4j.spi.Block;
import java.util.Objects;
import org.jocl.cl_mem;

/**
 * A range of a buffer. Slices are offsets that kernels add themselves, not sub-buffers, whose
 * alignment rules differ between drivers.
 *
 * @param memory the buffer
 * @param offset first byte
 * @param bytes size
 */
record OpenClBlock(cl_mem memory, long offset, long bytes) implements Block {

  @Override
  public Block slice(long from, long size) {
    Objects.checkFromIndexSize(from, size, bytes);
    return new OpenClBlock(memory, offset + from, size);
  }
}
