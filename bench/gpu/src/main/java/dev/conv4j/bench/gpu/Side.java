package dev.conv4j.bench.gpu;

/** One side of a comparison, ready to run. */
interface Side extends AutoCloseable {

  /**
   * Enqueues a run and returns.
   *
   * @param turn counts up; operands rotate with it, and turn 0 is the one that is checked
   */
  void enqueue(int turn);

  /** Waits for what was enqueued. */
  void finish();

  /** Returns what is wrong with the result of turn 0, empty when nothing is. */
  String complaint(SampleOracle oracle);

  String algorithm();

  long workspaceBytes();

  @Override
  void close();
}
