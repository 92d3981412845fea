package dev.conv4j;

/**
 * Some of a tensor's channels, those from {@code first} on: where a convolution puts its results in
 * a larger tensor, so that tensors joined along the channels are never copied.
 *
 * @param first the first of these channels
 * @param of how many channels the whole tensor has
 */
public record ChannelRange(long first, long of) {

  /**
   * Checks that there is room for a channel.
   *
   * @throws InvalidArgumentException if the first channel is not one of the tensor's
   */
  public ChannelRange {
    if (first < 0 || first >= of) {
      throw new InvalidArgumentException(
          "channel range", "from " + first + " of " + of, "one that begins inside the tensor");
    }
  }

  /** Returns whether so many channels end inside the tensor. */
  boolean holds(long channels) {
    return channels <= of - first;
  }

  @Override
  public String toString() {
    return "channels from " + first + " of " + of;
  }
}
