package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Many runs of one session by several threads with batches of random sizes. {@code
 * conv4j.onnx.soak} sets how many.
 */
class SoakTest {

  private static final int THREADS = 4;
  private static final int LARGEST_BATCH = 8;

  @Test
  void threadsWithAnyBatchGetTheirRowsAndMemoryStaysFlat() throws Exception {
    int runs = Integer.getInteger("conv4j.onnx.soak", 300);
    OnnxModel model = SmallNetwork.model();
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(2));
        OnnxSession session = model.session(engine);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      float[][] pictures = new float[16][];
      float[][] scores = new float[pictures.length][];
      for (int i = 0; i < pictures.length; i++) {
        pictures[i] = SmallNetwork.picture(i);
        scores[i] = run(session, List.of(pictures[i]));
      }
      work(pool, session, pictures, scores, runs / 2);
      long half = engine.memory().reserved();
      long heap = heap();
      work(pool, session, pictures, scores, runs - runs / 2);
      assertTrue(
          engine.memory().reserved() <= half + half / 8,
          () -> "half way " + half + " bytes, now " + engine.memory());
      assertTrue(heap() <= heap + (32 << 20), () -> "heap half way " + heap + ", now " + heap());
    }
  }

  @Test
  void batchesOfManySizesShareTheirPackedWeights() {
    OnnxModel model = SmallNetwork.model();
    try (Engine engine = Engine.open("cpu");
        OnnxSession session = model.session(engine)) {
      run(session, List.of(SmallNetwork.picture(0)));
      long one = engine.memory().inUse();
      List<float[]> pictures = new ArrayList<>();
      for (int n = 0; n < 2 * LARGEST_BATCH; n++) {
        pictures.add(SmallNetwork.picture(n));
        run(session, pictures);
      }
      assertTrue(engine.memory().inUse() <= 2 * one, one + " bytes, now " + engine.memory());
    }
  }

  private static void work(
      ExecutorService pool, OnnxSession session, float[][] pictures, float[][] scores, int runs)
      throws InterruptedException, ExecutionException {
    List<Future<?>> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int seed = t;
      threads.add(
          pool.submit(() -> {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < runs / THREADS; i++) {
              batch(session, pictures, scores, random);
            }
          }));
    }
    for (Future<?> thread : threads) {
      thread.get();
    }
  }

  private static void batch(
      OnnxSession session, float[][] pictures, float[][] scores, SplittableRandom random) {
    List<float[]> chosen = new ArrayList<>();
    List<float[]> expected = new ArrayList<>();
    for (int n = 1 + random.nextInt(LARGEST_BATCH); n > 0; n--) {
      int picture = random.nextInt(pictures.length);
      chosen.add(pictures[picture]);
      expected.add(scores[picture]);
    }
    float[] got = run(session, chosen);
    int classes = scores[0].length;
    for (int n = 0; n < chosen.size(); n++) {
      for (int k = 0; k < classes; k++) {
        assertEquals(expected.get(n)[k], got[n * classes + k], "row " + n + " of " + chosen.size());
      }
    }
  }

  private static float[] run(OnnxSession session, List<float[]> pictures) {
    float[] values = new float[pictures.size() * SmallNetwork.PICTURE];
    for (int n = 0; n < pictures.size(); n++) {
      System.arraycopy(pictures.get(n), 0, values, n * SmallNetwork.PICTURE, SmallNetwork.PICTURE);
    }
    OnnxTensor input = OnnxTensor.of(new long[] {pictures.size(), 3, 21, 19}, values);
    String name = session.model().inputs().getFirst().name();
    return session.run(Map.of(name, input)).get(0).toFloatArray();
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
