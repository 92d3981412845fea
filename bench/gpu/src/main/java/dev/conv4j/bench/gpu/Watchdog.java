package dev.conv4j.bench.gpu;

/**
 * Ends the process when an item takes far too long: a kernel that does not return cannot be caught.
 */
final class Watchdog {

  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final int AGAIN = 4;

  private volatile long began = System.nanoTime();
  private volatile boolean running = true;

  private Watchdog() {}

  static Watchdog start() {
    Watchdog made = new Watchdog();
    Thread.ofPlatform().daemon().name("gpu-check watchdog").start(made::watch);
    return made;
  }

  /** Says that something new has begun. */
  void item() {
    began = System.nanoTime();
  }

  void stop() {
    running = false;
  }

  private void watch() {
    try {
      while (running) {
        Thread.sleep(500);
        if (running && System.nanoTime() - began > PATIENCE_NANOS) {
          System.err.println("gpu-check: no end after 60 s; given up");
          Runtime.getRuntime().halt(AGAIN);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
