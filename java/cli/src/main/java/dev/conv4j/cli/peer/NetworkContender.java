package dev.conv4j.cli.peer;

/** A network made ready by one implementation. Used by one thread at a time. */
public interface NetworkContender extends AutoCloseable {

  /** Runs once and waits for the end. */
  void run();

  /** Returns a copy of the first output of the last run. */
  float[] read();

  @Override
  void close();
}
