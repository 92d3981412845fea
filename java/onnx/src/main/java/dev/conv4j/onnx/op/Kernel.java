package dev.conv4j.onnx.op;

/**
 * A node made ready to run. Shared by threads; what it keeps between runs are plans and packed
 * filters.
 */
@FunctionalInterface
public interface Kernel extends AutoCloseable {

  /** Reads the inputs and writes the outputs. */
  void run(Frame frame);

  /**
   * Returns whether output 0 may take the memory of this input, when both have the same size:
   * element i of the output is written after element i of the input was read for the last time.
   */
  default boolean inPlace(int input) {
    return false;
  }

  /**
   * Returns the axis along which output 0 is nothing but the inputs one after the other, so that
   * those may be made at their place in it, or -1; the kernel leaves alone what lies there already.
   *
   * @param rank the number of dimensions
   */
  default int joined(int rank) {
    return -1;
  }

  /**
   * Returns whether output 0 may be a range along an axis of a larger value, and is made as quickly
   * there as by itself: a run then asks {@link Frame#slice}.
   *
   * @param frame what the inputs look like, without their elements
   * @param first where the range begins
   * @param of the larger value's extent along the axis
   */
  default boolean fills(Frame frame, int axis, long first, long of) {
    return false;
  }

  /**
   * Returns the predicted time of a run, as far as the order in which images lie makes a
   * difference.
   *
   * @param frame what the inputs look like, without their elements; what a node joins may be left
   *     out, and is at its place already
   */
  default double seconds(Frame frame) {
    return 0;
  }

  /** Gives back what the kernel keeps between runs. */
  @Override
  default void close() {}

  /** A kernel whose output may take the memory of any of its inputs. */
  @FunctionalInterface
  interface InPlace extends Kernel {
    @Override
    default boolean inPlace(int input) {
      return true;
    }
  }
}
