package dev.conv4j.spi;

/** Memory handed out by a {@link MemoryResource} and to be given back to the same one, once. */
public interface Allocation {

  /** Returns the memory; at least as large as was asked for. */
  Block block();
}
