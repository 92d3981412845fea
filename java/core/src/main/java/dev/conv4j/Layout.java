package dev.conv4j;

/** The memory order of a tensor whose logical dimensions are always batch, channels, then space. */
public enum Layout {
  /** Row-major in logical order; of a filter: K, C/groups, space. Any rank. */
  NCHW,
  /** Channels last; of a filter: K, space, C/groups. Rank 3 to 5. */
  NHWC
}
